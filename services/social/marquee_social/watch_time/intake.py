"""The intake: player events go straight into a Redis stream, and 202 means they are there.

No row is written while a member waits. The stream is cut only below what the consumer has
acknowledged; when the consumer is so far behind that the stream is full, the intake refuses
(503) rather than lose anything: players keep what they could not deliver.
"""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError
from uuid6 import uuid7

from marquee_shared.events.envelope import Envelope, stream_of
from marquee_shared.events.social import WatchBatchReceived
from marquee_shared.logs import traceparent
from marquee_shared.problems import Unavailable
from marquee_shared.service import Context

STREAM: Final = stream_of(WatchBatchReceived.type)
FULL: Final = 20_000
"""Batches that may wait."""

# KEYS[1] the stream, ARGV[1] how many may wait, ARGV[2] the event.
ADD: Final = """
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return false end
return redis.call('XADD', KEYS[1], '*', 'event', ARGV[2])
"""


async def take_in(redis: Redis, batch: WatchBatchReceived) -> None:
    """Store a batch.

    Raises:
        Unavailable: Redis is out of reach or the stream is full; nothing was stored, or it is
            not known whether it was, and the batch may be sent again.
    """
    envelope = Envelope(
        id=UUID(int=uuid7().int),
        type=batch.type,
        source="/marquee/social",
        time=datetime.now(UTC),
        subject=batch.subject(),
        dataschema=f"urn:marquee:event:{batch.type}",
        revision="0",
        epoch="0",
        traceparent=traceparent.get(),
        data=batch.model_dump(),
    )
    event = orjson.dumps(envelope.model_dump()).decode()
    call: Any = redis.eval(ADD, 1, STREAM, str(FULL), event)
    try:
        added = await call
    except (RedisError, OSError) as error:
        raise Unavailable from error
    if added is None:
        raise Unavailable(headers={"Retry-After": "10"})


async def trim(context: Context[Any]) -> None:
    """Drop what every consumer has acknowledged."""
    redis = context.redis
    if not await redis.exists(STREAM):
        return
    groups = await redis.xinfo_groups(STREAM)
    oldest_needed: list[tuple[int, int]] = []
    for group in groups:
        waiting = await redis.xpending(STREAM, group["name"])
        first = waiting["min"] if waiting["pending"] else group["last-delivered-id"]
        time, _, number = first.decode().partition("-")
        oldest_needed.append((int(time), int(number)))
    if oldest_needed:
        time_part, number_part = min(oldest_needed)
        await redis.xtrim(STREAM, minid=f"{time_part}-{number_part}", approximate=False)
