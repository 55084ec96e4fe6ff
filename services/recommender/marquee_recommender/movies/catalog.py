"""The catalog in memory: columns to filter by, and what it takes to draw a card.

One film is one row for as long as the process lives; a film that is deleted keeps its row and is
marked. Rows only ever get appended, so positions stay valid while films change. Everything here
runs on the event loop without awaiting, so a reader never sees half a change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

NEVER = np.iinfo(np.int32).max
"""The release day of a film that is not out."""

ACTORS_NAMED = 10


@dataclass(frozen=True, slots=True)
class Film:
    """A film as cards and reasons need it; `version` is its (epoch, revision)."""

    id: int
    slug: str
    title: str
    titles: Mapping[str, str]
    year: int | None
    cover_url: str | None
    genres: list[dict[str, Any]]
    version: tuple[int, int]

    def title_in(self, language: str) -> str:
        """Return the title in a language, or the base one."""
        return self.titles.get(language) or self.title

    def summary(self, language: str) -> dict[str, Any]:
        """Return the movie summary of the public API."""
        return {
            "id": self.id,
            "slug": self.slug,
            "title": self.title_in(language),
            "year": self.year,
            "cover_url": self.cover_url,
            "genres": self.genres,
        }


@dataclass(frozen=True, slots=True)
class Filters:
    """What a caller narrows an answer to; the lists mean any-of."""

    genres: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None


@dataclass
class Catalog:
    """All films; `size` rows are in use, the columns are longer (they grow by doubling)."""

    size: int = 0
    films: list[Film] = field(default_factory=list)
    row_of: dict[int, int] = field(default_factory=dict)
    row_of_slug: dict[str, int] = field(default_factory=dict)
    labels: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """By kind (genre, tag, director, actor) and slug: id, slug and name."""
    _ids: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1024, np.int64))
    _years: NDArray[np.int32] = field(default_factory=lambda: np.zeros(1024, np.int32))
    _days: NDArray[np.int32] = field(default_factory=lambda: np.full(1024, NEVER, np.int32))
    _popularity: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1024))
    _members: dict[str, dict[str, set[int]]] = field(
        default_factory=lambda: {"genre": {}, "platform": {}}
    )
    _memberships: list[tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=list)

    @property
    def ids(self) -> NDArray[np.int64]:
        """Film ids by row."""
        return self._ids[: self.size]

    @property
    def popularity(self) -> NDArray[np.float64]:
        """The catalog's own popularity by row."""
        return self._popularity[: self.size]

    @property
    def days(self) -> NDArray[np.int32]:
        """Release days by row as proleptic ordinals; 0 where out and undated."""
        return self._days[: self.size]

    def find(self, slug: str) -> int | None:
        """Return the row of a film that is there under this slug."""
        row = self.row_of_slug.get(slug)
        return row if row is not None and self.films[row].slug == slug else None

    def rows(self, slugs: Iterable[str]) -> list[int]:
        """Return the rows of the films among these slugs; unknown ones are passed over."""
        return [row for slug in slugs if (row := self.find(slug)) is not None]

    def is_out(self, row: int, today: date) -> bool:
        """Whether a film has been released and is there."""
        return bool(self._days[row] <= today.toordinal())

    def allowed(self, filters: Filters, today: date) -> NDArray[np.bool_]:
        """Return which rows are released and pass the filters, bool [size]."""
        mask = self.days <= today.toordinal()
        if filters.year_from is not None:
            mask &= self._years[: self.size] >= filters.year_from
        if filters.year_to is not None:
            years = self._years[: self.size]
            mask &= (years <= filters.year_to) & (years > 0)
        for kind, wanted in (("genre", filters.genres), ("platform", filters.platforms)):
            if wanted:
                members = [self._members[kind].get(slug, set()) for slug in wanted]
                kept = np.zeros(self.size, dtype=bool)
                for rows in members:
                    kept[np.fromiter(rows, np.int64, len(rows))] = True
                mask &= kept
        return mask

    def put(self, movie: Any, version: tuple[int, int]) -> bool:
        """Take over a film from an event's data or a replica's row, where that is newer.

        `movie` has the attributes of `MovieData`; nested parts may be models or mappings.
        """
        row = self.row_of.get(movie.id)
        if row is not None and self.films[row].version >= version:
            return False
        genres = [_named(genre) for genre in movie.genres]
        year = movie.year or (movie.release_date.year if movie.release_date else None)
        film = Film(
            id=movie.id,
            slug=movie.slug,
            title=movie.title,
            titles=dict(movie.titles),
            year=year,
            cover_url=movie.cover_url,
            genres=genres,
            version=version,
        )
        row = self._place(film)
        self._years[row] = year or 0
        self._days[row] = _release_day(movie)
        self._popularity[row] = movie.popularity
        platforms = [_named(platform) for platform in movie.platforms]
        slugs = (tuple(g["slug"] for g in genres), tuple(p["slug"] for p in platforms))
        self._join(row, slugs)
        self._label("genre", genres)
        self._label("tag", (_named(tag) for tag in movie.tags))
        self._label_people(movie.credits)
        return True

    def bury(self, movie_id: int, version: tuple[int, int]) -> bool:
        """Mark a film as deleted, where that is newer."""
        row = self.row_of.get(movie_id)
        if row is not None and self.films[row].version >= version:
            return False
        row = self._place(Film(movie_id, "", "", {}, None, None, [], version))
        self._days[row] = NEVER
        self._join(row, ((), ()))
        return True

    def _place(self, film: Film) -> int:
        """Give a film its row, an old one or a new one."""
        row = self.row_of.get(film.id)
        if row is None:
            row = self.size
            if row == len(self._ids):
                for name in ("_ids", "_years", "_days", "_popularity"):
                    column = getattr(self, name)
                    setattr(self, name, np.concatenate([column, np.zeros_like(column)]))
            self._ids[row] = film.id
            self.row_of[film.id] = row
            self.films.append(film)
            self._memberships.append(((), ()))
            self.size += 1
        else:
            old = self.films[row].slug
            if self.row_of_slug.get(old) == row:
                del self.row_of_slug[old]
            self.films[row] = film
        if film.slug:
            self.row_of_slug[film.slug] = row
        return row

    def _join(self, row: int, slugs: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
        """Move a row from the genres and platforms it was in to those it is in."""
        before = self._memberships[row]
        for kind, old, new in zip(("genre", "platform"), before, slugs, strict=True):
            for slug in old:
                self._members[kind][slug].discard(row)
            for slug in new:
                self._members[kind].setdefault(slug, set()).add(row)
        self._memberships[row] = slugs

    def _label(self, kind: str, named: Iterable[dict[str, Any]]) -> None:
        known = self.labels.setdefault(kind, {})
        for thing in named:
            known[thing["slug"]] = thing

    def _label_people(self, credit_list: Iterable[Any]) -> None:
        for credit in credit_list:
            mapped = isinstance(credit, Mapping)
            job: str = credit["job"] if mapped else credit.job
            order: int = credit["order"] if mapped else credit.order
            if job == "director" or (job == "actor" and order < ACTORS_NAMED):
                self._label(job, [_named(credit)])


def _named(thing: Any) -> dict[str, Any]:
    """Return id, slug and name of a genre, tag, person or platform."""
    if isinstance(thing, Mapping):
        return {"id": thing["id"], "slug": thing["slug"], "name": thing["name"]}
    return {"id": thing.id, "slug": thing.slug, "name": thing.name}


def _release_day(movie: Any) -> int:
    if movie.status != "released":
        return int(NEVER)
    return movie.release_date.toordinal() if movie.release_date else 0
