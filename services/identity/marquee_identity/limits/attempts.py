"""Guesses at passwords and codes, counted before they are checked.

So a thousand at once get no more tries than a thousand in a row. Three counts protect a sign-in,
and none lets a stranger lock a member out:

* account and address together: the stranger's failures slow the stranger;
* the address alone: trying many accounts slows the one who tries;
* the account alone, for addresses the member has never signed in from: guesses spread over many
  addresses slow down, while the member's own addresses pass.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from redis.asyncio import Redis

from marquee_shared.problems import TooManyRequests

FAMILIAR_SECONDS: Final = 90 * 86_400

# KEYS: the counts. ARGV: for each its free tries, first delay, longest delay, and window (s).
# Returns 0 when the attempt is counted and may be made, else the seconds to wait.
TAKE: Final = """
local now = redis.call('TIME')
now = tonumber(now[1]) + tonumber(now[2]) / 1000000
local wait = 0
for index, key in ipairs(KEYS) do
  local till = tonumber(redis.call('HGET', key, 'till') or 0)
  if till > now then wait = math.max(wait, math.ceil(till - now)) end
end
if wait > 0 then return wait end
for index, key in ipairs(KEYS) do
  local at = (index - 1) * 4
  local free, first = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local longest, window = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  local count = redis.call('HINCRBY', key, 'count', 1)
  if count >= free then
    local delay = math.min(longest, first * 2 ^ math.min(count - free, 30))
    redis.call('HSET', key, 'till', string.format('%.6f', now + delay))
  end
  redis.call('EXPIRE', key, math.ceil(window))
end
return 0
"""

# What succeeded was no guess: take it back, its delay included.
GIVE_BACK: Final = """
for _, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then
    redis.call('HDEL', key, 'till')
    if redis.call('HINCRBY', key, 'count', -1) <= 0 then redis.call('DEL', key) end
  end
end
return 0
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """Tries that cost nothing, then delays doubling from `first` to `longest` seconds.

    `window` is how many seconds of quiet forget the count.
    """

    free: int
    first: float
    longest: float
    window: float


# One guess a minute: nothing against a password that passes the policy, and a member who shares
# an address with the one who guesses waits no longer than that.
PAIR: Final = Limit(free=5, first=1, longest=60, window=1800)
ADDRESS: Final = Limit(free=60, first=1, longest=60, window=1800)
ACCOUNT: Final = Limit(free=100, first=1, longest=60, window=3600)
CODE: Final = Limit(free=10, first=5, longest=3600, window=7200)
RESET_PAIR: Final = Limit(free=5, first=60, longest=3600, window=86400)
RESET_ADDRESS: Final = Limit(free=30, first=10, longest=900, window=3600)
RESET_ACCOUNT: Final = Limit(free=20, first=60, longest=3600, window=86400)
RESET_CODE_PAIR: Final = Limit(free=10, first=5, longest=3600, window=7200)
RESET_CODE_ADDRESS: Final = Limit(free=60, first=1, longest=900, window=3600)
RESET_CODE_ACCOUNT: Final = Limit(free=100, first=5, longest=900, window=86400)
USER_CODE: Final = Limit(free=20, first=5, longest=3600, window=7200)
DEVICE: Final = Limit(free=300, first=1, longest=60, window=3600)
MAIL: Final = Limit(free=20, first=60, longest=3600, window=86400)
SIGNUP: Final = Limit(free=300, first=10, longest=900, window=3600)


@dataclass(frozen=True, slots=True)
class CountedSignIn:
    """The Redis keys of a sign-in that was counted and may turn out right."""

    pair: str
    shared: tuple[str, ...]
    familiar: str


def _key(kind: str, *parts: str) -> str:
    """Return a Redis key that tells nothing of what it counts."""
    digest = hashlib.sha256("\x00".join(parts).encode(errors="replace")).hexdigest()[:32]
    return f"attempts:{kind}:{digest}"


class Attempts:
    """Counts attempts. Where Redis cannot be reached nobody may guess: the request is 503."""

    def __init__(self, redis: Redis, factor: float) -> None:
        self._redis = redis
        self._factor = factor
        self._take = redis.register_script(TAKE)
        self._give_back = redis.register_script(GIVE_BACK)

    async def _try(self, counts: dict[str, Limit]) -> None:
        numbers = [
            number
            for limit in counts.values()
            for number in (limit.free * self._factor, limit.first, limit.longest, limit.window)
        ]
        if wait := int(await self._take(keys=list(counts), args=numbers)):
            raise TooManyRequests(seconds=wait)

    async def sign_in(self, account: str, network: str) -> CountedSignIn:
        """Count a sign-in at an account, whether or not it exists.

        Raises:
            TooManyRequests: this caller has to wait.
        """
        familiar = _key("familiar", account, network)
        counts = await self._guarded("", account, network, (PAIR, ADDRESS, ACCOUNT))
        pair, *shared = counts
        return CountedSignIn(pair=pair, shared=tuple(shared), familiar=familiar)

    async def _guarded(
        self, kind: str, account: str, network: str, limits: tuple[Limit, Limit, Limit]
    ) -> list[str]:
        """Count a try at an account from an address three ways; return the keys counted."""
        pair, address, everywhere = limits
        counts = {
            _key(f"{kind}pair", account, network): pair,
            _key(f"{kind}address", network): address,
        }
        if not await self._redis.exists(_key("familiar", account, network)):
            counts[_key(f"{kind}account", account)] = everywhere
        await self._try(counts)
        return list(counts)

    async def reset(self, account: str, network: str) -> None:
        """Count a wish to reset an account's password, whether or not it exists.

        Raises:
            TooManyRequests: too many of late.
        """
        limits = (RESET_PAIR, RESET_ADDRESS, RESET_ACCOUNT)
        await self._guarded("reset-", account, network, limits)

    async def reset_code(self, account: str, network: str) -> None:
        """Count a try at an account's reset code, whether or not either exists.

        Raises:
            TooManyRequests: too many of late.
        """
        limits = (RESET_CODE_PAIR, RESET_CODE_ADDRESS, RESET_CODE_ACCOUNT)
        await self._guarded("reset-code-", account, network, limits)

    async def mail(self, account: str) -> None:
        """Count a mail that a member has sent to an address which need not be theirs.

        Raises:
            TooManyRequests: too many of late.
        """
        await self._try({_key("mail", account): MAIL})

    async def signed_in(self, counted: CountedSignIn) -> None:
        """Take back what `sign_in` counted, and remember the address as the member's."""
        await self._redis.delete(counted.pair)
        await self._give_back(keys=counted.shared)
        await self._redis.set(counted.familiar, b"1", ex=FAMILIAR_SECONDS)

    async def sign_up(self, network: str) -> None:
        """Count a new account from an address.

        Raises:
            TooManyRequests: too many of late.
        """
        await self._try({_key("signup", network): SIGNUP})

    async def code(self, account: str, purpose: str) -> None:
        """Count a try at a member's code.

        Raises:
            TooManyRequests: too many of late.
        """
        await self._try({_key("code", account, purpose): CODE})

    async def user_code(self, account: str, network: str) -> None:
        """Count a try at the code that a device shows, right or wrong.

        A right one forgets nothing: who tries may have asked for it on a device of their own.

        Raises:
            TooManyRequests: too many of late.
        """
        await self._try(
            {
                _key("user-code", account): USER_CODE,
                _key("user-code-address", network): RESET_CODE_ADDRESS,
            }
        )

    async def device(self, network: str) -> None:
        """Count a device that asks for codes.

        Raises:
            TooManyRequests: too many of late.
        """
        await self._try({_key("device", network): DEVICE})

    async def code_right(self, account: str, purpose: str) -> None:
        """Forget the tries at a code that was right in the end."""
        await self._redis.delete(_key("code", account, purpose))
