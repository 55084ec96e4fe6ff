"""Reactions to moderation."""

from marquee_identity.sessions.service import end_sessions
from marquee_identity.suspensions.repository import take_suspension
from marquee_identity.users.repository import lock_user
from marquee_shared.database import WriteSession
from marquee_shared.events import Event
from marquee_shared.events.social import MemberRestored, MemberSuspended
from marquee_shared.outbox import Handlers


def register(handlers: Handlers) -> None:
    """Register what moderation's events do here."""
    handlers.on(MemberSuspended)(on_member_suspended)
    handlers.on(MemberRestored)(on_member_restored)


async def on_member_suspended(session: WriteSession, event: Event[MemberSuspended]) -> None:
    """Keep the suspension, and end every session of the member."""
    # A sign-in of the same moment holds this lock: it comes before, and is ended, or after.
    await lock_user(session, event.data.user_id)
    taken = await take_suspension(
        session,
        event.data.user_id,
        suspended=True,
        until=event.data.until,
        reason=event.data.reason,
        version=event.version,
    )
    if taken:
        await end_sessions(session, event.data.user_id, "suspended")


async def on_member_restored(session: WriteSession, event: Event[MemberRestored]) -> None:
    """Let the member sign in again."""
    await take_suspension(
        session,
        event.data.user_id,
        suspended=False,
        until=None,
        reason=event.data.reason,
        version=event.version,
    )
