"""Members as identity tells them, into the replica."""

from typing import Any
from uuid import UUID

from marquee_recommender.members import repository
from marquee_shared.database import WriteSession
from marquee_shared.events.identity import UserCreated, UserDeleted, UserUpdated
from marquee_shared.outbox import Handlers


def register(handlers: Handlers) -> None:
    """Add this module's reactions."""
    handlers.on_batch(UserCreated, UserUpdated, UserDeleted)(on_users_changed)


async def on_users_changed(session: WriteSession, events: list[Any]) -> None:
    """Keep the newest state of each member; of an erased one nothing but the tombstone."""
    newest: dict[UUID, Any] = {}
    for event in events:
        known = newest.get(event.data.id)
        if known is None or known.version < event.version:
            newest[event.data.id] = event
    erased = {user for user, event in newest.items() if isinstance(event.data, UserDeleted)}
    rows = [
        {
            "id": user,
            "username": "" if user in erased else event.data.username,
            "name": "" if user in erased else event.data.name,
            "avatar_url": None if user in erased else event.data.avatar_url,
            "epoch": event.epoch,
            "revision": event.revision,
            "deleted": user in erased,
        }
        for user, event in newest.items()
    ]
    await repository.store_users(session, rows)
