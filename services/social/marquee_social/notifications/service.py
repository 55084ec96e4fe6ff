"""Telling members what others did.

`notify` is called last in a transaction, once: it takes the lock of each recipient's counter, in
order of their ids, and holds it until the commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from marquee_shared.auth.principals import Principal
from marquee_shared.database import WriteSession
from marquee_shared.events.social import NotificationCreated, NotifiedMember
from marquee_shared.outbox import publish
from marquee_social.notifications import repository

NotificationKind = Literal[
    "friend_request", "friend_accepted", "comment", "reaction", "list_shared"
]
TargetType = Literal["user", "review", "comment", "list"]


@dataclass(frozen=True, slots=True)
class Target:
    """What a notification is about; `data` is what a client needs to show and open it."""

    type: TargetType
    id: str
    data: dict[str, Any]


async def notify(
    session: WriteSession,
    kind: NotificationKind,
    actor: Principal,
    recipients: Sequence[UUID],
    target: Target,
) -> None:
    """Tell members that `actor`, an `Author`, did something about `target`.

    Left out are the actor themselves, who has muted or blocked them or is blocked by them, who
    is gone, and who has not read the same from the same actor yet.
    """
    if not recipients:
        return
    rows = await repository.add_notifications(
        session, kind, actor.id, recipients, (target.type, target.id), target.data
    )
    if rows:
        members = [NotifiedMember(user_id=row.user_id, sequence=row.sequence) for row in rows]
        told = NotificationCreated(actor_id=actor.id, kind=kind, members=members)
        await publish(session, told, max(row.sequence for row in rows))


async def erase_notifications(session: WriteSession, members: Sequence[UUID]) -> int:
    """Delete all that erased members were told, and that others were told of them; count it."""
    return await repository.erase_members(session, members)
