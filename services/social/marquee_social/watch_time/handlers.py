"""Player events on their way from the intake into sessions."""

from marquee_shared.database import WriteSession
from marquee_shared.events import Event
from marquee_shared.events.social import WatchBatchReceived
from marquee_shared.outbox import Handlers
from marquee_social.watch_time.service import add_batches


def register(handlers: Handlers) -> None:
    """Add this module's reactions."""
    handlers.on_batch(WatchBatchReceived)(on_watch_batches)


async def on_watch_batches(session: WriteSession, events: list[Event[WatchBatchReceived]]) -> None:
    """Add what players reported, many batches in one go."""
    await add_batches(session, [event.data for event in events])
