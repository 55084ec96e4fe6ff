"""A member's applications, and the applications that may act for a member."""

from uuid import UUID

from fastapi import status

from marquee_identity.applications.schemas import (
    ApplicationCreate,
    ApplicationRead,
    ApplicationUpdate,
    GrantRead,
)
from marquee_identity.applications.service import (
    change_application,
    delete_application,
    list_own_applications,
    list_own_grants,
    register_application,
    withdraw_grant,
)
from marquee_identity.sessions.members import SignedInMember
from marquee_shared.auth.dependencies import VerifiedMember
from marquee_shared.conditional import PreconditionsDep
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router = new_router(prefix="/v1/me/applications", tags=["applications"])


@router.get("")
async def list_applications(
    member: SignedInMember, session: ReadSessionDep, window: CursorWindowDep
) -> CursorPage[ApplicationRead]:
    """List the caller's own applications, newest first."""
    return await list_own_applications(session, member.id, window)


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_application(
    body: ApplicationCreate,
    member: VerifiedMember,
    _signed_in: SignedInMember,
    session: WriteSessionDep,
) -> ApplicationRead:
    """Register a program that asks members for access by OAuth 2.0.

    It is a public client: there is no secret, codes need PKCE (S256). At most 20 a member.
    """
    return ApplicationRead.model_validate(await register_application(session, member.id, body))


@router.get("/authorized")
async def list_grants(
    member: SignedInMember, session: ReadSessionDep, window: CursorWindowDep
) -> CursorPage[GrantRead]:
    """List the applications that may act for the caller, and what they may."""
    return await list_own_grants(session, member.id, window)


@router.delete("/authorized/{application_id}", status_code=status.HTTP_204_NO_CONTENT)
async def end_grant(application_id: UUID, member: SignedInMember, session: WriteSessionDep) -> None:
    """Let an application act for the caller no longer; its tokens are refused within seconds."""
    await withdraw_grant(session, member.id, application_id)


@router.patch("/{application_id}")
async def update_application(
    application_id: UUID,
    body: ApplicationUpdate,
    member: SignedInMember,
    session: WriteSessionDep,
    preconditions: PreconditionsDep,
) -> ApplicationRead:
    """Change name or redirect URIs of one of the caller's applications."""
    row = await change_application(session, member.id, application_id, body, preconditions)
    return ApplicationRead.model_validate(row)


@router.delete("/{application_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_application(
    application_id: UUID,
    member: SignedInMember,
    session: WriteSessionDep,
    preconditions: PreconditionsDep,
) -> None:
    """Delete one of the caller's applications; the tokens it was given are refused everywhere."""
    await delete_application(session, member.id, application_id, preconditions)
