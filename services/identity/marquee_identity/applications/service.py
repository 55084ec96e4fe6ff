"""The rules of OAuth applications."""

from uuid import UUID

from sqlalchemy import func
from uuid6 import uuid7

from marquee_identity.applications import repository
from marquee_identity.applications.errors import ApplicationNotFound, TooManyApplications
from marquee_identity.applications.models import Application
from marquee_identity.applications.schemas import (
    ApplicationCreate,
    ApplicationRead,
    ApplicationShown,
    ApplicationUpdate,
    GrantRead,
)
from marquee_identity.sessions.service import end_sessions
from marquee_identity.users.service import lock_me
from marquee_shared.conditional import Preconditions
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.pagination import CursorPage, CursorWindow

MOST_APPLICATIONS = 20


async def register_application(
    session: WriteSession, owner_id: UUID, given: ApplicationCreate
) -> Application:
    """Register an application of a member.

    Raises:
        TooManyApplications: the member has as many as one may.
    """
    await lock_me(session, owner_id)
    if await repository.count_applications(session, owner_id) >= MOST_APPLICATIONS:
        raise TooManyApplications(limit=MOST_APPLICATIONS)
    row = Application(
        id=UUID(int=uuid7().int),
        owner_id=owner_id,
        name=given.name,
        redirect_uris=given.redirect_uris,
    )
    await repository.insert_application(session, row)
    return row


async def list_own_applications(
    session: ReadSession, owner_id: UUID, window: CursorWindow
) -> CursorPage[ApplicationRead]:
    """Return one stretch of a member's applications, newest first."""
    found = await repository.list_applications(
        session,
        owner_id,
        before=UUID(window.after[0]) if window.after else None,
        limit=window.limit + 1,
    )
    return CursorPage(
        items=[ApplicationRead.model_validate(row) for row in found[: window.limit]],
        next_cursor=window.next_cursor([(str(row.id),) for row in found]),
    )


async def _lock_own(session: WriteSession, owner_id: UUID, application_id: UUID) -> Application:
    found = await repository.lock_application(session, application_id, owner_id=owner_id)
    if found is None:
        raise ApplicationNotFound
    return found


async def change_application(
    session: WriteSession,
    owner_id: UUID,
    application_id: UUID,
    change: ApplicationUpdate,
    preconditions: Preconditions,
) -> Application:
    """Change what is given of one of a member's applications.

    Raises:
        ApplicationNotFound: the member has no such one.
    """
    row = await _lock_own(session, owner_id, application_id)
    preconditions.require(row.revision)
    for field, value in change.model_dump(exclude_unset=True).items():
        setattr(row, field, value)
    row.revision += 1
    row.updated_at = func.now()
    await session.flush()
    await session.refresh(row)
    preconditions.answered(row.revision)
    return row


async def delete_application(
    session: WriteSession, owner_id: UUID, application_id: UUID, preconditions: Preconditions
) -> None:
    """Delete one of a member's applications; whatever it was granted ends at once.

    Raises:
        ApplicationNotFound: the member has no such one.
    """
    row = await _lock_own(session, owner_id, application_id)
    preconditions.require(row.revision)
    await _delete(session, row)


async def delete_own_applications(session: WriteSession, owner_id: UUID) -> int:
    """Delete all of a member's applications; return how many."""
    listed = await repository.list_applications(
        session, owner_id, before=None, limit=MOST_APPLICATIONS
    )
    for row in listed:
        await _delete(session, await _lock_own(session, owner_id, row.id))
    return len(listed)


async def _delete(session: WriteSession, row: Application) -> None:
    for granted in await repository.list_granted_sessions(session, row.id):
        await end_sessions(session, granted.user_id, "application_deleted", only=granted.id)
    await session.delete(row)
    await session.flush()


async def list_own_grants(
    session: ReadSession, user_id: UUID, window: CursorWindow
) -> CursorPage[GrantRead]:
    """Return one stretch of the applications that may act for a member."""
    found = await repository.list_grants(
        session,
        user_id,
        before=UUID(window.after[0]) if window.after else None,
        limit=window.limit + 1,
    )
    return CursorPage(
        items=[
            GrantRead(
                application=ApplicationShown(id=row.id, name=row.name),
                scopes=row.scopes,
                granted_at=row.granted_at,
                last_used_at=row.last_used_at,
            )
            for row in found[: window.limit]
        ],
        next_cursor=window.next_cursor([(str(row.id),) for row in found]),
    )


async def withdraw_grant(session: WriteSession, user_id: UUID, application_id: UUID) -> None:
    """Let an application act for a member no longer."""
    await lock_me(session, user_id)
    await repository.void_authorizations(session, application_id, user_id)
    for granted in await repository.list_granted_sessions(session, application_id, user_id):
        await end_sessions(session, user_id, "grant_withdrawn", only=granted.id)
