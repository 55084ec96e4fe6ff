"""Counting interactions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from marquee_shared.database import ReadSession

IN_WINDOW = text("""
SELECT movie_id, count(*) AS ratings FROM interactions
WHERE at > :since AND at <= :until AND NOT removed AND kind IN ('rating', 'like', 'seen')
GROUP BY movie_id ORDER BY count(*) DESC, max(at) DESC, movie_id LIMIT :limit
""")

OVERALL = text("""
SELECT movie_id, count(*) AS ratings FROM interactions
WHERE NOT removed AND kind IN ('rating', 'like', 'seen')
GROUP BY movie_id ORDER BY count(*) DESC, movie_id LIMIT :limit
""")


async def newest(session: ReadSession, until: datetime) -> datetime | None:
    """Return when the newest interaction (none of the future) happened."""
    found: datetime | None = await session.scalar(
        text("SELECT max(at) FROM interactions WHERE NOT removed AND at <= :until"),
        {"until": until},
    )
    return found


async def count_in_window(
    session: ReadSession, since: datetime, until: datetime, limit: int
) -> Sequence[Any]:
    """Return (movie_id, ratings) of a stretch of time, most first."""
    rows = await session.execute(IN_WINDOW, {"since": since, "until": until, "limit": limit})
    return rows.all()


async def count_overall(session: ReadSession, limit: int) -> Sequence[Any]:
    """Return (movie_id, ratings) of all time, most first."""
    return (await session.execute(OVERALL, {"limit": limit})).all()
