"""Telling anew how every review stands."""

from typing import Any

from marquee_shared.outbox import publish_many
from marquee_shared.service import Context
from marquee_social.reviews import repository
from marquee_social.reviews.service import state_of

CHUNK = 1_000


async def republish_reviews(context: Context[Any]) -> int:
    """Publish every review, one that is gone as deleted; return how many events."""
    told, last = 0, 0
    while True:
        async with context.database.transaction() as session:
            rows = await repository.reviews_after(session, last, CHUNK)
            told += len(await publish_many(session, [state_of(row) for row in rows]))
        if len(rows) < CHUNK:
            return told
        last = rows[-1].id
