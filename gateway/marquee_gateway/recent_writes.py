"""Read your writes: which events a member's latest writes published, for their next reads."""

import asyncio
import re
from typing import Final
from uuid import UUID

from marquee_gateway.redis_batch import RedisBatch, RedisGone

MEMORY_SECONDS: Final = 10
MOST_EVENTS: Final = 16
MOST_MEMBERS: Final = 10_000

_EVENT_ID = re.compile(rb"[0-9a-fA-F\-]{36}")


class RecentWrites:
    """Kept in Redis for all replicas; in memory too, for when Redis is away."""

    def __init__(self, redis: RedisBatch) -> None:
        self._redis = redis
        self._clock = asyncio.get_running_loop().time
        self._here: dict[UUID, tuple[float, list[bytes]]] = {}

    async def note(self, member: UUID, header: bytes) -> None:
        """Remember the ids in a `Marquee-Events` header."""
        ids = [part.strip() for part in header.split(b",")]
        ids = [each for each in ids if _EVENT_ID.fullmatch(each)][:MOST_EVENTS]
        if not ids:
            return
        if len(self._here) >= MOST_MEMBERS:
            self._here.clear()
        until = self._clock() + MEMORY_SECONDS
        self._here[member] = (until, (ids + self._held(member))[:MOST_EVENTS])
        key = _key(member)
        await asyncio.gather(
            self._redis.call("LPUSH", key, *ids),
            self._redis.call("LTRIM", key, 0, MOST_EVENTS - 1),
            self._redis.call("EXPIRE", key, MEMORY_SECONDS),
            return_exceptions=True,  # memory holds them too
        )

    async def after(self, member: UUID) -> bytes:
        """Return the value of `Marquee-After` for a member's read, empty for none."""
        held = self._held(member)
        try:
            told: list[bytes] = await self._redis.call("LRANGE", _key(member), 0, MOST_EVENTS - 1)
        except RedisGone:
            told = []
        return b",".join(dict.fromkeys([*held, *told]))

    def _held(self, member: UUID) -> list[bytes]:
        until, ids = self._here.get(member, (0.0, []))
        return ids if until > self._clock() else []


def _key(member: UUID) -> str:
    return f"recent-writes:{member.hex}"
