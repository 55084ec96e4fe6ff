"""The rules of security events."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from uuid6 import uuid7

from marquee_identity.clients import Client
from marquee_identity.security import repository
from marquee_identity.security.models import SecurityEvent
from marquee_identity.security.schemas import Kind, SecurityEventRead
from marquee_identity.users.models import User
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.jobs import create_job
from marquee_shared.languages import DEFAULT_LANGUAGE
from marquee_shared.pagination import CursorPage, CursorWindow
from marquee_shared.service import Context

NOTICE_MAIL: Final = "send_security_notice"
KEPT: Final = timedelta(days=365)


async def record_event(
    session: WriteSession,
    context: Context[Any],
    user: User,
    kind: Kind,
    client: Client | None,
    *,
    language: str | None = None,
    email: str | None = None,
) -> None:
    """Note what happened to an account and mail it: to `email`, by default the member's own.

    The mail is in the member's language, else in `language`.
    """
    event = SecurityEvent(
        id=UUID(int=uuid7().int),
        user_id=user.id,
        kind=kind,
        device=client.device or None if client else None,
        address=client.address if client else None,
    )
    await repository.insert_event(session, event)
    parameters = {
        "event_id": str(event.id),
        "language": user.language or language or DEFAULT_LANGUAGE,
        "email": email,
    }
    await create_job(session, context, NOTICE_MAIL, parameters, requested_by=user.id)


async def list_own_events(
    session: ReadSession, user_id: UUID, window: CursorWindow
) -> CursorPage[SecurityEventRead]:
    """Return one stretch of the caller's events, newest first."""
    rows = await repository.list_events(
        session,
        user_id,
        before=UUID(window.after[0]) if window.after else None,
        limit=window.limit + 1,
    )
    return CursorPage(
        items=[SecurityEventRead.model_validate(row) for row in rows[: window.limit]],
        next_cursor=window.next_cursor([(str(row.id),) for row in rows]),
    )


async def delete_old_security_events(context: Context[Any]) -> None:
    """Forget events after a year."""
    async with context.database.transaction() as session:
        await repository.delete_old_events(session, KEPT)
