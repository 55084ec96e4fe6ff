"""What an API process holds in memory, and how that follows the events.

The catalog is read from the replica once and then follows the catalog's stream directly. Reading
and following meet without a gap: first the place in the stream is noted up to which the worker has
surely brought everything to the replica, then the replica is read, then the stream is followed
from that place. What is told twice is let pass by its version.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Request
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from marquee_recommender.charts.service import Charts
from marquee_recommender.discover.names import NameIndex
from marquee_recommender.embeddings.loading import Meaning
from marquee_recommender.embeddings.repository import active_encoder
from marquee_recommender.engine import serve_on_one_thread
from marquee_recommender.experiments.running import Experiments
from marquee_recommender.exports.service import Exports
from marquee_recommender.models.active import ActiveModelHolder
from marquee_recommender.models.storage import open_artifacts
from marquee_recommender.movies import repository
from marquee_recommender.movies.catalog import Catalog
from marquee_recommender.recommendations.remembered import Remembered
from marquee_recommender.settings import RecommenderSettings
from marquee_recommender.tables import SCHEMA
from marquee_shared.events import Event, EventData, stream_of
from marquee_shared.events.catalog import MovieData, MovieDeleted, MovieUpdated
from marquee_shared.events.recommender import ExperimentChanged, ModelActivated
from marquee_shared.service import Context
from marquee_shared.streams import StreamTail

logger = logging.getLogger(__name__)

MOVIES = stream_of(MovieUpdated.type)
MODELS = stream_of(ModelActivated.type)
EXPERIMENTS = stream_of(ExperimentChanged.type)
OUT_OF_REACH = (OSError, RedisError, DBAPIError, PoolTimeoutError)
RETRY_SECONDS = 0.5


class Serving:
    """The catalog, the model that ranks and the charts of one API process."""

    def __init__(self, context: Context[RecommenderSettings]) -> None:
        self.database = context.database
        self._redis = context.redis
        self.catalog = Catalog()
        self.artifacts = open_artifacts(context.settings)
        self.model = ActiveModelHolder(
            context.database, context.settings.models_dir, self.artifacts
        )
        self.charts = Charts(context.database)
        self.remembered = Remembered()
        self.experiments = Experiments(context.database)
        self.exports = Exports()
        self.names = NameIndex(self.catalog)
        self.meaning = Meaning(context.database, context.settings)
        self.loaded = False

    async def load(self) -> None:
        """Read the replica and the registry; what is held already and newer stays."""
        async with self.database.reading() as session:
            async for rows in repository.read_movies(session):
                for row in rows:
                    version = (row.epoch, row.revision)
                    if row.deleted:
                        self.catalog.bury(row.id, version)
                    else:
                        self.catalog.put(row, version)
                await asyncio.sleep(0)  # let requests in between two chunks
        await self.model.follow()
        await self.experiments.follow()
        self.loaded = True

    async def on_events(self, events: list[Event[EventData]]) -> None:
        """Take over what has changed, from the events themselves."""
        activated = changed = False
        for event in events:
            if isinstance(event.data, MovieData):
                self.catalog.put(event.data, event.version)
            elif isinstance(event.data, MovieDeleted):
                self.catalog.bury(event.data.id, event.version)
            activated = activated or isinstance(event.data, ModelActivated)
            changed = changed or isinstance(event.data, ExperimentChanged)
        if activated:
            await self._until_reached(self.model.follow)
        if changed:
            await self._until_reached(self.experiments.follow)

    async def begin(self) -> dict[str, str] | None:
        """Read what there is; return from where to follow, None where something was away."""
        start = None
        try:
            start = await self._positions()
        except OUT_OF_REACH as error:
            logger.warning("started without Redis: %s", error)
        try:
            await self.load()
        except OUT_OF_REACH as error:
            logger.warning("started without the catalog: %s", error)
            return None
        return start

    async def warm(self) -> None:
        """Load the encoder of texts, which may take seconds, before anybody asks."""

        async def attempt() -> None:
            async with self.database.reading() as session:
                row = await active_encoder(session)
            if row is not None:
                await self.meaning.of(row)

        await self._until_reached(attempt)

    async def run(self, start: dict[str, str] | None) -> None:
        """Follow the streams until cancelled; without a start, read everything anew first."""
        if start is None:
            start = await self._until_reached(self._positions)
            await self._until_reached(self.load)

        async def on_gap() -> None:
            await self._until_reached(self.load)

        await StreamTail(
            self._redis, [MOVIES, MODELS, EXPERIMENTS], self.on_events, on_gap=on_gap, start=start
        ).run()

    async def _positions(self) -> dict[str, str]:
        return {
            MOVIES: await applied_position(self._redis, MOVIES),
            MODELS: await last_position(self._redis, MODELS),
            EXPERIMENTS: await last_position(self._redis, EXPERIMENTS),
        }

    async def _until_reached(self, attempt: Any) -> Any:
        while True:
            try:
                return await attempt()
            except OUT_OF_REACH as error:
                logger.warning("not reached, trying again: %s", error)
                await asyncio.sleep(RETRY_SECONDS)


async def last_position(redis: Redis, stream: str) -> str:
    """Return the id of a stream's last entry, `0-0` where there is none."""
    try:
        info: dict[str, Any] = await redis.xinfo_stream(stream)
    except ResponseError as error:
        if "no such key" in str(error):
            return "0-0"
        raise
    return _text(info["last-generated-id"])


async def applied_position(redis: Redis, stream: str) -> str:
    """Return the id up to which our consumers have acknowledged everything in a stream."""
    try:
        groups: list[dict[str, Any]] = await redis.xinfo_groups(stream)
    except ResponseError as error:
        if "no such key" in str(error):
            return "0-0"
        raise
    ours = next((group for group in groups if _text(group["name"]) == SCHEMA), None)
    if ours is None:
        return "0-0"
    if not ours["pending"]:
        return _text(ours["last-delivered-id"])
    pending = await redis.xpending(stream, SCHEMA)
    if pending["min"] is None:
        return _text(ours["last-delivered-id"])
    major, minor = (int(part) for part in _text(pending["min"]).split("-"))
    return f"{major}-{minor - 1}" if minor else f"{max(major - 1, 0)}-{2**63 - 1 if major else 0}"


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def serving_of(request: Request) -> Serving:
    """Return what this process serves from."""
    serving: Serving = request.app.state.context.state["serving"]
    return serving


async def is_ready(context: Context[Any]) -> bool:
    """Whether the catalog has been read; a model is not needed to answer."""
    serving: Serving | None = context.state.get("serving")
    return serving is None or serving.loaded


@asynccontextmanager
async def lifespan(context: Context[Any], process: str) -> AsyncIterator[None]:
    """Hold `Serving` in an API process; other processes need none of it."""
    if process != "api":
        yield
        return
    serve_on_one_thread()
    serving = Serving(context)
    context.state["serving"] = serving
    start = await serving.begin()
    tasks = [asyncio.create_task(serving.run(start)), asyncio.create_task(serving.warm())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
