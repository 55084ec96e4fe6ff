"""A member's own tokens; and introspection, to which the gateway routes nothing."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Response, status
from pydantic import StringConstraints

from marquee_identity.sessions.members import SignedInMember
from marquee_identity.tokens.schemas import (
    PersonalTokenCreate,
    PersonalTokenCreated,
    PersonalTokenRead,
)
from marquee_identity.tokens.service import (
    create_personal_token,
    introspect,
    list_personal_tokens,
    revoke_personal_token,
)
from marquee_shared.auth.dependencies import VerifiedMember
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.schemas import RequestModel
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router = new_router(tags=["tokens"])


@router.get("/v1/me/tokens")
async def list_tokens(
    member: SignedInMember, session: ReadSessionDep, window: CursorWindowDep
) -> CursorPage[PersonalTokenRead]:
    """List the caller's tokens that are good now, newest first."""
    return await list_personal_tokens(session, member.id, window)


@router.post(
    "/v1/me/tokens",
    status_code=status.HTTP_201_CREATED,
    responses={201: {"headers": {"Location": {"schema": {"type": "string"}}}}},
)
async def create_token(
    body: PersonalTokenCreate,
    member: VerifiedMember,
    _signed_in: SignedInMember,
    session: WriteSessionDep,
    response: Response,
) -> PersonalTokenCreated:
    """Make a token for a program of the caller's, which may do what its scopes say.

    It never carries roles, and never reaches what guards the account: sessions, password, address,
    tokens, exports, leaving.
    """
    created = await create_personal_token(session, member.id, body)
    response.headers["Location"] = f"/v1/me/tokens/{created.id}"
    return created


@router.delete("/v1/me/tokens/{token_id}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_token(token_id: UUID, member: SignedInMember, session: WriteSessionDep) -> None:
    """Revoke one of the caller's tokens; it is refused everywhere within seconds."""
    await revoke_personal_token(session, member.id, token_id)


class GivenToken(RequestModel):
    """A token to ask after."""

    token: Annotated[str, StringConstraints(max_length=500)]


@router.post("/internal/introspect", include_in_schema=False)
async def introspect_token(body: GivenToken, session: WriteSessionDep) -> dict[str, Any]:
    """Say what an opaque token stands for (RFC 7662)."""
    return await introspect(session, body.token)
