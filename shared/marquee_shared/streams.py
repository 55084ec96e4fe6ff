"""Reading event streams without a group: every process for itself, from its own cursor.

The gateway purges caches this way, services drop revoked sessions, the recommender refreshes
what it holds in memory. Nothing is acknowledged; a reader that was away too long is told that
it has missed something (`on_gap`) and starts from now.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from marquee_shared.events.envelope import Event, EventData, MalformedEvent, parse

logger = logging.getLogger(__name__)

RETRY_SECONDS = 0.5
Matters = Callable[[Event[EventData]], bool]
PAGE = 500


def _parts(entry_id: bytes | str) -> tuple[int, int]:
    text = entry_id.decode() if isinstance(entry_id, bytes) else entry_id
    major, _, minor = text.partition("-")
    return int(major), int(minor or 0)


def _read(fields: Mapping[bytes, bytes]) -> Event[EventData] | None:
    try:
        return parse(fields.get(b"event", b""))
    except MalformedEvent as error:
        logger.warning("malformed event passed over: %s", error)
        return None


class StreamTail:
    """Follows streams and calls back for each batch of events.

    `on_events` gets parsed events in order; `on_gap` is called when entries may have been
    missed: the cursor was trimmed away, or Redis lost the stream. `replay=True` begins with all
    that the streams still hold, `replay_while` with the latest for which it is true; else each
    begins after its id in `start`, or with what comes next.
    """

    def __init__(
        self,
        redis: Redis,
        streams: Iterable[str],
        on_events: Callable[[list[Event[EventData]]], Awaitable[None]],
        *,
        on_gap: Callable[[], Awaitable[None]] | None = None,
        replay: bool = False,
        replay_while: Matters | None = None,
        start: Mapping[str, str] | None = None,
    ) -> None:
        self._redis = redis
        self._streams = list(streams)
        self._on_events = on_events
        self._on_gap = on_gap
        self._replay = replay
        self._matters = replay_while
        self._ends: dict[str, str] = {}
        self._cursors: dict[str, str] = dict(start or {})
        self.started = asyncio.Event()
        """Set once the cursors stand: whatever is added from then on will be seen."""
        self.caught_up = asyncio.Event()
        """Set once everything that stood in the streams at the start has been handled."""

    async def run(self) -> None:
        """Follow until cancelled; a lost connection is retried and counts as a possible gap."""
        while True:
            try:
                await self._follow()
            except (RedisConnectionError, RedisError, OSError) as error:
                logger.warning("stream tail lost Redis: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _info(self, stream: str) -> tuple[str, str | None]:
        """Return a stream's last id and the id of its first entry."""
        try:
            info: dict[str, Any] = await self._redis.xinfo_stream(stream)
        except ResponseError as error:
            if "no such key" in str(error):
                return "0-0", None
            raise
        first = info["first-entry"]
        last = info["last-generated-id"]
        return (
            last.decode() if isinstance(last, bytes) else last,
            first[0].decode() if first else None,
        )

    async def _first(self, stream: str, last: str) -> str:
        if self._replay:
            return "0-0"
        return last if self._matters is None else await self._last_past(stream, self._matters)

    async def _place_cursors(self) -> None:
        gap = False
        for stream in self._streams:
            last, first = await self._info(stream)
            self._ends[stream] = last
            cursor = self._cursors.get(stream)
            if cursor is None:
                self._cursors[stream] = await self._first(stream, last)
            elif _parts(last) < _parts(cursor):
                gap = True
                self._cursors[stream] = "0-0"
            elif (
                cursor != "0-0"
                and _parts(last) > _parts(cursor)
                and (first is None or _parts(first) > _parts(cursor))
            ):
                gap = True
        if gap and self._on_gap is not None:
            logger.warning("stream tail may have missed events")
            await self._on_gap()

    async def _last_past(self, stream: str, matters: Matters) -> str:
        """Return the id after which events still matter, going back from the end."""
        end = "+"
        while rows := await self._redis.xrevrange(stream, max=end, count=PAGE):
            oldest: str = rows[-1][0].decode()
            event = _read(rows[-1][1])
            if event is not None and not matters(event):
                return oldest
            end = f"({oldest}"
        return "0-0"

    async def _follow(self) -> None:
        await self._place_cursors()
        self.started.set()
        quiet = 0
        while True:
            if all(_parts(self._cursors[name]) >= _parts(end) for name, end in self._ends.items()):
                self.caught_up.set()
            cursors: Any = dict(self._cursors)
            answer = await self._redis.xread(cursors, count=PAGE, block=1000)
            if not answer:
                # Redis may have lost the streams without dropping the connection.
                quiet += 1
                if quiet % 5 == 0:
                    await self._place_cursors()
                continue
            quiet = 0
            events: list[Event[EventData]] = []
            for stream, rows in answer:
                name = stream.decode() if isinstance(stream, bytes) else stream
                for entry_id, fields in rows:
                    self._cursors[name] = entry_id.decode()
                    if (event := _read(fields)) is not None:
                        events.append(event)
            if events:
                await self._on_events(events)
