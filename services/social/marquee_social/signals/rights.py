"""A member's right to their signals."""

from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import text

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.identity import ErasureMode
from marquee_shared.rights import Dataset, Erased, Row, rows
from marquee_social.signals.service import SIGNALS

ALL = text(
    """
    SELECT s.movie_id, m.slug AS movie, m.title, s.kind, s.created_at, s.signalled_at
    FROM signals s LEFT JOIN movies m ON m.id = s.movie_id
    WHERE user_id = :user_id AND kind IS NOT NULL ORDER BY s.movie_id
    """
)


def export(session: ReadSession, user_id: UUID) -> AsyncIterator[Row]:
    """Yield a member's signals."""
    return rows(session, ALL, {"user_id": user_id})


async def erase(session: WriteSession, user_id: UUID, _mode: ErasureMode) -> Erased:
    """Remove a member's signals."""
    return Erased(removed=await SIGNALS.erase(session, [user_id]))


SIGNALS_OF_MEMBERS = Dataset("signals", export, erase)
