"""Members' privacy settings."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from marquee_shared.conditional import Preconditions
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.social import Privacy, PrivacySet
from marquee_shared.outbox import publish, publish_many
from marquee_shared.problems import InvalidToken
from marquee_shared.service import Context
from marquee_social.visibility import repository
from marquee_social.visibility.rule import DEFAULTS, SURFACES, Surface
from marquee_social.visibility.schemas import PrivacyRead

ROWS = 500


def _told(row: Row[Any]) -> tuple[PrivacySet, int]:
    values = {surface: getattr(row, surface) for surface in SURFACES}
    return PrivacySet(user_id=row.user_id, **values), row.revision


async def get_privacy(session: ReadSession, member: UUID) -> tuple[PrivacyRead, int]:
    """Return a member's settings and their revision, 0 while the defaults hold."""
    row = await repository.find_privacy(session, member)
    if row is None:
        return PrivacyRead(**DEFAULTS, updated_at=None), 0
    return PrivacyRead.model_validate(row), row.revision


async def change_privacy(
    session: WriteSession,
    member: UUID,
    chosen: Mapping[Surface, Privacy],
    preconditions: Preconditions,
) -> PrivacyRead:
    """Change some settings, and tell so; those that are so already change and tell nothing.

    Raises:
        InvalidToken: the member has been erased; their token has outlived them.
    """
    row = await repository.set_privacy(session, member, chosen)
    if row is None:
        raise InvalidToken
    preconditions.require(row.revision_before or 0)
    if row.revision != row.revision_before:
        await publish(session, *_told(row))
    preconditions.answered(row.revision)
    return PrivacyRead.model_validate(row)


async def erase_privacy(session: WriteSession, members: Sequence[UUID]) -> int:
    """Delete erased members' settings; return of how many."""
    return await repository.erase_members(session, members)


async def republish_privacy(context: Context[Any]) -> int:
    """Publish all settings anew; return how many events."""
    told = 0
    last = UUID(int=0)
    while True:
        async with context.database.transaction() as session:
            rows = await repository.privacy_after(session, last, ROWS)
            told += len(await publish_many(session, [_told(row) for row in rows]))
        if len(rows) < ROWS:
            return told
        last = rows[-1].user_id
