"""The films that the recommender finds similar, for a film's own page, which never waits long."""

import logging

import orjson
from pydantic import BaseModel, ConfigDict

from marquee_catalog.movies.schemas import MovieSummary
from marquee_shared.peers import Peer
from marquee_shared.problems import BadGateway

logger = logging.getLogger(__name__)

DEADLINE = 0.3
"""Seconds; after that the page goes without."""
SHOWN = 10


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore")

    movie: MovieSummary


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    items: list[_Item]


async def add_similar(recommender: Peer, slug: str, body: str, language: str) -> bytes:
    """Return a film's JSON with `similar`; an empty list where the recommender does not answer."""
    similar: list[MovieSummary] = []
    try:
        answer = await recommender.get(
            f"/v1/movies/{slug}/similar",
            _Answer,
            params={"limit": str(SHOWN), "lang": language},
            timeout=DEADLINE,
        )
        similar = [item.movie for item in answer.items] if answer else []
    except BadGateway as error:  # out of reach, too late and nonsense are all of this kind
        logger.warning("the recommender did not tell what is similar: %s", error)
    shown = orjson.dumps([movie.model_dump() for movie in similar])
    return body[:-1].encode() + b',"similar":' + shown + b"}"
