"""Telling anew whose access moderators have taken, and who has it back."""

from typing import Any
from uuid import UUID

from marquee_shared.events import EventData
from marquee_shared.events.social import MemberRestored, MemberSuspended
from marquee_shared.outbox import publish_many
from marquee_shared.service import Context
from marquee_social.moderation import repository

CHUNK = 1_000


def _told(row: Any) -> tuple[EventData, int]:
    if row.suspended:
        until, reason = row.suspended_until, row.reason
        return MemberSuspended(user_id=row.member_id, until=until, reason=reason), row.id
    return MemberRestored(user_id=row.member_id, reason=row.note), row.id


async def republish_standings(context: Context[Any]) -> int:
    """Publish each member's suspension or its end at its revision; return how many events."""
    told = 0
    last = UUID(int=0)
    while True:
        async with context.database.transaction() as session:
            rows = await repository.standings_after(session, last, CHUNK)
            told += len(await publish_many(session, [_told(row) for row in rows]))
        if len(rows) < CHUNK:
            return told
        last = rows[-1].member_id
