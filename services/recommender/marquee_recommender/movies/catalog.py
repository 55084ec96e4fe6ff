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

KINDS = ("genre", "platform", "tag", "person", "country")
"""What films are looked up by; a person is a director or one of the first actors."""


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
    runtime: int | None
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
    people: tuple[str, ...] = ()


@dataclass
class Catalog:
    """All films; `size` rows are in use, the columns are longer (they grow by doubling)."""

    size: int = 0
    films: list[Film] = field(default_factory=list)
    row_of: dict[int, int] = field(default_factory=dict)
    row_of_slug: dict[str, int] = field(default_factory=dict)
    changes: int = 0
    """Grows with every change, so that what was computed from the catalog can be told stale."""
    labels: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """By kind (genre, tag, platform, director, actor) and slug: id, slug and name."""
    slug_of_person: dict[int, str] = field(default_factory=dict)
    _runtimes: NDArray[np.int32] = field(default_factory=lambda: np.zeros(1024, np.int32))
    _ids: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1024, np.int64))
    _years: NDArray[np.int32] = field(default_factory=lambda: np.zeros(1024, np.int32))
    _days: NDArray[np.int32] = field(default_factory=lambda: np.full(1024, NEVER, np.int32))
    _popularity: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1024))
    _members: dict[str, dict[str, set[int]]] = field(
        default_factory=lambda: {kind: {} for kind in KINDS}
    )
    _memberships: list[tuple[tuple[str, ...], ...]] = field(default_factory=list)

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

    @property
    def runtimes(self) -> NDArray[np.int32]:
        """Minutes by row; 0 where unknown."""
        return self._runtimes[: self.size]

    def find(self, slug: str) -> int | None:
        """Return the row of a film that is there under this slug."""
        row = self.row_of_slug.get(slug)
        return row if row is not None and self.films[row].slug == slug else None

    def rows(self, slugs: Iterable[str]) -> list[int]:
        """Return the rows of the films among these slugs; unknown ones are passed over."""
        return [row for slug in slugs if (row := self.find(slug)) is not None]

    def members(self, kind: str, slug: str) -> set[int]:
        """Return the rows of the films of a genre, platform, tag, person or country."""
        return self._members[kind].get(slug, set())

    def slugs(self, kind: str, row: int) -> tuple[str, ...]:
        """Return what of a kind a film has."""
        return self._memberships[row][KINDS.index(kind)]

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
        for kind, wanted in (
            ("genre", filters.genres),
            ("platform", filters.platforms),
            ("person", filters.people),
        ):
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
            runtime=movie.runtime,
            version=version,
        )
        row = self._place(film)
        self._years[row] = year or 0
        self._days[row] = _release_day(movie)
        self._popularity[row] = movie.popularity
        self._runtimes[row] = movie.runtime or 0
        platforms = [_named(platform) for platform in movie.platforms]
        tags = [_named(tag) for tag in movie.tags]
        self._label("genre", genres)
        self._label("tag", tags)
        self._label("platform", platforms)
        people = self._label_people(movie.credits)
        named = (genres, platforms, tags, people)
        slugs = tuple(tuple(dict.fromkeys(t["slug"] for t in things)) for things in named)
        self._join(row, (*slugs, tuple(dict.fromkeys(movie.countries))))
        return True

    def bury(self, movie_id: int, version: tuple[int, int]) -> bool:
        """Mark a film as deleted, where that is newer."""
        row = self.row_of.get(movie_id)
        if row is not None and self.films[row].version >= version:
            return False
        row = self._place(Film(movie_id, "", "", {}, None, None, [], None, version))
        self._days[row] = NEVER
        self._join(row, ((),) * len(KINDS))
        return True

    def _place(self, film: Film) -> int:
        """Give a film its row, an old one or a new one."""
        self.changes += 1
        row = self.row_of.get(film.id)
        if row is None:
            row = self.size
            if row == len(self._ids):
                for name in ("_ids", "_years", "_days", "_popularity", "_runtimes"):
                    column = getattr(self, name)
                    setattr(self, name, np.concatenate([column, np.zeros_like(column)]))
            self._ids[row] = film.id
            self.row_of[film.id] = row
            self.films.append(film)
            self._memberships.append(((),) * len(KINDS))
            self.size += 1
        else:
            old = self.films[row].slug
            if self.row_of_slug.get(old) == row:
                del self.row_of_slug[old]
            self.films[row] = film
        if film.slug:
            self.row_of_slug[film.slug] = row
        return row

    def _join(self, row: int, slugs: tuple[tuple[str, ...], ...]) -> None:
        """Move a row from the genres, platforms and so on it was in to those it is in."""
        before = self._memberships[row]
        for kind, old, new in zip(KINDS, before, slugs, strict=True):
            for slug in old:
                self._members[kind][slug].discard(row)
            for slug in new:
                self._members[kind].setdefault(slug, set()).add(row)
        self._memberships[row] = slugs

    def _label(self, kind: str, named: Iterable[dict[str, Any]]) -> None:
        known = self.labels.setdefault(kind, {})
        for thing in named:
            known[thing["slug"]] = thing

    def _label_people(self, credit_list: Iterable[Any]) -> list[dict[str, Any]]:
        """Remember directors and the first actors by job; return them."""
        people = []
        for credit in credit_list:
            mapped = isinstance(credit, Mapping)
            job: str = credit["job"] if mapped else credit.job
            order: int = credit["order"] if mapped else credit.order
            if job == "director" or (job == "actor" and order < ACTORS_NAMED):
                person = _named(credit)
                self._label(job, [person])
                self.slug_of_person[person["id"]] = person["slug"]
                people.append(person)
        return people


def _named(thing: Any) -> dict[str, Any]:
    """Return id, slug and name of a genre, tag, person or platform."""
    if isinstance(thing, Mapping):
        return {"id": thing["id"], "slug": thing["slug"], "name": thing["name"]}
    return {"id": thing.id, "slug": thing.slug, "name": thing.name}


def _release_day(movie: Any) -> int:
    if movie.status != "released":
        return int(NEVER)
    return movie.release_date.toordinal() if movie.release_date else 0
