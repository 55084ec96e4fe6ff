"""How near two members' tastes are, from what the API tells of both."""

import math
from dataclasses import dataclass
from typing import Any, Final

ENOUGH: Final = 5
"""Ratings that each must have given before they are compared."""

MIDDLE: Final = 3.0
SHARED: Final = 3


@dataclass(frozen=True, slots=True)
class Match:
    """How near, in percent, and the genres that both like best."""

    percent: int
    genres: list[str]


def compare(mine: dict[str, Any], theirs: dict[str, Any]) -> Match | None:
    """Compare two members' figures; None where one has rated too little.

    Half of it is how alike they spend their evenings over the genres, half how alike they rate
    them, each against their own mean.
    """
    if min(mine["ratings"], theirs["ratings"]) < ENOUGH:
        return None
    own = {genre["slug"]: genre for genre in mine["genres"]}
    others = {genre["slug"]: genre for genre in theirs["genres"]}
    seen = _cosine(
        {slug: float(genre["movies"]) for slug, genre in own.items()},
        {slug: float(genre["movies"]) for slug, genre in others.items()},
    )
    liked = _cosine(_leanings(mine), _leanings(theirs))
    both = sorted(
        own.keys() & others.keys(),
        key=lambda slug: (-min(_liking(own[slug]), _liking(others[slug])), slug),
    )
    percent = round(100 * (seen + (1 + liked) / 2) / 2)
    return Match(percent, [own[slug]["name"] for slug in both[:SHARED]])


def _liking(genre: dict[str, Any]) -> float:
    return float(genre["movies"]) * (genre["average"] or MIDDLE)


def _leanings(stats: dict[str, Any]) -> dict[str, float]:
    """Return how far each genre's mean lies from the member's own."""
    mean = stats["average_rating"] or MIDDLE
    return {
        genre["slug"]: (genre["average"] - mean) * math.sqrt(genre["movies"])
        for genre in stats["genres"]
        if genre["average"] is not None
    }


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    along = sum(value * other.get(name, 0.0) for name, value in one.items())
    lengths = math.hypot(*one.values()) * math.hypot(*other.values())
    return along / lengths if lengths else 0.0
