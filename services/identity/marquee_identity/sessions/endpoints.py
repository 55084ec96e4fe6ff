"""Routes of signing in and out, refreshing, and one's own sessions."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Form, status

from marquee_identity.clients import ClientDep
from marquee_identity.running import ContextDep, PartsDep
from marquee_identity.sessions.access_tokens import SigningKeyDep
from marquee_identity.sessions.credentials import CheckedCredentials, check_credentials
from marquee_identity.sessions.schemas import Login, Refresh, SessionRead, SignedIn, TokenForm
from marquee_identity.sessions.service import (
    end_sessions,
    list_own_sessions,
    refresh,
    sign_in,
)
from marquee_shared.auth.dependencies import CurrentMember
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import Language, new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router = new_router(tags=["sessions"])


async def _checked_login(
    body: Login, context: ContextDep, parts: PartsDep, client: ClientDep
) -> CheckedCredentials:
    return await check_credentials(context.database, parts, client, body.login, body.password)


async def _checked_form(
    form: Annotated[TokenForm, Form()], context: ContextDep, parts: PartsDep, client: ClientDep
) -> CheckedCredentials:
    return await check_credentials(context.database, parts, client, form.username, form.password)


@router.post("/v1/auth/login")
async def log_in(
    checked: Annotated[CheckedCredentials, Depends(_checked_login)],
    signing_key: SigningKeyDep,
    session: WriteSessionDep,
    context: ContextDep,
    client: ClientDep,
    language: Language,
) -> SignedIn:
    """Sign in by username or e-mail address.

    Wrong ones are 401 `invalid_credentials`, whether or not the account exists; after several,
    429 with a growing `Retry-After`. A suspended member is 403 `account_suspended`.
    """
    return await sign_in(session, context, checked, client, signing_key, language)


@router.post("/v1/auth/token")
async def issue_token(
    checked: Annotated[CheckedCredentials, Depends(_checked_form)],
    signing_key: SigningKeyDep,
    session: WriteSessionDep,
    context: ContextDep,
    client: ClientDep,
    language: Language,
) -> SignedIn:
    """Sign in by OAuth 2.0's password form, for clients that know no other."""
    return await sign_in(session, context, checked, client, signing_key, language)


@router.post("/v1/auth/refresh")
async def refresh_tokens(
    body: Refresh,
    signing_key: SigningKeyDep,
    session: WriteSessionDep,
    context: ContextDep,
    client: ClientDep,
) -> SignedIn:
    """Spend a refresh token for a new pair with fresh claims.

    Sent again within 10 s, before its successor was used, a spent token gives the same successor;
    otherwise it is 401 `refresh_token_reused` and ends the session. Sessions last 90 days, and
    30 days without use.
    """
    return await refresh(session, context, body.refresh_token, client, signing_key)


@router.post("/v1/auth/logout", status_code=status.HTTP_204_NO_CONTENT)
async def log_out(member: CurrentMember, session: WriteSessionDep) -> None:
    """End the session of the access token; its tokens are refused everywhere within seconds."""
    if member.session_id is not None:
        await end_sessions(session, member.id, "logout", only=member.session_id)


@router.get("/v1/me/sessions")
async def list_sessions(
    member: CurrentMember, session: ReadSessionDep, window: CursorWindowDep
) -> CursorPage[SessionRead]:
    """List the caller's sessions, newest first."""
    return await list_own_sessions(session, member, window)


@router.delete("/v1/me/sessions", status_code=status.HTTP_204_NO_CONTENT)
async def end_other_sessions(member: CurrentMember, session: WriteSessionDep) -> None:
    """End all of the caller's sessions but the one this request is made in."""
    await end_sessions(session, member.id, "ended_by_member", but=member.session_id)


@router.delete("/v1/me/sessions/{session_id}", status_code=status.HTTP_204_NO_CONTENT)
async def end_session(session_id: UUID, member: CurrentMember, session: WriteSessionDep) -> None:
    """End one of the caller's sessions."""
    await end_sessions(session, member.id, "ended_by_member", only=session_id)
