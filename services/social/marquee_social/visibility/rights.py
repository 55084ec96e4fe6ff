"""A member's right to their privacy settings."""

from collections.abc import AsyncIterator
from uuid import UUID

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.identity import ErasureMode
from marquee_shared.rights import Dataset, Erased, Row, rows
from marquee_social.visibility.privacy import erase_privacy
from marquee_social.visibility.repository import FIND


def export(session: ReadSession, user_id: UUID) -> AsyncIterator[Row]:
    """Yield a member's settings."""
    return rows(session, FIND, {"user_id": user_id})


async def erase(session: WriteSession, user_id: UUID, _mode: ErasureMode) -> Erased:
    """Remove a member's settings."""
    return Erased(removed=await erase_privacy(session, [user_id]))


PRIVACY = Dataset("privacy", export, erase)
