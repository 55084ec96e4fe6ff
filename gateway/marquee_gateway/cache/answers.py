"""The edge's cache as requests see it: memory, Redis, one fetch for all who ask at once."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Final

from marquee_gateway.cache.entry import Entry
from marquee_gateway.cache.memory import MemoryCache
from marquee_gateway.cache.purges import PurgeLog
from marquee_gateway.cache.shared import EVERYTHING, SharedCache
from marquee_gateway.metrics import EdgeMetrics
from marquee_gateway.redis_batch import RedisGone

logger = logging.getLogger(__name__)

UNTOLD_TTL: Final = 1.0
"""Seconds an answer is kept while purges of others cannot reach us."""

JOINS: Final = 3

Fetch = Callable[[], Awaitable["Fetched"]]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch brought: an answer for everyone, or None where it is for one caller alone."""

    entry: Entry | None
    keep: bool


@dataclass(slots=True)
class _Flight:
    began: int
    landed: asyncio.Future[Fetched]


class AnswerCache:
    """Finds answers, has missing ones fetched once, and lets go of them by tag."""

    def __init__(self, memory: MemoryCache, shared: SharedCache, metrics: EdgeMetrics) -> None:
        self._memory = memory
        self._shared = shared
        self._metrics = metrics
        self._purges = PurgeLog()
        self._flights: dict[bytes, _Flight] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._told = False

    def find(self, key: bytes) -> Entry | None:
        """Return a fresh answer from memory."""
        entry = self._memory.get(key, self._loop.time())
        if entry is not None:
            self._metrics.cache["memory"] += 1
        return entry

    async def get(self, key: bytes, fetch: Fetch) -> Entry | None:
        """Return an answer, fetching it where nobody else is just doing so.

        None where the service answered for one caller alone: then everyone has to ask by himself.
        Raises what `fetch` raises.
        """
        for _ in range(JOINS):
            flight = self._flights.get(key)
            if flight is None:
                flight = self._start(key, fetch)
                return (await asyncio.shield(flight.landed)).entry
            self._metrics.cache["collapsed"] += 1
            entry = (await asyncio.shield(flight.landed)).entry
            if entry is None or not self._purges.any_since(entry.tags, flight.began):
                return entry
            # It set off before a purge that may have come before we asked: ask anew.
        return None

    async def purge(self, tags: Collection[bytes], *, tell: bool = True) -> None:
        """Let go of every answer with one of these tags, here and in Redis.

        `tell` has the other replicas do so too; for what they learn from events it is not needed.
        Memory is purged again after Redis: meanwhile it may have been filled from there.
        """
        if not tags:
            return
        self.purge_here(tags)
        with contextlib.suppress(RedisGone):  # `SharedCache` makes up for it
            await self._shared.purge(tags, tell=tell)
            self.purge_here(tags)

    def purge_here(self, tags: Collection[bytes]) -> None:
        """Let go of answers in this process's memory."""
        if EVERYTHING in tags:
            self._purges.note_all()
            self._memory.clear()
        else:
            self._purges.note(tags)
            self._memory.purge(tags)

    async def flush(self) -> None:
        """Let go of everything: we may have missed a purge."""
        await self.purge((EVERYTHING,), tell=False)

    def hear(self, told: bool) -> None:
        """Note whether purges of other replicas reach us; while they do not, trust nothing long."""
        if told is not self._told:
            self._told = told
            self.purge_here((EVERYTHING,))

    async def close(self) -> None:
        """Give up what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, key: bytes, fetch: Fetch) -> _Flight:
        flight = self._flights[key] = _Flight(self._purges.now, self._loop.create_future())
        task = self._loop.create_task(self._fly(key, flight, fetch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return flight

    async def _fly(self, key: bytes, flight: _Flight, fetch: Fetch) -> None:
        """Look in Redis, else fetch; hand over; then keep. Goes on when the first asker leaves."""
        sequence: bytes | None = None
        try:
            entry, sequence = await self._shared.find(key)
            if entry is not None:
                self._metrics.cache["redis"] += 1
                fetched, sequence = Fetched(entry, keep=True), None
            else:
                self._metrics.cache["fetched"] += 1
                fetched = await fetch()
        except BaseException as error:
            del self._flights[key]
            if not flight.landed.done():
                flight.landed.set_exception(error)
                flight.landed.exception()  # perhaps nobody waits any more
            if isinstance(error, asyncio.CancelledError):
                raise
            return
        del self._flights[key]
        entry = fetched.entry
        keep = entry is not None and fetched.keep
        if entry is not None and keep and not self._purges.any_since(entry.tags, flight.began):
            if not self._told:
                entry.expires_at = min(entry.expires_at, self._loop.time() + UNTOLD_TTL)
            self._memory.put(key, entry)
        flight.landed.set_result(fetched)
        if entry is not None and keep and sequence is not None:
            await self._shared.store(key, entry, sequence)
