"""What becomes of all that hangs on a film when it turns out to be another."""

from marquee_shared.database import WriteSession
from marquee_shared.events import Event
from marquee_shared.events.catalog import MovieMerged
from marquee_shared.outbox import Handlers
from marquee_social.lists.merging import move_entries
from marquee_social.ratings.repository import lock_bulk
from marquee_social.ratings.service import RATINGS
from marquee_social.reviews.merging import move_reviews
from marquee_social.signals.service import SIGNALS
from marquee_social.watch_time.merging import move_watch_time


def register(handlers: Handlers) -> None:
    """Add this module's reactions."""
    handlers.on(MovieMerged)(on_movie_merged)


async def on_movie_merged(session: WriteSession, event: Event[MovieMerged]) -> None:
    """Move what members said and did about the double to the film it is part of now."""
    gone, into = event.data.id, event.data.into
    await lock_bulk(session)
    await RATINGS.move(session, gone, into)
    await SIGNALS.move(session, gone, into)
    await move_reviews(session, gone, into)
    await move_entries(session, gone, into)
    await move_watch_time(session, gone, into)
