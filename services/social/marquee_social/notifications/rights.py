"""A member's right to what they were told."""

from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import text

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.identity import ErasureMode
from marquee_shared.rights import Dataset, Erased, Row, rows
from marquee_social.notifications.service import erase_notifications

ALL = text(
    "SELECT sequence, kind, target_type, target_id, data, created_at, read_at FROM notifications "
    "WHERE user_id = :user_id ORDER BY sequence"
)


def export(session: ReadSession, user_id: UUID) -> AsyncIterator[Row]:
    """Yield what a member was told."""
    return rows(session, ALL, {"user_id": user_id})


async def erase(session: WriteSession, user_id: UUID, _mode: ErasureMode) -> Erased:
    """Remove what a member was told, and what others were told of them."""
    return Erased(removed=await erase_notifications(session, [user_id]))


NOTIFICATIONS = Dataset("notifications", export, erase)
