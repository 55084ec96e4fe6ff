"""Telling members what others did.

`notify` is called last in a transaction, once: it takes the lock of each recipient's counter, in
order of their ids, and holds it until the commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marquee_shared.auth.principals import Principal
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.social import NotificationCreated, NotifiedMember
from marquee_shared.outbox import publish
from marquee_shared.pagination import CursorPage, CursorWindow
from marquee_social.notifications import repository
from marquee_social.notifications.errors import NotificationNotFound
from marquee_social.notifications.repository import NotificationRow
from marquee_social.notifications.schemas import (
    NotificationKind,
    NotificationRead,
    TargetRead,
    TargetType,
    UnreadRead,
)
from marquee_social.users.schemas import UserSummary

BEFORE_ALL = 2**63 - 1
COUNTED = 100
"""How far unread notifications are counted."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a notification is about; `data` is what a client needs to show and open it."""

    type: TargetType
    id: str
    data: dict[str, Any]


async def notify(
    session: WriteSession,
    kind: NotificationKind,
    actor: Principal | None,
    recipients: Sequence[UUID],
    target: Target,
) -> None:
    """Tell members that `actor`, an `Author` or nobody named, did something about `target`.

    Left out are the actor themselves, who has muted or blocked them or is blocked by them, who
    is gone, and who has not read the same from the same actor yet.
    """
    if not recipients:
        return
    actor_id = actor.id if actor is not None else None
    rows = await repository.add_notifications(
        session, kind, actor_id, recipients, (target.type, target.id), target.data
    )
    if rows:
        members = [NotifiedMember(user_id=row.user_id, sequence=row.sequence) for row in rows]
        told = NotificationCreated(actor_id=actor_id, kind=kind, members=members)
        await publish(session, told, max(row.sequence for row in rows))


def read_notification(row: NotificationRow) -> NotificationRead:
    """Return a row as clients read it."""
    actor = None
    if row.actor_id is not None:
        actor = UserSummary(
            id=row.actor_id, username=row.username, name=row.name, avatar_url=row.avatar_url
        )
    return NotificationRead(
        id=row.sequence,
        kind=row.kind,
        actor=actor,
        target=TargetRead(type=row.target_type, id=row.target_id, data=row.data),
        created_at=row.created_at,
        read_at=row.read_at,
    )


async def list_notifications(
    session: ReadSession, member: UUID, window: CursorWindow, *, unread: bool
) -> CursorPage[NotificationRead]:
    """Return one stretch of a member's notifications, newest first."""
    before = BEFORE_ALL if window.after is None else window.after[0]
    rows = await repository.list_newest(session, member, before, window.limit + 1, unread=unread)
    return CursorPage(
        items=[read_notification(row) for row in rows[: window.limit]],
        next_cursor=window.next_cursor([(row.sequence,) for row in rows]),
    )


async def count_unread(session: ReadSession | WriteSession, member: UUID) -> UnreadRead:
    """Return how many notifications a member has not read."""
    return UnreadRead(unread=await repository.count_unread(session, member, COUNTED))


async def mark_read(session: WriteSession, member: UUID, sequence: int) -> NotificationRead:
    """Mark one as read.

    Raises:
        NotificationNotFound: the member has none of this number.
    """
    row = await repository.mark_read(session, member, sequence)
    if row is None:
        raise NotificationNotFound
    return read_notification(row)


async def mark_all_read(session: WriteSession, member: UUID, until: int) -> UnreadRead:
    """Mark all up to a number as read; return how many are left."""
    await repository.mark_all_read(session, member, until)
    return await count_unread(session, member)


async def erase_notifications(session: WriteSession, members: Sequence[UUID]) -> int:
    """Delete all that erased members were told, and that others were told of them; count it."""
    return await repository.erase_members(session, members)
