"""The streams that this process holds open, and what wakes them.

A stream keeps nothing for its client: woken, it reads from the database what came after the last
notification it sent. So a slow client costs one row set and never more, and nothing is lost
between a notification and its hint, nor over a reconnect.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final
from uuid import UUID

from marquee_shared.events import Event, EventData
from marquee_shared.events.identity import SessionRevoked
from marquee_shared.events.social import NotificationCreated
from marquee_shared.service import Context
from marquee_shared.streams import StreamTail
from marquee_social.notifications.errors import TooManyStreams

STREAMS: Final = ("events:social:notification", "events:identity:session")
MOST: Final = 20
"""How many streams one member may hold open in one process."""


class Listener:
    """One open stream."""

    def __init__(self, session_id: UUID | None) -> None:
        self.session_id = session_id
        self.woken = asyncio.Event()
        self.ended = False
        """Whether the session it was opened by has been revoked."""


class Live:
    """All open streams of this process, by member."""

    def __init__(self) -> None:
        self._listeners: defaultdict[UUID, set[Listener]] = defaultdict(set)

    @contextmanager
    def listen(self, member: UUID, session_id: UUID | None) -> Iterator[Listener]:
        """Be woken for a member while inside.

        Raises:
            TooManyStreams: they have `MOST` already.
        """
        if len(self._listeners[member]) >= MOST:
            raise TooManyStreams(seconds=30)
        listener = Listener(session_id)
        self._listeners[member].add(listener)
        try:
            yield listener
        finally:
            self._listeners[member].discard(listener)
            if not self._listeners[member]:
                del self._listeners[member]

    async def on_events(self, events: list[Event[EventData]]) -> None:
        """Wake whom these events concern."""
        for event in events:
            if isinstance(event.data, NotificationCreated):
                for notified in event.data.members:
                    for listener in self._listeners.get(notified.user_id, ()):
                        listener.woken.set()
            elif isinstance(event.data, SessionRevoked):
                for listener in self._listeners.get(event.data.user_id, ()):
                    if listener.session_id == event.data.session_id:
                        listener.ended = True
                        listener.woken.set()

    async def wake_all(self) -> None:
        """Wake every stream: hints may have been missed."""
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.woken.set()


@asynccontextmanager
async def live_streams(context: Context[Any], process: str) -> AsyncIterator[None]:
    """Follow the hints for as long as the process runs; workers hold no streams."""
    if process == "worker":
        yield
        return
    live = Live()
    context.state["live"] = live
    tail = StreamTail(context.redis, STREAMS, live.on_events, on_gap=live.wake_all)
    following = asyncio.create_task(tail.run())
    try:
        yield
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
