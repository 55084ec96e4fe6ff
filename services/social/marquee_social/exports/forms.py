"""A member's history in each of the forms that `imports.sources` reads.

Letterboxd and our own JSON name films as we do. The others name them by ids of their own, which
the catalog knows; a film without one is told by its title and year.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from marquee_shared.database import Database
from marquee_shared.peers import Peer
from marquee_social.exports.repository import FilmRow, entries, lists, pages
from marquee_social.exports.writing import archive, csv_lines
from marquee_social.imports.matching import ask_matches
from marquee_social.imports.sources import Source
from marquee_social.ratings.scale import value_of


@dataclass(frozen=True, slots=True)
class History:
    """Whose history, and where it is read."""

    database: Database
    catalog: Peer
    member: UUID

    async def films(self) -> AsyncIterator[FilmRow]:
        """Yield each film that something was said of."""
        async for page in pages(self.database, self.member):
            for row in page:
                yield row

    async def named(self) -> AsyncIterator[tuple[FilmRow, dict[str, str]]]:
        """Yield each film with its ids elsewhere.

        Raises:
            BadGateway: the catalog cannot be asked.
        """
        async for page in pages(self.database, self.member):
            found = await ask_matches(self.catalog, [{"id": row.id} for row in page])
            for row, candidates in zip(page, found, strict=True):
                yield row, candidates[0].external_ids if candidates else {}


Form = Callable[[History], AsyncIterator[bytes]]
Cells = Sequence[Any]


def _stars(row: FilmRow) -> str:
    return f"{value_of(row.half_steps):g}"


def _film(row: FilmRow, at: Any, *more: Any) -> Cells:
    return (at.date().isoformat(), row.title, row.year, "", *more)


def _rated(row: FilmRow) -> Cells | None:
    return None if row.half_steps is None else _film(row, row.rated_at, _stars(row))


def _seen(row: FilmRow) -> Cells | None:
    return _film(row, row.signalled_at) if row.kind == "seen" else None


def _liked(row: FilmRow) -> Cells | None:
    return _film(row, row.signalled_at) if row.kind == "like" else None


def _wanted(row: FilmRow) -> Cells | None:
    return None if row.added_at is None else _film(row, row.added_at)


def _reviewed(row: FilmRow) -> Cells | None:
    if row.review is None:
        return None
    return _film(row, row.reviewed_at, "", "", row.review["content"], "", "")


_FILM = ("Date", "Name", "Year", "Letterboxd URI")
_LETTERBOXD: Final[Mapping[str, tuple[Cells, Callable[[FilmRow], Cells | None]]]] = {
    "ratings.csv": ((*_FILM, "Rating"), _rated),
    "watched.csv": (_FILM, _seen),
    "likes/films.csv": (_FILM, _liked),
    "watchlist.csv": (_FILM, _wanted),
    "reviews.csv": ((*_FILM, "Rating", "Rewatch", "Review", "Tags", "Watched Date"), _reviewed),
}


async def _letterboxd_file(name: str, history: History) -> AsyncIterator[bytes]:
    head, read = _LETTERBOXD[name]
    yield csv_lines([head])
    async for row in history.films():
        if (cells := read(row)) is not None:
            yield csv_lines([cells])


def _letterboxd(history: History) -> AsyncIterator[bytes]:
    return archive({name: _letterboxd_file(name, history) for name in _LETTERBOXD})


async def _imdb(history: History) -> AsyncIterator[bytes]:
    yield csv_lines([("Const", "Your Rating", "Date Rated", "Title", "URL", "Title Type", "Year")])
    async for row, ids in history.named():
        if row.half_steps is not None:
            const = ids.get("imdb", "")
            url = f"https://www.imdb.com/title/{const}/" if const else ""
            at = row.rated_at.date().isoformat()
            yield csv_lines([(const, row.half_steps, at, row.title, url, "Movie", row.year)])


async def _movielens(history: History) -> AsyncIterator[bytes]:
    yield csv_lines([("movieId", "rating", "timestamp", "imdbId", "tmdbId", "title")])
    async for row, ids in history.named():
        if row.half_steps is not None:
            title = row.title if row.year is None else f"{row.title} ({row.year})"
            imdb, tmdb = ids.get("imdb", "").removeprefix("tt"), ids.get("tmdb", "")
            at = int(row.rated_at.timestamp())
            yield csv_lines([(ids.get("movielens", ""), _stars(row), at, imdb, tmdb, title)])


def _trakt_rating(row: FilmRow) -> dict[str, Any] | None:
    if row.half_steps is None:
        return None
    return {"rated_at": row.rated_at, "rating": row.half_steps}


def _trakt_history(row: FilmRow) -> dict[str, Any] | None:
    return {"watched_at": row.signalled_at, "action": "watch"} if row.kind == "seen" else None


def _trakt_watchlist(row: FilmRow) -> dict[str, Any] | None:
    if row.added_at is None:
        return None
    return {"rank": row.position, "listed_at": row.added_at, "notes": row.note}


_TRAKT: Final[Mapping[str, Callable[[FilmRow], dict[str, Any] | None]]] = {
    "ratings": _trakt_rating,
    "history": _trakt_history,
    "watchlist": _trakt_watchlist,
}


async def _trakt(history: History) -> AsyncIterator[bytes]:
    opening = b"{"
    for name, read in _TRAKT.items():
        yield opening + orjson.dumps(name) + b":["
        between = b""
        async for row, ids in history.named():
            if (item := read(row)) is None:
                continue
            tmdb = ids.get("tmdb", "")
            numbered = {"imdb": ids.get("imdb"), "tmdb": int(tmdb) if tmdb.isdigit() else None}
            movie = {"title": row.title, "year": row.year, "ids": numbered}
            yield between + orjson.dumps({**item, "type": "movie", "movie": movie})
            between = b","
        opening = b"],"
    yield b"]}"


def _marquee_film(row: FilmRow) -> dict[str, Any]:
    film: dict[str, Any] = {"slug": row.slug, "title": row.title, "year": row.year}
    if row.half_steps is not None:
        film["rating"] = {"value": value_of(row.half_steps), "at": row.rated_at}
    if row.kind is not None:
        film["signal"] = {"kind": row.kind, "at": row.signalled_at}
    if row.added_at is not None:
        film["watchlist"] = {"position": row.position, "note": row.note, "at": row.added_at}
    if row.review is not None:
        film["review"] = {**row.review, "at": row.reviewed_at}
    return film


_LIST: Final = ("slug", "name", "description", "privacy", "created_at")


def _marquee_entry(row: Any) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "title": row.title,
        "year": row.year,
        "note": row.note,
        "at": row.added_at,
    }


async def _marquee(history: History) -> AsyncIterator[bytes]:
    yield b'{"format":"marquee","version":1,"movies":['
    between = b""
    async for row in history.films():
        yield between + orjson.dumps(_marquee_film(row))
        between = b","
    yield b'],"lists":['
    between = b""
    async for made in lists(history.database, history.member):
        head = {name: getattr(made, name) for name in _LIST}
        yield between + orjson.dumps(head)[:-1] + b',"movies":['
        between = b""
        async for entry in entries(history.database, made.id):
            yield between + orjson.dumps(_marquee_entry(entry))
            between = b","
        yield b"]}"
        between = b","
    yield b"]}"


@dataclass(frozen=True, slots=True)
class Download:
    """A form, and what the file of it is called and is."""

    write: Form
    file_name: str
    media_type: str


FORMS: Final[Mapping[Source, Download]] = {
    "letterboxd": Download(_letterboxd, "marquee-letterboxd.zip", "application/zip"),
    "imdb": Download(_imdb, "marquee-imdb.csv", "text/csv"),
    "trakt": Download(_trakt, "marquee-trakt.json", "application/json"),
    "movielens": Download(_movielens, "marquee-movielens.csv", "text/csv"),
    "marquee": Download(_marquee, "marquee-history.json", "application/json"),
}
