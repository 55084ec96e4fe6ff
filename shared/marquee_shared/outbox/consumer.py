"""The consumer: one group per service, a batch of events per transaction.

The invariant: an event's effects and its row in `inbox` commit together, and only then is the
stream entry acknowledged. A crash anywhere means the entry is delivered again and the inbox
lets it pass without effect; so handlers may be called twice or out of order and do no harm.
"""

import logging
import os
import socket
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar
from uuid import UUID

from prometheus_client import Counter, Gauge, Histogram
from redis.asyncio import Redis
from redis.exceptions import ResponseError
from sqlalchemy import text

from marquee_shared.database import Database, WriteSession, is_out_of_reach
from marquee_shared.events.envelope import Event, EventData, MalformedEvent, parse, stream_of
from marquee_shared.logs import traceparent

logger = logging.getLogger(__name__)

BATCH = 500
BATCH_BYTES = 2_000_000
"""A transaction takes no more than this, so that bulk events cannot fill the memory."""
BLOCK_MILLISECONDS = 1000
MAX_DELIVERIES = 5
CLAIM_EVERY_SECONDS = 5.0

CONSUMED = Counter("marquee_events_consumed_total", "Events handled", ["service", "type"])
REPEATED = Counter("marquee_events_repeated_total", "Events the inbox let pass", ["service"])
DEAD = Counter("marquee_dead_letters_total", "Events given up on", ["service"])
LAG = Histogram(
    "marquee_consumer_delay_seconds",
    "Event time to handled",
    ["service"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30, 300),
)
PENDING = Gauge("marquee_consumer_pending", "Delivered, not acknowledged", ["service", "stream"])

INBOX = text(
    "INSERT INTO inbox (consumer, event_id) SELECT :consumer, unnest(CAST(:ids AS uuid[])) "
    "ON CONFLICT DO NOTHING RETURNING event_id"
)

BatchHandler = Callable[[WriteSession, list[Event[Any]]], Awaitable[None]]
DataT = TypeVar("DataT", bound=EventData)


class Handlers:
    """Which function reacts to which event type of another (or the same) service."""

    def __init__(self) -> None:
        self._by_type: dict[str, BatchHandler] = {}
        self._after: dict[str, BatchHandler] = {}

    def on(
        self, *contracts: type[DataT]
    ) -> Callable[
        [Callable[[WriteSession, Event[DataT]], Awaitable[None]]],
        Callable[[WriteSession, Event[DataT]], Awaitable[None]],
    ]:
        """Register a handler that takes one event at a time."""

        def register(
            handler: Callable[[WriteSession, Event[DataT]], Awaitable[None]],
        ) -> Callable[[WriteSession, Event[DataT]], Awaitable[None]]:
            async def each(session: WriteSession, events: list[Event[Any]]) -> None:
                for event in events:
                    await handler(session, event)

            self._add(contracts, each)
            return handler

        return register

    def on_batch(
        self, *contracts: type[DataT]
    ) -> Callable[
        [Callable[[WriteSession, list[Event[DataT]]], Awaitable[None]]],
        Callable[[WriteSession, list[Event[DataT]]], Awaitable[None]],
    ]:
        """Register a handler that takes all consecutive events of its types in one call."""

        def register(
            handler: Callable[[WriteSession, list[Event[DataT]]], Awaitable[None]],
        ) -> Callable[[WriteSession, list[Event[DataT]]], Awaitable[None]]:
            self._add(contracts, handler)
            return handler

        return register

    def after(self, contract: type[DataT], handler: Callable[..., Awaitable[None]]) -> None:
        """Register what is called with a type's events once its own handler is through.

        Both run in the one transaction: a replica learns first that a member is gone, and what
        they left is erased next.
        """
        self._put(self._after, contract, handler)

    def _add(self, contracts: Iterable[type[EventData]], handler: BatchHandler) -> None:
        for contract in contracts:
            self._put(self._by_type, contract, handler)

    @staticmethod
    def _put(
        table: dict[str, BatchHandler], contract: type[EventData], handler: BatchHandler
    ) -> None:
        if contract.type in table:
            message = f"two handlers for {contract.type}"
            raise ValueError(message)
        table[contract.type] = handler

    @property
    def streams(self) -> list[str]:
        """The streams that hold the registered types."""
        return sorted({stream_of(event_type) for event_type in self._by_type | self._after})

    async def handle(self, session: WriteSession, events: list[Event[EventData]]) -> None:
        """Call the handlers in order, consecutive events with the same ones together."""
        known = [event for event in events if self._of(event)]
        for handlers, run in groupby(known, key=self._of):
            same = list(run)
            for handler in handlers:
                await handler(session, same)

    def _of(self, event: Event[EventData]) -> tuple[BatchHandler, ...]:
        found = (self._by_type.get(event.type), self._after.get(event.type))
        return tuple(handler for handler in found if handler is not None)


@dataclass(frozen=True, slots=True)
class Entry:
    """One stream entry as read."""

    stream: str
    id: bytes
    raw: bytes


class Consumer:
    """Reads a service's group and hands events to its handlers. `run` never returns."""

    def __init__(
        self,
        service: str,
        database: Database,
        redis: Redis,
        handlers: Handlers,
        *,
        claim_idle_milliseconds: int = 30_000,
    ) -> None:
        self._service = service
        self._database = database
        self._redis = redis
        self._handlers = handlers
        self._name = f"{socket.gethostname()}-{os.getpid()}"
        self._claim_idle = claim_idle_milliseconds
        self._claim_every = min(CLAIM_EVERY_SECONDS, claim_idle_milliseconds / 1000)
        self._last_claim = 0.0
        self.on_drained: Callable[[], Awaitable[None]] | None = None
        """Awaited when everything delivered so far has been handled."""

    async def run(self) -> None:
        """Consume until cancelled or a connection fails."""
        streams = self._handlers.streams
        if not streams:
            return
        await self._ensure_groups(streams)
        await self._own_pending(streams)
        while True:
            if time.monotonic() - self._last_claim > self._claim_every:
                await self.claim_abandoned()
            try:
                answer = await self._redis.xreadgroup(
                    self._service,
                    self._name,
                    dict.fromkeys(streams, ">"),
                    count=BATCH,
                    block=BLOCK_MILLISECONDS,
                )
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                logger.warning("the group is gone (Redis lost data); made anew from the start")
                await self._ensure_groups(streams)
                continue
            entries = _entries(answer)
            for batch in _batches(entries):
                await self._consume(batch)
            if self.on_drained is not None and len(entries) < BATCH:
                await self.on_drained()

    async def _ensure_groups(self, streams: list[str]) -> None:
        for stream in streams:
            try:
                await self._redis.xgroup_create(stream, self._service, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def _own_pending(self, streams: list[str]) -> None:
        """Handle first what was delivered to this very consumer and never acknowledged."""
        answer = await self._redis.xreadgroup(
            self._service, self._name, dict.fromkeys(streams, "0"), count=BATCH
        )
        for batch in _batches(_entries(answer)):
            await self._consume(batch)

    async def claim_abandoned(self) -> int:
        """Take over what a dead consumer left, and what failed before; return how many."""
        self._last_claim = time.monotonic()
        claimed = 0
        for stream in self._handlers.streams:
            start: bytes | str = "0-0"
            while True:
                answer = await self._redis.xautoclaim(
                    stream, self._service, self._name, self._claim_idle, start_id=start, count=BATCH
                )
                start, rows = answer[0], answer[1]
                await self._acknowledge_trimmed(stream, rows)
                entries = _entries([(stream.encode(), rows)])
                for entry in entries:
                    await self._alone(entry)
                claimed += len(entries)
                if start in (b"0-0", "0-0"):
                    break
            pending = await self._redis.xpending(stream, self._service)
            PENDING.labels(self._service, stream).set(pending["pending"])
        return claimed

    async def _acknowledge_trimmed(self, stream: str, rows: list[Any]) -> None:
        """Acknowledge entries whose text is gone.

        Redis 6.2 gives (nil, nil) for entries trimmed while pending: they can only be found in
        the pending list. The outbox still has them, and the relay's resend or `republish`
        brings their state.
        """
        if not any(row is None or row[0] is None or row[1] is None for row in rows):
            return
        gone = [
            item["message_id"]
            for item in await self._redis.xpending_range(
                stream, self._service, min="-", max="+", count=1000
            )
            if not await self._redis.xrange(stream, min=item["message_id"], max=item["message_id"])
        ]
        if gone:
            logger.error(
                "acknowledged entries trimmed while pending; run republish at their source",
                extra={"stream": stream, "entries": len(gone)},
            )
            await self._redis.xack(stream, self._service, *gone)

    async def _consume(self, entries: list[Entry]) -> None:
        try:
            await self._apply(entries)
        except Exception as error:
            if is_out_of_reach(error):
                raise  # nothing is wrong with the events
            logger.warning("a batch failed (%s); handling its events one by one", error)
            await self._one_by_one(entries)

    async def _one_by_one(self, entries: list[Entry]) -> None:
        for entry in entries:
            await self._alone(entry)

    async def _alone(self, entry: Entry) -> None:
        """Handle one entry; on failure leave it pending for a retry, or dead-letter it."""
        try:
            await self._apply([entry])
        except Exception as error:
            if is_out_of_reach(error):
                raise
            deliveries = await self._deliveries(entry)
            logger.exception(
                "an event failed",
                extra={
                    "stream": entry.stream,
                    "entry": entry.id.decode(),
                    "deliveries": deliveries,
                },
            )
            if deliveries >= MAX_DELIVERIES or isinstance(error, MalformedEvent):
                await self._bury(entry, error, deliveries)

    async def _deliveries(self, entry: Entry) -> int:
        rows = await self._redis.xpending_range(
            entry.stream, self._service, min=entry.id, max=entry.id, count=1
        )
        return int(rows[0]["times_delivered"]) if rows else MAX_DELIVERIES

    async def _bury(self, entry: Entry, error: BaseException, deliveries: int) -> None:
        async with self._database.transaction() as session:
            await session.execute(
                text(
                    "INSERT INTO dead_letters "
                    "(consumer, stream, entry_id, event, error, deliveries) "
                    "VALUES (:consumer, :stream, :entry_id, :event, :error, :deliveries)"
                ),
                {
                    "consumer": self._service,
                    "stream": entry.stream,
                    "entry_id": entry.id.decode(),
                    "event": entry.raw.decode(errors="replace").replace("\x00", "\ufffd"),
                    "error": f"{type(error).__name__}: {error}"[:4000],
                    "deliveries": deliveries,
                },
            )
        DEAD.labels(self._service).inc()
        await self._redis.xack(entry.stream, self._service, entry.id)

    async def _apply(self, entries: list[Entry]) -> None:
        """Handle entries in one transaction, then acknowledge them."""
        events = [event for entry in entries if (event := parse(entry.raw)) is not None]
        if events:
            await self.handle(events)
        by_stream: dict[str, list[bytes]] = {}
        for entry in entries:
            by_stream.setdefault(entry.stream, []).append(entry.id)
        for stream, ids in by_stream.items():
            await self._redis.xack(stream, self._service, *ids)

    async def handle(self, events: list[Event[EventData]]) -> None:
        """Apply those events that the inbox has not seen, all in one transaction."""
        trace = traceparent.set(events[-1].traceparent)
        try:
            async with self._database.transaction() as session:
                new = await record(session, self._service, [event.id for event in events])
                fresh, seen = [], set()
                for event in events:
                    if event.id in new and event.id not in seen:
                        seen.add(event.id)
                        fresh.append(event)
                await self._handlers.handle(session, fresh)
        finally:
            traceparent.reset(trace)
        now = time.time()
        REPEATED.labels(self._service).inc(len(events) - len(fresh))
        for event in fresh:
            CONSUMED.labels(self._service, event.type).inc()
            LAG.labels(self._service).observe(max(0.0, now - event.time.timestamp()))


async def record(session: WriteSession, consumer: str, ids: list[UUID]) -> set[UUID]:
    """Write event ids to the inbox; return those that were not there."""
    result = await session.execute(INBOX, {"consumer": consumer, "ids": sorted(ids)})
    return set(result.scalars())


def _entries(answer: Any) -> list[Entry]:
    return [
        Entry(
            stream=stream.decode() if isinstance(stream, bytes) else stream,
            id=row[0],
            raw=row[1].get(b"event", b""),
        )
        for stream, rows in answer or ()
        for row in rows
        if row is not None and row[0] is not None and row[1] is not None
    ]


def _batches(entries: list[Entry]) -> Iterator[list[Entry]]:
    """Cut entries into runs of at most `BATCH_BYTES`; one that is larger alone stands alone."""
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        if batch and size + len(entry.raw) > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += len(entry.raw)
    if batch:
        yield batch
