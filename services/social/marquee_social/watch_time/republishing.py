"""Telling anew how far members have come with films."""

from typing import Any
from uuid import UUID

from marquee_shared.outbox import publish_many
from marquee_shared.service import Context
from marquee_social.watch_time import repository
from marquee_social.watch_time.service import progress_events

CHUNK = 1_000


async def republish_watch_time(context: Context[Any]) -> int:
    """Publish every member's progress with every film; return how many events."""
    told = 0
    last = (UUID(int=0), 0)
    while True:
        async with context.database.transaction() as session:
            rows = await repository.watched_after(session, *last, CHUNK)
            told += len(await publish_many(session, progress_events(rows)))
        if len(rows) < CHUNK:
            return told
        last = (rows[-1].user_id, rows[-1].movie_id)
