"""The forms that members' histories come in, each read into entries.

Letterboxd: the archive of its export, or one of its files. IMDb: the CSV of ratings or of the
watchlist. Trakt: JSON, one of its lists or an object of several. MovieLens: the CSV of ratings.
Marquee: our own JSON.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal, get_args

from marquee_shared.slugs import fold
from marquee_social.imports.entries import Entry, moment, title_of, year_of
from marquee_social.imports.errors import UnreadableFileError
from marquee_social.imports.files import is_archive, read_csv, read_json, unpack

Source = Literal["letterboxd", "imdb", "trakt", "movielens", "marquee"]
SOURCES: Final[tuple[Source, ...]] = get_args(Source)

WHOLE = 2.0
"""A rating in whole stars counts two half steps."""
POSITIVE_FROM = 6
"""Half steps: a review that says nothing else is taken to be positive from here."""

Row = Mapping[str, str]
_IMDB = re.compile(r"tt\d{5,12}")
_NUMBER = re.compile(r"\d{1,12}")
_MOVIELENS_TITLE = re.compile(r"(.*?)\s*\((\d{4})\)\s*")
_ARTICLE_LAST = re.compile(r"(.+), (The|A|An|Le|La|Les|L'|Il|El|Los|Las|Der|Die|Das)")


def _ids(**given: Any) -> dict[str, Any]:
    """Return those foreign ids that look like what they should be."""
    found: dict[str, Any] = {}
    imdb = str(given.get("imdb") or "").strip()
    if _IMDB.fullmatch(imdb) or _NUMBER.fullmatch(imdb):
        found["imdb"] = imdb
    for name in ("tmdb", "movielens"):
        value = str(given.get(name) or "").strip().removesuffix(".0")
        if _NUMBER.fullmatch(value):
            found[name] = value
    return found


def _letterboxd_entry(row: Row, *, uri_names_film: bool = True) -> Entry:
    title, year = title_of(row["name"]), year_of(row["year"])
    uri = row.get("letterboxd uri", "") if uri_names_film else ""
    key = (fold(title), str(year or ""), uri) if title else ()
    ids = _ids(imdb=row.get("imdbid"), tmdb=row.get("tmdbid"))
    return Entry(title=title, year=year, key=key, ids=ids)


def _letterboxd_ratings(row: Row) -> Entry:
    entry = _letterboxd_entry(row)
    entry.rate(row.get("rating"), 1 / WHOLE, moment(row.get("date")))
    return entry


def _letterboxd_watched(row: Row) -> Entry:
    entry = _letterboxd_entry(row)
    entry.mark("seen", moment(row.get("date")))
    return entry


def _letterboxd_likes(row: Row) -> Entry:
    entry = _letterboxd_entry(row)
    entry.mark("like", moment(row.get("date")))
    return entry


def _letterboxd_watchlist(row: Row) -> Entry:
    entry = _letterboxd_entry(row)
    entry.list(moment(row.get("date")))
    return entry


def _letterboxd_diary(row: Row) -> Entry:
    """Read an entry of the diary: its address is the entry's own, not the film's."""
    entry = _letterboxd_entry(row, uri_names_film=False)
    entry.mark("seen", moment(row.get("watched date")) or moment(row.get("date")))
    entry.rate(row.get("rating"), 1 / WHOLE, moment(row.get("date")))
    return entry


def _letterboxd_review(row: Row) -> Entry:
    entry = _letterboxd_entry(row, uri_names_film=False)
    entry.rate(row.get("rating"), 1 / WHOLE, moment(row.get("date")))
    words = {
        "title": entry.title[:128] or "-",
        "content": row.get("review", ""),
        "is_positive": entry.rating is None or entry.rating >= POSITIVE_FROM,
    }
    entry.tell(words, moment(row.get("date")))
    return entry


LETTERBOXD: Final[Mapping[str, Callable[[Row], Entry]]] = {
    "ratings.csv": _letterboxd_ratings,
    "watched.csv": _letterboxd_watched,
    "likes/films.csv": _letterboxd_likes,
    "watchlist.csv": _letterboxd_watchlist,
    "diary.csv": _letterboxd_diary,
    "reviews.csv": _letterboxd_review,
}


def _letterboxd(content: bytes, name: str) -> Iterator[Entry]:
    if is_archive(content):
        files = unpack(content, frozenset(LETTERBOXD))
    else:
        called = name.replace("\\", "/").rpartition("/")[2].lower()
        wanted = "likes/films.csv" if called == "films.csv" else called
        files = {wanted: content} if wanted in LETTERBOXD else {}
    if not files:
        raise UnreadableFileError(
            "no_known_file", f"None of {', '.join(LETTERBOXD)} is in what was given."
        )
    for path, read in LETTERBOXD.items():
        if path in files:
            for row in read_csv(files[path], path, frozenset({"name", "year"})):
                yield read(row)


def _imdb(content: bytes, name: str) -> Iterator[Entry]:
    for row in read_csv(content, name, frozenset({"const", "title"})):
        ids = _ids(imdb=row["const"])
        entry = Entry(
            title=title_of(row["title"]),
            year=year_of(row.get("year")),
            ids=ids,
            key=(ids["imdb"],) if ids else (),
        )
        if row.get("your rating"):
            entry.rate(row["your rating"], 1, moment(row.get("date rated")))
        if "your rating" not in row or row.get("created"):
            entry.list(moment(row.get("created")), note=row.get("description") or None)
        yield entry


def _movielens(content: bytes, name: str) -> Iterator[Entry]:
    for row in read_csv(content, name, frozenset({"rating"})):
        ids = _ids(
            movielens=row.get("movieid") or row.get("movie_id"),
            imdb=row.get("imdbid") or row.get("imdb_id"),
            tmdb=row.get("tmdbid") or row.get("tmdb_id"),
        )
        title, year = title_of(row.get("title")), None
        if dated := _MOVIELENS_TITLE.fullmatch(title):
            title, year = dated.group(1), year_of(dated.group(2))
        if turned := _ARTICLE_LAST.fullmatch(title):
            title = f"{turned.group(2)} {turned.group(1)}"
        entry = Entry(title=title, year=year, ids=ids, key=tuple(f"{k}{v}" for k, v in ids.items()))
        entry.rate(row["rating"], 1 / WHOLE, moment(row.get("timestamp")))
        yield entry


def _objects(items: Any, name: str) -> Iterator[dict[str, Any]]:
    if not isinstance(items, list):
        raise UnreadableFileError("unknown_form", f"{name} does not hold a list of films.")
    for item in items:
        yield item if isinstance(item, dict) else {}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _trakt_entry(item: dict[str, Any]) -> Entry:
    movie = _dict(item.get("movie"))
    given = _dict(movie.get("ids"))
    ids = _ids(imdb=given.get("imdb"), tmdb=given.get("tmdb"))
    entry = Entry(
        title=title_of(movie.get("title")),
        year=year_of(movie.get("year")),
        ids=ids,
        key=tuple(f"{k}{v}" for k, v in ids.items()),
    )
    if "rating" in item:
        entry.rate(item["rating"], 1, moment(item.get("rated_at")))
    if "watched_at" in item or "last_watched_at" in item:
        entry.mark("seen", moment(item.get("watched_at")) or moment(item.get("last_watched_at")))
    if "listed_at" in item:
        entry.list(moment(item["listed_at"]), item.get("rank"), item.get("notes"))
    return entry


def _trakt(content: bytes, name: str) -> Iterator[Entry]:
    """Read films; series, seasons and episodes are passed over."""
    found = read_json(content, name)
    parts = ("ratings", "history", "watched", "watchlist")
    lists = [found] if isinstance(found, list) else [_dict(found)[k] for k in parts if k in found]
    if not lists:
        raise UnreadableFileError("unknown_form", f"{name} has none of {', '.join(parts)}.")
    for items in lists:
        for item in _objects(items, name):
            if item.get("type", "movie") == "movie":
                yield _trakt_entry(item)


def _marquee(content: bytes, name: str) -> Iterator[Entry]:
    found = _dict(read_json(content, name))
    if found.get("format") != "marquee" or "movies" not in found:
        raise UnreadableFileError("unknown_form", f"{name} is not a history as Marquee writes it.")
    for film in _objects(found["movies"], name):
        slug = film.get("slug")
        ids = _ids(**{k: v for k, v in _dict(film.get("external_ids")).items() if k in _OURS})
        if isinstance(slug, str) and re.fullmatch(r"[\w-]{1,200}", slug):
            ids["slug"] = slug
        entry = Entry(title=title_of(film.get("title")), year=year_of(film.get("year")), ids=ids)
        if rating := _dict(film.get("rating")):
            entry.rate(rating.get("value"), 1 / WHOLE, moment(rating.get("at")))
        if signal := _dict(film.get("signal")):
            entry.mark(signal.get("kind"), moment(signal.get("at")))
        if listed := _dict(film.get("watchlist")):
            entry.list(moment(listed.get("at")), listed.get("position"), listed.get("note"))
        if review := _dict(film.get("review")):
            at = moment(review.pop("at", None))
            entry.tell(review, at)
        yield entry


_OURS = frozenset({"imdb", "tmdb", "movielens"})
READERS: Final[Mapping[Source, Callable[[bytes, str], Iterator[Entry]]]] = {
    "letterboxd": _letterboxd,
    "imdb": _imdb,
    "trakt": _trakt,
    "movielens": _movielens,
    "marquee": _marquee,
}
