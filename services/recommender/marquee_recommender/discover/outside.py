"""Asking an outside language model to read a text, where one is configured.

It may only fill in what the tables of words found nothing for, and only with slugs, years and
titles that hold against the catalog; it never names the films that are answered. Whatever goes
wrong with it, the own reading stands. The text alone is sent, nothing of the member.
"""

import asyncio
import logging
from typing import Any

import aiohttp
import orjson
from prometheus_client import Counter
from pydantic import BaseModel, ConfigDict, ValidationError

from marquee_recommender.discover.names import Names, tokens_of
from marquee_recommender.movies.catalog import Catalog
from marquee_recommender.settings import RecommenderSettings

logger = logging.getLogger(__name__)

ASKED = Counter(
    "marquee_recommender_llm_calls_total", "Texts an outside model was asked to read", ["outcome"]
)
ANSWER_LIMIT = 65_536
MANY = 20
PROMPT = (
    "Turn a wish for films into JSON with the keys genres, tags, people, like, platforms (lists "
    "of English names), year_from, year_to, max_runtime (minutes), with_friends (boolean). Leave "
    "out what is not said. Answer with JSON alone."
)


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore")
    content: str


class _Choice(BaseModel):
    model_config = ConfigDict(extra="ignore")
    message: _Message


class _Completion(BaseModel):
    model_config = ConfigDict(extra="ignore")
    choices: list[_Choice]


class _Reading(BaseModel):
    """What the model says was meant; unchecked."""

    model_config = ConfigDict(extra="ignore", strict=True)

    genres: list[str] = []
    tags: list[str] = []
    people: list[str] = []
    like: list[str] = []
    platforms: list[str] = []
    year_from: int | None = None
    year_to: int | None = None
    max_runtime: int | None = None
    with_friends: bool | None = None


async def read_outside(
    settings: RecommenderSettings, text: str, catalog: Catalog, names: Names
) -> dict[str, Any]:
    """Return what the outside model understood, checked; nothing where none is set or it fails."""
    if settings.llm_base_url is None:
        return {}
    try:
        async with asyncio.timeout(settings.llm_timeout):
            reading = await _ask(settings, text)
    except (TimeoutError, aiohttp.ClientError, ValidationError, ValueError) as error:
        ASKED.labels("failed").inc()
        logger.warning("the outside model is no help: %s", type(error).__name__)
        return {}
    ASKED.labels("answered").inc()
    return _checked(reading, catalog, names)


async def _ask(settings: RecommenderSettings, text: str) -> _Reading:
    headers = {}
    if settings.llm_api_key is not None:
        headers["Authorization"] = f"Bearer {settings.llm_api_key.get_secret_value()}"
    body = {
        "model": settings.llm_model,
        "temperature": 0,
        "messages": [
            {"role": "system", "content": PROMPT},
            {"role": "user", "content": text},
        ],
    }
    async with (
        aiohttp.ClientSession() as client,
        client.post(
            f"{settings.llm_base_url}/chat/completions",
            json=body,
            headers=headers,
            allow_redirects=False,
        ) as answer,
    ):
        if answer.status != 200:  # noqa: PLR2004 - HTTP's
            message = f"it answered {answer.status}"
            raise ValueError(message)
        raw = bytearray()
        async for piece in answer.content.iter_chunked(ANSWER_LIMIT):
            raw += piece
            if len(raw) > ANSWER_LIMIT:
                message = "its answer is too long"
                raise ValueError(message)
    completion = _Completion.model_validate(orjson.loads(raw))
    if not completion.choices:
        message = "it answered nothing"
        raise ValueError(message)
    content = completion.choices[0].message.content
    return _Reading.model_validate(orjson.loads(content))


def _checked(reading: _Reading, catalog: Catalog, names: Names) -> dict[str, Any]:
    """Keep what holds against the catalog."""

    def known(said: list[str], phrases: dict[str, str], kind: str | None) -> list[str]:
        found = []
        for name in said[:MANY]:
            slug = phrases.get(" ".join(tokens_of(name[:300])))
            if slug is None and kind is not None and catalog.members(kind, name):
                slug = name
            if slug is not None:
                found.append(slug)
        return list(dict.fromkeys(found))

    checked: dict[str, Any] = {
        "genres": known(reading.genres, names.genres, "genre"),
        "tags": known(reading.tags, names.tags, "tag"),
        "people": known(reading.people, names.people, "person"),
        "like": known(reading.like, names.titles, None)[:10],
        "platforms": known(reading.platforms, names.platforms, "platform"),
        "with_friends": reading.with_friends,
    }
    low, high = reading.year_from, reading.year_to
    if (low is None or high is None or low <= high) and all(
        year is None or 1880 <= year <= 2100  # noqa: PLR2004 - years
        for year in (low, high)
    ):
        checked |= {"year_from": low, "year_to": high}
    if reading.max_runtime is not None and 1 <= reading.max_runtime <= 600:  # noqa: PLR2004 - minutes
        checked["max_runtime"] = reading.max_runtime
    return {name: value for name, value in checked.items() if value}
