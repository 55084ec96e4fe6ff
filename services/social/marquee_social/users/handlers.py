"""Reactions to identity's members."""

from typing import Any

from marquee_shared.database import WriteSession
from marquee_shared.events import Event
from marquee_shared.events.identity import UserCreated, UserData, UserDeleted, UserUpdated
from marquee_shared.outbox import Handlers
from marquee_social.users.repository import UserVersion, replace_users


def _version(event: Event[UserData | UserDeleted]) -> UserVersion:
    user = event.data
    shown = None if isinstance(user, UserDeleted) else user
    return UserVersion(
        id=str(user.id),
        username=shown.username if shown else None,
        name=shown.name if shown else None,
        avatar_url=shown.avatar_url if shown else None,
        deleted=shown is None,
        epoch=event.epoch,
        revision=event.revision,
    )


def register(handlers: Handlers) -> None:
    """Add this module's reactions."""
    handlers.on_batch(UserCreated, UserUpdated, UserDeleted)(on_users)


async def on_users(session: WriteSession, events: list[Event[Any]]) -> None:
    """Keep each member's newest version; what an erased one left is erased by `RIGHTS`."""
    newest = {event.data.id: event for event in sorted(events, key=lambda event: event.version)}
    await replace_users(session, [_version(event) for event in newest.values()])
