"""A member's right to their friendships, requests, blocks and mutes."""

from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import text

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.identity import ErasureMode
from marquee_shared.rights import Dataset, Erased, Row, rows
from marquee_social.friendships.telling import erase_relationships

ALL = text(
    """
    SELECT kind, who AS user_id, username, at FROM (
        SELECT CASE WHEN friendship = 'friends' THEN 'friend'
                WHEN (friendship = 'low_asked') = (low_id = :user_id) THEN 'request_sent'
                ELSE 'request_received' END AS kind,
            CASE WHEN low_id = :user_id THEN high_id ELSE low_id END AS who, friendship_at AS at
        FROM relationships WHERE friendship <> 'none' AND :user_id IN (low_id, high_id)
        UNION ALL
        SELECT 'blocked', high_id, low_blocked_at FROM relationships
        WHERE low_id = :user_id AND low_blocked_at IS NOT NULL
        UNION ALL
        SELECT 'blocked', low_id, high_blocked_at FROM relationships
        WHERE high_id = :user_id AND high_blocked_at IS NOT NULL
        UNION ALL
        SELECT 'muted', muted_id, created_at FROM mutes WHERE user_id = :user_id
    ) AS held LEFT JOIN users u ON u.id = who ORDER BY kind, at, who
    """
)


def export(session: ReadSession, user_id: UUID) -> AsyncIterator[Row]:
    """Yield what a member is to others; never who has blocked or muted them."""
    return rows(session, ALL, {"user_id": user_id})


async def erase(session: WriteSession, user_id: UUID, _mode: ErasureMode) -> Erased:
    """Remove everything between a member and others."""
    return Erased(removed=await erase_relationships(session, [user_id]))


RELATIONSHIPS = Dataset("relationships", export, erase)
