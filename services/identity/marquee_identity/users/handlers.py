"""Reactions to other contexts' events."""

from marquee_identity.users.service import add_imported
from marquee_shared.database import WriteSession
from marquee_shared.events import Event
from marquee_shared.events.catalog import MembersImported
from marquee_shared.outbox import Handlers

handlers = Handlers()


@handlers.on_batch(MembersImported)
async def on_members_found(session: WriteSession, events: list[Event[MembersImported]]) -> None:
    """Make accounts of the members an import found."""
    await add_imported(session, [member for event in events for member in event.data.members])
