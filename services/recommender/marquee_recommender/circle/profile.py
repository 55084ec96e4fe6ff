"""A member's surroundings, as they count for ranking."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Watch:
    """A film begun; `at` in seconds since 1970, `progress` None where the runtime is unknown."""

    movie_id: int
    progress: float | None
    completed: bool
    at: float


@dataclass(frozen=True, slots=True)
class Favourite:
    """A film that friends who show their ratings rated 4 or more; a few of them by id."""

    friends: int
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Circle:
    """What is known of a member besides their ratings and signals.

    Attributes:
        genres, platforms, country: what they chose.
        people: slugs of whom they follow or named as favourites.
        merged_people: ids of those that some of these slugs have become part of.
        watches: films begun, the latest first.
        favourites: their friends' favourites by film id, the most shared first.
        friends: user summaries by id, of friends who show their ratings.
    """

    genres: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    country: str | None = None
    people: tuple[str, ...] = ()
    merged_people: tuple[int, ...] = ()
    watches: tuple[Watch, ...] = ()
    favourites: Mapping[int, Favourite] = field(default_factory=dict)
    friends: Mapping[str, Json] = field(default_factory=dict)

    @property
    def watching(self) -> list[Watch]:
        """The films that are not watched to their end, the latest first."""
        return [watch for watch in self.watches if not watch.completed]
