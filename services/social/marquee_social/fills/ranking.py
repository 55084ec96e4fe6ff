"""The recommender's ranking for the caller."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from marquee_shared.peers import Peer
from marquee_shared.problems import Problem
from marquee_social.fills.schemas import FillReason

logger = logging.getLogger(__name__)

RANKED: Final = 100
"""How many films are ranked: what the recommender gives at most."""


class _Film(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: int


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore")

    movie: _Film
    explained: Annotated[float, Field(ge=0, le=1)]
    reasons: list[FillReason]


class _Recommendations(BaseModel):
    model_config = ConfigDict(extra="ignore")

    items: Annotated[list[_Item], Field(max_length=RANKED)]


@dataclass(frozen=True, slots=True)
class RankedFilm:
    """A film's place, 0 first, and the recommender's reasons, which sum to at most `explained`."""

    place: int
    explained: float
    reasons: Sequence[FillReason]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The recommender's films by id."""

    films: Mapping[int, RankedFilm]


async def find_ranking(
    recommender: Peer,
    token: str,
    seconds: float,
    *,
    genres: Sequence[str],
    platforms: Sequence[str],
    exclude: Sequence[str],
    language: str,
) -> Ranking | None:
    """Return what the recommender ranks first for the caller; None: not to be had in time."""
    asked = [("limit", str(RANKED)), ("lang", language)]
    for name, slugs in (("genre", genres), ("platform", platforms), ("exclude", exclude)):
        asked += [(name, slug) for slug in slugs]
    path = f"/v1/me/recommendations?{urlencode(asked)}"
    try:
        found = await recommender.get(path, _Recommendations, token=token, timeout=seconds)
    except Problem as problem:
        logger.warning("a list is filled without the recommender: %s", problem)
        return None
    if found is None:
        return None
    films: dict[int, RankedFilm] = {}
    for place, item in enumerate(found.items):
        films[item.movie.id] = RankedFilm(place, item.explained, item.reasons)
    return Ranking(films)
