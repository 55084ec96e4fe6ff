"""Sessions and keys that were ended before their tokens expired, in every process's memory.

Redis holds what is denied in identity's streams of sessions and keys. Each process reads what may
still meet a living token, and follows them from there: one that starts late, or again, knows
every revocation that still matters before it answers. An entry goes when its last token would
have expired anyway.
"""

import time
from typing import Final
from uuid import UUID

from redis.asyncio import Redis

from marquee_shared.events.envelope import Event, EventData
from marquee_shared.events.identity import KeyWithdrawn, SessionRevoked
from marquee_shared.streams import StreamTail

SESSIONS: Final = "events:identity:session"
KEYS: Final = "events:identity:key"


class Revocations:
    """The revoked sessions and withdrawn keys. `on_events` is the callback of a `StreamTail`."""

    def __init__(self) -> None:
        self._until: dict[UUID, float] = {}
        self._withdrawn: set[str] = set()

    def revoke(self, session_id: UUID, until: float) -> None:
        """Refuse a session's tokens until `until` (Unix seconds)."""
        if until > time.time():
            self._until[session_id] = until

    def is_revoked(self, session_id: UUID) -> bool:
        """Whether tokens of this session must be refused."""
        return session_id in self._until

    def withdraw(self, kid: str) -> None:
        """Refuse whatever a key has signed, from now on."""
        self._withdrawn.add(kid)

    def is_withdrawn(self, kid: str) -> bool:
        """Whether tokens signed by this key must be refused."""
        return kid in self._withdrawn

    async def on_events(self, events: list[Event[EventData]]) -> None:
        """Take in revocations and forget those that no longer matter."""
        for event in events:
            if isinstance(event.data, SessionRevoked):
                self.revoke(event.data.session_id, event.data.until.timestamp())
            elif isinstance(event.data, KeyWithdrawn):
                self.withdraw(event.data.kid)
        now = time.time()
        for session_id in [key for key, until in self._until.items() if until <= now]:
            del self._until[session_id]


def _matters(event: Event[EventData]) -> bool:
    return not isinstance(event.data, SessionRevoked) or event.data.until.timestamp() > time.time()


def revocation_tail(redis: Redis, revocations: Revocations) -> StreamTail:
    """Return what keeps revocations up to date while it runs."""
    return StreamTail(redis, [SESSIONS, KEYS], revocations.on_events, replay_while=_matters)
