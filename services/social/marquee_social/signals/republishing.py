"""Telling every signal anew, at the revision it has."""

from typing import Any
from uuid import UUID

from marquee_shared.outbox import publish_many
from marquee_shared.service import Context
from marquee_social.signals import repository
from marquee_social.signals.service import EVENT_ROWS, bulk_events


async def republish_signals(context: Context[Any]) -> int:
    """Publish all signals and tombstones in bulk; return how many events."""
    told = 0
    last = (UUID(int=0), 0)
    while True:
        async with context.database.transaction() as session:
            rows = await repository.signals_after(session, *last, EVENT_ROWS)
            told += len(await publish_many(session, bulk_events(rows)))
        if len(rows) < EVENT_ROWS:
            return told
        last = (rows[-1].user_id, rows[-1].movie_id)
