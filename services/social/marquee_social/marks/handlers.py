"""What becomes of marks when two films turn out to be one."""

from marquee_shared.database import WriteSession
from marquee_shared.events import Event
from marquee_shared.events.catalog import MovieMerged
from marquee_shared.outbox import Handlers
from marquee_social.ratings.repository import lock_bulk
from marquee_social.ratings.service import RATINGS
from marquee_social.signals.service import SIGNALS


def register(handlers: Handlers) -> None:
    """Add this module's reactions."""
    handlers.on(MovieMerged)(on_movie_merged)


async def on_movie_merged(session: WriteSession, event: Event[MovieMerged]) -> None:
    """Move what members said of the double to the film it is part of now."""
    await lock_bulk(session)
    await RATINGS.move(session, event.data.id, event.data.into)
    await SIGNALS.move(session, event.data.id, event.data.into)
