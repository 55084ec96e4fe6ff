"""What watch time holds of members."""

from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from sqlalchemy import text

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.identity import ErasureMode
from marquee_shared.rights import Dataset, Erased, Row, rows
from marquee_social.watch_time import repository

EXPORT = text(
    """
    SELECT s.session_id, m.slug AS movie, m.title,
        s.last_position / 1000.0::float8 AS last_position,
        to_timestamp((s.first_at - s.skew) / 1000.0) AS first_at,
        to_timestamp((s.last_at - s.skew) / 1000.0) AS last_at,
        w.milliseconds / 1000.0::float8 AS seconds_watched_of_movie,
        w.coverage / 1000.0::float8 AS coverage_seconds_of_movie, w.completed_at
    FROM watch_sessions s
    JOIN watched_movies w USING (user_id, movie_id)
    LEFT JOIN movies m ON m.id = s.movie_id
    WHERE s.user_id = :user_id ORDER BY s.first_at, s.session_id
    """
)


def _export(session: ReadSession, user_id: UUID) -> AsyncIterator[Row]:
    return rows(session, EXPORT, {"user_id": user_id})


async def _erase(session: WriteSession, user_id: UUID, _mode: ErasureMode) -> Erased:
    return Erased(removed=await repository.erase_members(session, [user_id]))


WATCH_TIME: Final = Dataset("watch_time", _export, _erase)
"""Sessions, each with what its film adds up to."""
