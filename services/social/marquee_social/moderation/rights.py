"""Members' rights over their reports and what moderators decided about them.

The log stays for its own sake, and forgets who it was about.
"""

from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from sqlalchemy import text

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.identity import ErasureMode
from marquee_shared.rights import Dataset, Erased, Row, rows

EXPORT = text(
    """
    SELECT id, target_type, target_id, reason, state, created_at, updated_at,
        CASE WHEN reporter_id = :user_id THEN 'made' ELSE 'about_me' END AS part,
        CASE WHEN reporter_id = :user_id THEN note END AS note,
        CASE WHEN author_id = :user_id THEN action END AS action,
        CASE WHEN author_id = :user_id THEN decision_note END AS decision,
        CASE WHEN author_id = :user_id THEN appeal END AS appeal
    FROM reports WHERE reporter_id = :user_id OR author_id = :user_id ORDER BY id
    """
)
FORGET = text(
    """
    WITH logged AS (
        UPDATE moderation_log SET
            moderator_id = nullif(moderator_id, CAST(:user_id AS uuid)),
            member_id = nullif(member_id, CAST(:user_id AS uuid)),
            note = CASE WHEN member_id = :user_id THEN '' ELSE note END,
            target_id = CASE WHEN target_type = 'user' AND member_id = :user_id
                THEN '' ELSE target_id END
        WHERE moderator_id = :user_id OR member_id = :user_id
    )
    UPDATE reports SET
        reporter_id = nullif(reporter_id, CAST(:user_id AS uuid)),
        note = CASE WHEN reporter_id = :user_id THEN '' ELSE note END,
        author_id = nullif(author_id, CAST(:user_id AS uuid)),
        snapshot = CASE WHEN author_id = :user_id THEN '{}' ELSE snapshot END,
        decision_note = CASE WHEN author_id = :user_id THEN '' ELSE decision_note END,
        appeal = CASE WHEN author_id = :user_id THEN NULL ELSE appeal END,
        target_id = CASE WHEN target_type = 'user' AND author_id = :user_id
            THEN '' ELSE target_id END
    WHERE reporter_id = :user_id OR author_id = :user_id RETURNING id
    """
)


def _export(session: ReadSession, user_id: UUID) -> AsyncIterator[Row]:
    return rows(session, EXPORT, {"user_id": user_id})


async def _erase(session: WriteSession, user_id: UUID, _mode: ErasureMode) -> Erased:
    result = await session.execute(FORGET, {"user_id": user_id})
    return Erased(anonymised=len(result.all()))


REPORTS_OF_MEMBERS: Final = Dataset("reports", _export, _erase)
