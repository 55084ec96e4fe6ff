"""Answers in Redis, for all replicas; and purges, told to all replicas.

Purges are numbered in Redis by its clock, so the numbers still grow after Redis has lost its
memory. An answer is stored with the number that stood when its fetch began, and is valid only
while none of its tags has been purged under a greater one: checked on storing, for a purge that
came meanwhile, and on reading, so nothing needs to be found and deleted by tag.
"""

import asyncio
import logging
from collections.abc import Collection
from typing import Final

from marquee_gateway.cache.entry import Entry
from marquee_gateway.redis_batch import RedisBatch, RedisGone

logger = logging.getLogger(__name__)

CHANNEL: Final = "cache:purges"
SEQUENCE: Final = "cache:sequence"
PURGE_MEMORY: Final = 3600
"""Seconds a purge is remembered: longer than any answer is kept and any fetch takes."""

EVERYTHING: Final = b"*"
"""The tag that every answer has."""

_LOOKUP: Final = """
local now = redis.call('GET', KEYS[1]) or '0'
local kept = redis.call('HMGET', KEYS[2], 'sequence', 'tags', 'answer')
if not kept[1] then return {now} end
for tag in string.gmatch(kept[2], '[^,]+') do
  local purged = redis.call('GET', 'cache:purged:' .. tag)
  if purged and tonumber(purged) > tonumber(kept[1]) then
    redis.call('DEL', KEYS[2])
    return {now}
  end
end
return {now, kept[3], redis.call('PTTL', KEYS[2])}
"""
_STORE: Final = """
for tag in string.gmatch(ARGV[2], '[^,]+') do
  local purged = redis.call('GET', 'cache:purged:' .. tag)
  if purged and tonumber(purged) > tonumber(ARGV[1]) then return 0 end
end
redis.call('HSET', KEYS[1], 'sequence', ARGV[1], 'tags', ARGV[2], 'answer', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
"""
_PURGE: Final = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
local sequence = string.format('%.0f', math.max(last + 1, now))
redis.call('SET', KEYS[1], sequence)
for tag in string.gmatch(ARGV[1], '[^,]+') do
  redis.call('SET', 'cache:purged:' .. tag, sequence, 'EX', ARGV[2])
end
if ARGV[3] ~= '' then redis.call('PUBLISH', ARGV[3], ARGV[4] .. ' ' .. ARGV[1]) end
return sequence
"""


class SharedCache:
    """The cache in Redis as one replica sees it. Without Redis it finds and keeps nothing."""

    def __init__(self, redis: RedisBatch, replica: str) -> None:
        self._redis = redis
        self._replica = replica
        self._clock = asyncio.get_running_loop().time
        self._owed: set[bytes] = set()

    async def find(self, key: bytes) -> tuple[Entry | None, bytes | None]:
        """Return the answer kept, if any, and the number to store a fetched one under.

        The number is None where nothing may be stored, because Redis is out of reach.
        """
        try:
            if self._owed:
                await self.purge(())
            sequence, *kept = await self._redis.call("EVAL", _LOOKUP, 2, SEQUENCE, _name(key))
        except RedisGone:
            return None, None
        if not kept or kept[1] <= 0:
            return None, sequence
        return Entry.unpack(kept[0], self._clock() + kept[1] / 1000), sequence

    async def store(self, key: bytes, entry: Entry, sequence: bytes) -> None:
        """Keep an answer unless one of its tags was purged since `sequence`."""
        milliseconds = int((entry.expires_at - self._clock()) * 1000)
        if milliseconds <= 0:
            return
        tags = b",".join((EVERYTHING, *entry.tags))
        try:
            await self._redis.call(
                "EVAL", _STORE, 1, _name(key), sequence, tags, entry.pack(), milliseconds
            )
        except RedisGone:
            logger.debug("an answer was not shared: Redis is out of reach")

    async def purge(self, tags: Collection[bytes], *, tell: bool = True) -> None:
        """Make answers with these tags invalid; `tell` has the other replicas do the same.

        What Redis does not hear now it is told before anything is read from it again.
        """
        owed = self._owed.union(tags)
        try:
            await self._redis.call(
                "EVAL", _PURGE, 1, SEQUENCE, b",".join(owed), PURGE_MEMORY,
                CHANNEL if tell else "", self._replica,
            )  # fmt: skip
        except RedisGone:
            self._owed = owed
            raise
        self._owed = set()


def _name(key: bytes) -> bytes:
    return b"cache:answer:" + key
