"""Rate limits that hold over all replicas without asking Redis for every request.

The count of a member (or address) and class stands in Redis for a window that begins with the
first request. A replica takes permits from it in advance, a lease, and spends them by itself; the
next lease is fetched while the present one lasts. Leases grow with demand and shrink to one as
the limit comes near, so that no more than the limit ever passes and almost all of it can be used.
`auth` asks every time. Without Redis each replica counts for itself, `auth` with half the limit.
"""

import asyncio
import ipaddress
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from uuid import UUID

from marquee_gateway.redis_batch import RedisBatch, RedisGone
from marquee_gateway.routes import RateClass

WINDOW: Final = 60
LIMITS: Final[Mapping[RateClass, int]] = {
    "default": 600,
    "write": 120,
    "auth": 20,
    "search": 120,
    "batch": 600,
    "asset": 6000,
}
LEASE_SHARE: Final = 20
"""A lease is at most this part of the limit."""

SWEEP_AT: Final = 10_000

LEASE_SCRIPT: Final = """
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
local limit, wanted = tonumber(ARGV[1]), tonumber(ARGV[2])
local left = limit - used
if left <= 0 then return {0, 0, redis.call('PTTL', KEYS[1])} end
local granted = math.min(wanted, math.max(1, math.floor(left / 4)))
if redis.call('INCRBY', KEYS[1], granted) == granted then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return {granted, left - granted, redis.call('PTTL', KEYS[1])}
"""

Who = UUID | str


@dataclass(frozen=True, slots=True)
class Policy:
    """A class's limit as it applies here, and the header that tells it."""

    name: RateClass
    limit: int
    lease: int
    without_redis: int
    header: bytes


class Quota:
    """What one request found: whether it may pass, and what is left after it."""

    __slots__ = ("_policy", "granted", "remaining", "reset")

    def __init__(self, policy: Policy, *, granted: bool, remaining: int, reset: int) -> None:
        self.granted = granted
        self.remaining = remaining
        self.reset = reset
        self._policy = policy

    def headers(self) -> bytes:
        """Return the `RateLimit` lines, led by the CRLF that ends the line before."""
        return b"%br=%d;t=%d\r\n" % (self._policy.header, self.remaining, self.reset)


class _Bucket:
    __slots__ = ("lease", "refill", "remaining", "resets_at", "waiting", "wanted")

    def __init__(self) -> None:
        self.lease = 0
        self.remaining = 1
        self.resets_at = math.inf
        self.wanted = 1
        self.waiting = 0
        self.refill: asyncio.Task[None] | None = None


class RateLimits:
    """The limits of all classes."""

    def __init__(self, redis: RedisBatch, factor: float) -> None:
        self._redis = redis
        self._policies = {name: _policy(name, base, factor) for name, base in LIMITS.items()}
        self._buckets: dict[tuple[RateClass, Who], _Bucket] = {}
        self._sweep_at = SWEEP_AT
        self._loop = asyncio.get_running_loop()

    def take_now(self, rate: RateClass, who: Who) -> Quota | None:
        """Count a request against what is leased; None where Redis has to be asked."""
        bucket = self._buckets.get((rate, who))
        if bucket is None:
            return None
        now = self._loop.time()
        if now >= bucket.resets_at:
            del self._buckets[rate, who]
            return None
        policy = self._policies[rate]
        if bucket.lease > 0:
            bucket.lease -= 1
            if bucket.lease * 2 < bucket.wanted and bucket.remaining > 0 and policy.lease > 1:
                self._start_refill(policy, who, bucket)
        elif bucket.remaining > 0:
            return None
        else:
            return self._quota(policy, bucket, now, granted=False)
        return self._quota(policy, bucket, now, granted=True)

    async def take(self, rate: RateClass, who: Who) -> Quota:
        """Count a request, asking Redis where nothing is leased."""
        policy = self._policies[rate]
        while True:
            quota = self.take_now(rate, who)
            if quota is not None:
                return quota
            bucket = self._buckets.get((rate, who))
            if bucket is None:
                self._sweep()
                bucket = self._buckets[rate, who] = _Bucket()
            bucket.waiting += 1
            try:
                await asyncio.shield(self._start_refill(policy, who, bucket))
            finally:
                bucket.waiting -= 1

    def _start_refill(self, policy: Policy, who: Who, bucket: _Bucket) -> asyncio.Task[None]:
        if bucket.refill is None:
            bucket.refill = self._loop.create_task(self._refill(policy, who, bucket))
        return bucket.refill

    async def _refill(self, policy: Policy, who: Who, bucket: _Bucket) -> None:
        wanted = min(max(bucket.wanted, bucket.waiting), max(policy.lease, bucket.waiting))
        key = f"rate:{policy.name}:{who.hex if isinstance(who, UUID) else who}"
        try:
            granted, left, milliseconds = await self._redis.call(
                "EVAL", LEASE_SCRIPT, 1, key, policy.limit, wanted, WINDOW * 1000
            )
            bucket.lease += granted
            bucket.remaining = left
            bucket.resets_at = self._loop.time() + max(milliseconds, 1) / 1000
            bucket.wanted = min(bucket.wanted * 2, policy.lease)
        except RedisGone:
            if bucket.resets_at == math.inf:
                bucket.resets_at = self._loop.time() + WINDOW
                bucket.lease = policy.without_redis
            else:
                bucket.lease += bucket.remaining
            bucket.remaining = 0
        finally:
            bucket.refill = None

    def _quota(self, policy: Policy, bucket: _Bucket, now: float, *, granted: bool) -> Quota:
        return Quota(
            policy,
            granted=granted,
            remaining=bucket.lease + bucket.remaining,
            reset=max(1, math.ceil(bucket.resets_at - now)),
        )

    def _sweep(self) -> None:
        """Forget windows that have ended, whenever the buckets have doubled."""
        if len(self._buckets) < self._sweep_at:
            return
        now = self._loop.time()
        self._buckets = {key: b for key, b in self._buckets.items() if b.resets_at > now}
        self._sweep_at = max(SWEEP_AT, 2 * len(self._buckets))


@lru_cache(maxsize=10_000)
def network_of(address: str) -> str:
    """Return what counts as one address: all of IPv4, the first 64 bits of IPv6."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network((address.partition("%")[0], 64), strict=False))


def _policy(name: RateClass, base: int, factor: float) -> Policy:
    limit = max(1, int(base * factor))
    strict = name == "auth"
    return Policy(
        name=name,
        limit=limit,
        lease=1 if strict else max(1, limit // LEASE_SHARE),
        without_redis=max(1, limit // 2) if strict else limit,
        header=(
            b'\r\nratelimit-policy: "%b";q=%d;w=%d\r\nratelimit: "%b";'
            % (name.encode(), limit, WINDOW, name.encode())
        ),
    )
