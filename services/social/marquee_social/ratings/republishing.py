"""Telling every rating and every film's total anew, at the revisions they have."""

from typing import Any
from uuid import UUID

from marquee_shared.outbox import publish_many
from marquee_shared.service import Context
from marquee_social.ratings import repository
from marquee_social.ratings.service import EVENT_ROWS, bulk_events, totals_event

FIRST_MEMBER = UUID(int=0)


async def republish_ratings(context: Context[Any]) -> int:
    """Publish all ratings and tombstones in bulk, then all totals; return how many events."""
    return await _republish_rows(context) + await _republish_totals(context)


async def _republish_rows(context: Context[Any]) -> int:
    told = 0
    last = (FIRST_MEMBER, 0)
    while True:
        async with context.database.transaction() as session:
            rows = await repository.ratings_after(session, *last, EVENT_ROWS)
            told += len(await publish_many(session, bulk_events(rows)))
        if len(rows) < EVENT_ROWS:
            return told
        last = (rows[-1].user_id, rows[-1].movie_id)


async def _republish_totals(context: Context[Any]) -> int:
    told = 0
    last = 0
    while True:
        async with context.database.transaction() as session:
            rows = await repository.totals_after(session, last, EVENT_ROWS)
            told += len(await publish_many(session, [totals_event(row) for row in rows]))
        if len(rows) < EVENT_ROWS:
            return told
        last = rows[-1].movie_id
