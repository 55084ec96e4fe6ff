"""Sessions that were ended before their tokens expired, in every process's memory.

Fed by following `events:identity:session` from its beginning, so a process that starts late
knows every revocation that still matters (access tokens live 15 minutes; the stream holds far
more). An entry goes when its last token would have expired anyway.
"""

import time
from uuid import UUID

from marquee_shared.events.envelope import Event, EventData
from marquee_shared.events.identity import SessionRevoked

STREAM = "events:identity:session"


class Revocations:
    """The set of revoked sessions. `on_events` is the callback of a `StreamTail`."""

    def __init__(self) -> None:
        self._until: dict[UUID, float] = {}

    def revoke(self, session_id: UUID, until: float) -> None:
        """Refuse a session's tokens until `until` (Unix seconds)."""
        if until > time.time():
            self._until[session_id] = until

    def is_revoked(self, session_id: UUID) -> bool:
        """Whether tokens of this session must be refused."""
        return session_id in self._until

    async def on_events(self, events: list[Event[EventData]]) -> None:
        """Take in revocations and forget those that no longer matter."""
        for event in events:
            if isinstance(event.data, SessionRevoked):
                self.revoke(event.data.session_id, event.data.until.timestamp())
        now = time.time()
        for session_id in [key for key, until in self._until.items() if until <= now]:
            del self._until[session_id]
