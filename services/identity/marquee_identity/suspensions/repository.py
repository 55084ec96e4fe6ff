"""SQL of suspensions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from marquee_shared.database import ReadSession, WriteSession

# Of a member who is not here nothing is kept; older news than ours changes nothing.
TAKE = text(
    "INSERT INTO suspensions AS s (user_id, suspended, until, reason, epoch, revision) "
    "SELECT id, :suspended, :until, :reason, :epoch, :revision FROM users WHERE id = :user_id "
    "ON CONFLICT (user_id) DO UPDATE SET suspended = excluded.suspended, until = excluded.until, "
    "  reason = excluded.reason, epoch = excluded.epoch, revision = excluded.revision "
    "WHERE (s.epoch, s.revision) < (excluded.epoch, excluded.revision) RETURNING true"
)
FIND = text(
    "SELECT until FROM suspensions WHERE user_id = :user_id AND suspended "
    "AND (until IS NULL OR until > now())"
)


async def take_suspension(
    session: WriteSession,
    user_id: UUID,
    *,
    suspended: bool,
    until: datetime | None,
    reason: str,
    version: tuple[int, int],
) -> bool:
    """Keep moderation's word about a member; False when it is older than what is known."""
    values = {
        "user_id": user_id,
        "suspended": suspended,
        "until": until,
        "reason": reason,
        "epoch": version[0],
        "revision": version[1],
    }
    return bool(await session.scalar(TAKE, values))


async def find_suspension(session: ReadSession | WriteSession, user_id: UUID) -> Row[Any] | None:
    """Return a row with the end, if any, of a member's suspension; None when not suspended."""
    return (await session.execute(FIND, {"user_id": user_id})).one_or_none()
