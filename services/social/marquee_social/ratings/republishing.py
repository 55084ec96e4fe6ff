"""Telling each film's total anew, at the revision it has."""

from typing import Any

from marquee_shared.outbox import publish_many
from marquee_shared.service import Context
from marquee_social.marks.service import EVENT_ROWS
from marquee_social.ratings import repository
from marquee_social.ratings.service import totals_event


async def republish_totals(context: Context[Any]) -> int:
    """Publish all totals; return how many events."""
    told = 0
    last = 0
    while True:
        async with context.database.transaction() as session:
            rows = await repository.totals_after(session, last, EVENT_ROWS)
            told += len(await publish_many(session, [totals_event(row) for row in rows]))
        if len(rows) < EVENT_ROWS:
            return told
        last = rows[-1].movie_id
