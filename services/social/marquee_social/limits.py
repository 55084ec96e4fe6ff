"""How much one member may write: counted in Redis, so over all replicas, in one step.

The edge limits requests; this limits what others have to read. Without Redis each replica counts
for itself.
"""

import math
import time
from typing import Any, Final, Literal

from fastapi import Depends, Request
from redis.exceptions import RedisError

from marquee_shared.auth.dependencies import VerifiedMember
from marquee_shared.problems import TooManyRequests
from marquee_shared.service import Context

Writing = Literal["review", "edit", "comment", "reaction", "report", "import"]

LIMITS: Final[dict[Writing, tuple[int, int]]] = {
    "review": (20, 3_600),
    "edit": (60, 3_600),
    "comment": (30, 60),
    "reaction": (120, 60),
    "report": (20, 3_600),
    "import": (10, 3_600),
}
"""How often in how many seconds, from the first on."""
MOST_COUNTERS: Final = 10_000

SCRIPT: Final = """
local used = redis.call('INCR', KEYS[1])
if used == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {used, redis.call('PTTL', KEYS[1])}
"""


class LocalCounters:
    """What one replica counts while Redis is out of reach."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[int, float]] = {}

    def count(self, key: str, seconds: int) -> tuple[int, float]:
        """Count one; return how many in this window, and the seconds until it ends."""
        now = time.monotonic()
        if len(self._windows) >= MOST_COUNTERS:
            self._windows = {k: w for k, w in self._windows.items() if w[1] > now}
        used, ends = self._windows.get(key, (0, 0.0))
        if ends <= now:
            used, ends = 0, now + seconds
        self._windows[key] = (used + 1, ends)
        return used + 1, ends - now


async def _count(context: Context[Any], key: str, seconds: int) -> tuple[int, float]:
    try:
        used, left = await context.redis.eval(SCRIPT, 1, key, str(seconds * 1000))  # type: ignore[misc]
    except (RedisError, OSError):
        counters: LocalCounters = context.state.setdefault("limits", LocalCounters())
        return counters.count(key, seconds)
    return int(used), int(left) / 1000


def limited(what: Writing) -> Any:
    """Return the dependency that counts a member's writing, and refuses too much of it (429)."""

    async def count(request: Request, member: VerifiedMember) -> None:
        context: Context[Any] = request.app.state.context
        base, seconds = LIMITS[what]
        limit = max(1, int(base * context.settings.rate_limit_factor))
        key = f"social:writing:{what}:{member.id.hex}"
        used, left = await _count(context, key, seconds)
        if used > limit:
            raise TooManyRequests(seconds=math.ceil(left))

    return Depends(count)
