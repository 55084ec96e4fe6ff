"""The relay: moves committed outbox rows into Redis streams, each exactly once.

The invariants that bear the load:

* Rows are taken by `batch_no IS NULL ORDER BY seq`, never by `seq > last`, because a
  transaction with a lower `seq` may commit later.
* A row's stream entry has the explicit id `<batch_no>-<seq>`, and a batch is added by one
  script that first compares each stream's last id with what the relay believes. So the
  stream's own last id is the high-water mark: adding a batch and moving the mark are one step,
  a second relay that still thinks it leads cannot add anything twice, and lost or restored
  data on either side is noticed.
* On every connect, and whenever the script finds another last id than expected, the marks are
  compared: Redis behind the database means Redis lost data, and what lies above the mark is
  sent again; Redis ahead means the database lost data, so the `epoch` is raised and batch
  numbers go on above Redis's.

One relay leads per service, by a session advisory lock; the others wait for it.
"""

import asyncio
import logging
import zlib
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from typing import Any

import asyncpg
import orjson
from prometheus_client import Counter as CounterMetric
from prometheus_client import Gauge, Histogram
from redis.asyncio import Redis
from redis.exceptions import ResponseError

logger = logging.getLogger(__name__)

BATCH = 500
GATHER_SECONDS = 0.002
"""How long a woken relay waits for company, so that bursts go out in batches."""
POLL_SECONDS = 0.1
TRIM_EVERY_BATCHES = 50
RESEND = 1000
HARD_LIMIT = 10
"""A stream this many times its length is cut even past a group that lags (an alert by then)."""

PUBLISHED = CounterMetric("marquee_outbox_published_total", "Events moved to streams", ["service"])
RESENT = CounterMetric("marquee_outbox_resent_total", "Events sent again", ["service"])
DEPTH = Gauge("marquee_outbox_unpublished", "Outbox rows not yet in a stream", ["service"])
AGE = Gauge("marquee_outbox_oldest_seconds", "Age of the oldest such row", ["service"])
DELAY = Histogram(
    "marquee_outbox_delay_seconds",
    "Commit to stream",
    ["service"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30),
)

ADD = """
for i, key in ipairs(KEYS) do
  local last = '0-0'
  if redis.call('EXISTS', key) == 1 then
    local info = redis.call('XINFO', 'STREAM', key)
    for j = 1, #info, 2 do
      if info[j] == 'last-generated-id' then last = info[j + 1] end
    end
  end
  if last ~= ARGV[i] then return {key, last} end
end
for i = #KEYS + 1, #ARGV, 3 do
  redis.call('XADD', KEYS[tonumber(ARGV[i])], ARGV[i + 1], 'event', ARGV[i + 2])
end
return {}
"""

TAKE = """
WITH taken AS (
    SELECT seq, created_at FROM outbox WHERE batch_no IS NULL ORDER BY seq LIMIT $1
), numbered AS (
    UPDATE relay_state SET batch_no = batch_no + 1
    WHERE id = 1 AND EXISTS (SELECT FROM taken) RETURNING batch_no, epoch
)
UPDATE outbox SET batch_no = numbered.batch_no
FROM taken, numbered
WHERE outbox.seq = taken.seq AND outbox.created_at = taken.created_at
RETURNING outbox.seq, outbox.created_at, outbox.id, outbox.stream, outbox.type, outbox.subject,
    outbox.revision, outbox.traceparent, outbox.data, outbox.batch_no, numbered.epoch
"""

ABOVE = """
SELECT outbox.seq, outbox.created_at, outbox.id, outbox.stream, outbox.type, outbox.subject,
    outbox.revision, outbox.traceparent, outbox.data, outbox.batch_no, relay_state.epoch
FROM outbox, relay_state
WHERE outbox.stream = $1 AND (outbox.batch_no, outbox.seq) > ($2::bigint, $3::bigint)
ORDER BY outbox.batch_no, outbox.seq LIMIT $4
"""


GIVE_BACK = "UPDATE outbox SET batch_no = NULL WHERE batch_no IS NOT NULL AND published_at IS NULL"
"""Rows that had a number and may not be in a stream: they get a new, higher one."""

RAISE_EPOCH = """
UPDATE relay_state SET epoch = epoch + 1, batch_no = $1
WHERE id = 1 AND batch_no < $1 RETURNING epoch
"""

ALL_ADDED = """
UPDATE outbox SET published_at = clock_timestamp()
WHERE batch_no IS NOT NULL AND published_at IS NULL
"""


class MarksDiffer(Exception):  # noqa: N818 - a finding, not an error
    """Redis's last id of a stream is not what this relay wrote last."""


def advisory_key(name: str) -> int:
    """Return the advisory lock key of a name, stable over processes and versions."""
    return zlib.crc32(name.encode())


def _id(row: asyncpg.Record) -> str:
    return f"{row['batch_no']}-{row['seq']}"


def _parse_id(entry_id: str) -> tuple[int, int]:
    batch, _, seq = entry_id.partition("-")
    return int(batch), int(seq)


def envelope(service: str, row: asyncpg.Record) -> bytes:
    """Return an outbox row as a CloudEvent; `data` is already JSON and is passed through."""
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": str(row["id"]),
            "type": row["type"],
            "source": f"/marquee/{service}",
            "time": row["created_at"].isoformat(),
            "subject": row["subject"],
            "dataschema": f"urn:marquee:event:{row['type']}",
            "datacontenttype": "application/json",
            "revision": str(row["revision"]),
            "epoch": str(row["epoch"]),
            "traceparent": row["traceparent"],
            "data": orjson.Fragment(row["data"]),
        }
    )


class Relay:
    """Moves one service's outbox to Redis. `run` never returns; cancel it to stop.

    `max_length` is the length a stream is trimmed to, never past what a group has not
    acknowledged unless the stream is ten times as long.
    """

    def __init__(
        self,
        service: str,
        database_url: str,
        schema: str,
        redis: Redis,
        *,
        max_length: int = 50_000,
    ) -> None:
        self._service = service
        self._database_url = database_url
        self._schema = schema
        self._redis = redis
        self._max_length = max_length
        self._wake = asyncio.Event()
        self._marks: dict[str, str] = {}
        self._batches = 0
        self._added: Counter[str] = Counter()
        self._checkpoints: dict[str, deque[tuple[int, str]]] = defaultdict(deque)

    def wake(self) -> None:
        """Tell the relay that something was committed."""
        self._wake.set()

    async def run(self) -> None:
        """Lead or wait to lead, and relay until cancelled or a connection fails."""
        connection = await asyncpg.connect(
            self._database_url,
            server_settings={
                "search_path": self._schema,
                "application_name": f"{self._schema}.relay",
                "statement_timeout": "15000",
            },
            timeout=5,
            command_timeout=20,  # a killed or frozen server cannot keep its own limit
        )
        try:
            while not await connection.fetchval(
                "SELECT pg_try_advisory_lock($1)", advisory_key(f"relay:{self._service}")
            ):
                await self._woken(1.0)
            logger.info("leading the relay")
            async with asyncio.TaskGroup() as group:
                group.create_task(self._hints())
                group.create_task(self._lead(connection))
        finally:
            await connection.close(timeout=2)

    async def _hints(self) -> None:
        """Wake on the hints that other processes send after their commits."""
        async with self._redis.pubsub() as hints:
            await hints.subscribe(f"wake:{self._service}")
            async for message in hints.listen():
                if message["type"] == "message":
                    self.wake()

    async def _woken(self, timeout: float) -> None:  # noqa: ASYNC109 - a wait, not a deadline
        try:
            await asyncio.wait_for(self._wake.wait(), timeout)
        except TimeoutError:
            return
        await asyncio.sleep(GATHER_SECONDS)

    async def _lead(self, connection: asyncpg.Connection) -> None:
        await self._reconcile(connection)
        while True:
            self._wake.clear()
            rows = await connection.fetch(TAKE, BATCH)
            if not rows:
                await self._measure(connection)
                await self._woken(POLL_SECONDS)
                continue
            rows.sort(key=lambda row: row["seq"])
            try:
                await self._add(rows)
            except MarksDiffer as difference:
                logger.warning("stream marks differ: %s", difference)
                await connection.execute(GIVE_BACK)
                await self._reconcile(connection)
                continue
            await self._mark(connection, rows)
            self._batches += 1
            if self._batches % TRIM_EVERY_BATCHES == 0:
                await self.trim()
                await self._measure(connection)

    async def _add(self, rows: Iterable[asyncpg.Record]) -> None:
        by_stream: dict[str, list[asyncpg.Record]] = defaultdict(list)
        for row in rows:
            by_stream[row["stream"]].append(row)
        streams = list(by_stream)
        arguments: list[Any] = [self._marks.get(stream, "0-0") for stream in streams]
        for number, stream in enumerate(streams, start=1):
            for row in by_stream[stream]:
                arguments += [number, _id(row), envelope(self._service, row)]
        difference: Any = await self._redis.eval(  # type: ignore[misc]
            ADD, len(streams), *streams, *arguments
        )
        if difference:
            raise MarksDiffer(difference)
        for stream in streams:
            self._marks[stream] = _id(by_stream[stream][-1])
            self._added[stream] += len(by_stream[stream])

    async def _mark(self, connection: asyncpg.Connection, rows: list[asyncpg.Record]) -> None:
        result = await connection.fetchrow(
            "WITH marked AS (UPDATE outbox SET published_at = clock_timestamp() "
            "WHERE batch_no = $1 AND seq = ANY($2::bigint[]) AND created_at BETWEEN $3 AND $4 "
            "AND published_at IS NULL "
            "RETURNING extract(epoch FROM published_at - created_at) AS delay) "
            "SELECT count(*) AS count, coalesce(array_agg(delay::float8), '{}') AS delays "
            "FROM marked",
            rows[0]["batch_no"],
            [row["seq"] for row in rows],
            min(row["created_at"] for row in rows),
            max(row["created_at"] for row in rows),
        )
        PUBLISHED.labels(self._service).inc(result["count"])
        for delay in result["delays"]:
            DELAY.labels(self._service).observe(delay)

    async def _measure(self, connection: asyncpg.Connection) -> None:
        row = await connection.fetchrow(
            "SELECT count(*) AS depth, "
            "coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS age "
            "FROM outbox WHERE batch_no IS NULL"
        )
        DEPTH.labels(self._service).set(row["depth"])
        AGE.labels(self._service).set(row["age"])

    async def _last_id(self, stream: str) -> str:
        try:
            info = await self._redis.xinfo_stream(stream)
        except ResponseError as error:
            if "no such key" in str(error):
                return "0-0"
            raise
        last: bytes | str = info["last-generated-id"]
        return last.decode() if isinstance(last, bytes) else last

    async def _reconcile(self, connection: asyncpg.Connection) -> None:
        """Compare every stream's last id with the database's, and put right what differs."""
        streams = [
            row["stream"]
            for row in await connection.fetch(
                "SELECT DISTINCT stream FROM outbox WHERE batch_no IS NOT NULL"
            )
        ]
        known = {stream: await self._last_id(stream) for stream in streams}
        async for key in self._redis.scan_iter(f"events:{self._service}:*", count=1000):
            stream = key.decode() if isinstance(key, bytes) else key
            known.setdefault(stream, await self._last_id(stream))
        top = max((_parse_id(last)[0] for last in known.values()), default=0)
        raised = await connection.fetchval(RAISE_EPOCH, top)
        if raised is not None:
            logger.error("the database is behind Redis: epoch raised", extra={"epoch": raised})
            await connection.execute(GIVE_BACK)
        self._marks = known
        for stream in streams:
            await self._send_above(connection, stream)
        await connection.execute(ALL_ADDED)

    async def _send_above(self, connection: asyncpg.Connection, stream: str) -> None:
        """Send again what a stream lacks, oldest first."""
        while True:
            mark = _parse_id(self._marks[stream])
            rows = await connection.fetch(ABOVE, stream, *mark, RESEND)
            if not rows:
                return
            await self._add(rows)
            RESENT.labels(self._service).inc(len(rows))
            logger.warning(
                "sent again what the stream lacked", extra={"stream": stream, "events": len(rows)}
            )

    async def trim(self) -> None:
        """Shorten streams to about `max_length`, keeping what a group has not acknowledged.

        Where to cut is known from checkpoints (entries added so far, last id) taken as this
        relay adds, so nothing is read back; after a restart trimming begins anew.
        """
        for stream, mark in self._marks.items():
            points = self._checkpoints[stream]
            points.append((self._added[stream], mark))
            cut: str | None = None
            while points and self._added[stream] - points[0][0] >= self._max_length:
                cut = points.popleft()[1]
            if cut is None:
                continue
            bound = _parse_id(cut)
            needed = await self._oldest_needed(stream)
            if needed is not None and needed < bound:
                if await self._redis.xlen(stream) <= HARD_LIMIT * self._max_length:
                    points.appendleft((self._added[stream] - self._max_length, cut))
                    bound = needed
                else:
                    logger.error("a group lags too far; trimming past it", extra={"stream": stream})
            await self._redis.xtrim(stream, minid=f"{bound[0]}-{bound[1]}", approximate=True)

    async def _oldest_needed(self, stream: str) -> tuple[int, int] | None:
        """Return the lowest id that some group has yet to read or acknowledge."""
        oldest: tuple[int, int] | None = None
        for group in await self._redis.xinfo_groups(stream):
            pending = await self._redis.xpending(stream, group["name"])
            lowest = pending["min"] or group["last-delivered-id"]
            needed = _parse_id(lowest.decode() if isinstance(lowest, bytes) else lowest)
            oldest = needed if oldest is None else min(oldest, needed)
        return oldest
