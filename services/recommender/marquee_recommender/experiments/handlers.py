"""Watching, as an outcome."""

from marquee_recommender.experiments import repository
from marquee_shared.database import WriteSession
from marquee_shared.events import Event
from marquee_shared.events.social import WatchProgressed
from marquee_shared.outbox import Handlers


def register(handlers: Handlers) -> None:
    """Add this module's reactions."""
    handlers.after(WatchProgressed, on_watched)


async def on_watched(session: WriteSession, events: list[Event[WatchProgressed]]) -> None:
    """Note what members who are compared have watched."""
    await repository.add_watches(
        session, [(e.data.user_id, e.data.movie_id, e.data.last_watched_at) for e in events]
    )
