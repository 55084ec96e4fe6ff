"""The rules of suspensions."""

from uuid import UUID

from marquee_identity.suspensions.errors import AccountSuspended
from marquee_identity.suspensions.repository import find_suspension
from marquee_shared.database import ReadSession, WriteSession


async def refuse_suspended(session: ReadSession | WriteSession, user_id: UUID) -> None:
    """Let nobody pass while they are suspended.

    Raises:
        AccountSuspended: they are.
    """
    suspension = await find_suspension(session, user_id)
    if suspension is not None:
        until = f" → {suspension.until:%Y-%m-%d %H:%M} UTC" if suspension.until else ""
        raise AccountSuspended(until=until)
