"""A member's right to their ratings."""

from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import text

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.identity import ErasureMode
from marquee_shared.rights import Dataset, Erased, Row, rows
from marquee_social.ratings.service import erase_ratings

ALL = text(
    """
    SELECT r.movie_id, m.slug AS movie, m.title, half_steps / 2.0::float8 AS value,
        r.created_at, r.rated_at
    FROM ratings r LEFT JOIN movies m ON m.id = r.movie_id
    WHERE user_id = :user_id AND half_steps IS NOT NULL ORDER BY r.movie_id
    """
)


def export(session: ReadSession, user_id: UUID) -> AsyncIterator[Row]:
    """Yield a member's ratings."""
    return rows(session, ALL, {"user_id": user_id})


async def erase(session: WriteSession, user_id: UUID, _mode: ErasureMode) -> Erased:
    """Remove a member's ratings: a rating without who gave it would be a rating by nobody."""
    return Erased(removed=await erase_ratings(session, [user_id]))


RATINGS_OF_MEMBERS = Dataset("ratings", export, erase)
