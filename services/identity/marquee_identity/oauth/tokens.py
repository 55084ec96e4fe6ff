"""What applications get for codes and refresh tokens, and how they give it back."""

import hmac
import re
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.jwk import ECKey
from sqlalchemy import Row
from uuid6 import uuid7

from marquee_identity.applications.repository import keep_application
from marquee_identity.clients import Client
from marquee_identity.oauth import repository
from marquee_identity.oauth.codes import code_hash, new_code, new_user_code, user_code_hash
from marquee_identity.oauth.errors import OAuthNoted, OAuthRefused
from marquee_identity.oauth.metadata import device_page_of
from marquee_identity.oauth.schemas import DeviceCodes, TokenAnswer, TokenRequest, split_scope
from marquee_identity.sessions.access_tokens import EXPIRES_IN, Granted, sign_access_token
from marquee_identity.sessions.refresh_tokens import refresh_token_hash
from marquee_identity.sessions.service import end_sessions, open_grant, renew
from marquee_identity.settings import IdentitySettings
from marquee_identity.users.models import User
from marquee_identity.users.repository import lock_user
from marquee_shared.auth.tokens import TokenVerifier
from marquee_shared.database import WriteSession
from marquee_shared.problems import InvalidToken
from marquee_shared.service import Context

DEVICE_LIFETIME: Final = timedelta(minutes=10)
INTERVAL_SECONDS: Final = 5
KEPT_AFTER_EXPIRY: Final = timedelta(hours=1)
"""So long a code that was used is known, should it come again."""
VERIFIER: Final = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
UNKNOWN_CODE: Final = "The code is unknown, expired or used."


def _needed(value: str | None, name: str) -> str:
    if value is None:
        raise OAuthRefused("invalid_request", f"{name} is missing.")
    return value


async def _keep_client(session: WriteSession, client_id: UUID) -> None:
    if await keep_application(session, client_id) is None:
        raise OAuthRefused("invalid_client", "There is no application with this client_id.")


async def exchange_code(
    session: WriteSession,
    context: Context[IdentitySettings],
    given: TokenRequest,
    client: Client,
    key: ECKey,
) -> TokenAnswer:
    """Give tokens for a code and the verifier of its challenge.

    A code that comes twice is in two hands: what it gave ends.
    """
    code = _needed(given.code, "code")
    redirect_uri = _needed(given.redirect_uri, "redirect_uri")
    verifier = _needed(given.code_verifier, "code_verifier")
    await _keep_client(session, given.client_id)
    found = await repository.find_authorization(session, code_hash(code), given.client_id)
    if found is None or found.challenge is None:
        raise OAuthRefused("invalid_grant", UNKNOWN_CODE)
    user, held = await _lock(session, found)
    if held.state == "used":
        if held.session_id is not None:
            await end_sessions(session, user.id, "code_reused", only=held.session_id)
        raise OAuthNoted("invalid_grant", "The code was used before; what it gave has ended.")
    if held.expired or held.state != "approved":
        raise OAuthRefused("invalid_grant", UNKNOWN_CODE)
    if held.redirect_uri != redirect_uri:
        raise OAuthRefused("invalid_grant", "redirect_uri is not the one of the request.")
    if not _verifies(verifier, held.challenge):
        raise OAuthRefused("invalid_grant", "code_verifier does not belong to the challenge.")
    return await _grant(session, context, user, held, client, key)


def _verifies(verifier: str, challenge: str) -> bool:
    return VERIFIER.fullmatch(verifier) is not None and hmac.compare_digest(
        create_s256_code_challenge(verifier), challenge
    )


async def _lock(session: WriteSession, found: Row[Any]) -> tuple[User, Row[Any]]:
    """Return an authorization and its member, as they are now and until we are done."""
    user = await lock_user(session, found.user_id)
    held = await repository.lock_authorization(session, found.id)
    if user is None or held is None:
        raise OAuthRefused("invalid_grant", UNKNOWN_CODE)
    return user, held


async def _grant(
    session: WriteSession,
    context: Context[IdentitySettings],
    user: User,
    held: Row[Any],
    client: Client,
    key: ECKey,
) -> TokenAnswer:
    granted = Granted(held.application_id, tuple(held.scopes))
    session_id, refresh_token = await open_grant(session, user, client, granted)
    await repository.use_authorization(session, held.id, session_id)
    return _answer(user, session_id, refresh_token, granted, key, context.settings)


def _answer(
    user: User,
    session_id: UUID,
    refresh_token: str,
    granted: Granted,
    key: ECKey,
    settings: IdentitySettings,
) -> TokenAnswer:
    return TokenAnswer(
        access_token=sign_access_token(user, session_id, key, settings, granted),
        expires_in=EXPIRES_IN,
        refresh_token=refresh_token,
        scope=" ".join(granted.scopes),
    )


async def spend_refresh_token(
    session: WriteSession,
    context: Context[IdentitySettings],
    given: TokenRequest,
    client: Client,
    key: ECKey,
) -> TokenAnswer:
    """Give the next tokens; with a narrower scope, where one is asked for, this once.

    Raises:
        InvalidRefreshToken, RefreshTokenReused, AccountSuspended: as for any session.
    """
    token = _needed(given.refresh_token, "refresh_token")
    wanted = _scopes(given.scope) if given.scope is not None else None
    await _keep_client(session, given.client_id)
    renewed = await renew(session, context, token, client, given.client_id)
    if wanted is not None and not set(wanted) <= set(renewed.scopes):
        raise OAuthRefused("invalid_scope", "That is more than the member has granted.")
    granted = Granted(given.client_id, tuple(wanted or renewed.scopes))
    return _answer(
        renewed.user, renewed.session_id, renewed.refresh_token, granted, key, context.settings
    )


def _scopes(text: str) -> list[str]:
    try:
        return list(split_scope(text))
    except ValueError as error:
        raise OAuthRefused("invalid_scope", f"{error}.") from error


async def begin_device(
    session: WriteSession,
    settings: IdentitySettings,
    client_id: UUID,
    scope: str,
    client: Client,
) -> DeviceCodes:
    """Give a device what it shows, and what it asks with until a member has answered."""
    scopes = _scopes(scope)
    await _keep_client(session, client_id)
    device_code = new_code()
    added = False
    while not added:
        user_code = new_user_code()
        added = await repository.insert_authorization(
            session,
            lifetime=DEVICE_LIFETIME,
            id=UUID(int=uuid7().int),
            application_id=client_id,
            code_hash=code_hash(device_code),
            user_code_hash=user_code_hash(settings.secret_key, user_code),
            scopes=scopes,
            state="pending",
            device=client.device,
            address=client.address,
            interval_seconds=INTERVAL_SECONDS,
        )
    page = device_page_of(settings)
    return DeviceCodes(
        device_code=device_code,
        user_code=user_code,
        verification_uri=page,
        verification_uri_complete=f"{page}?user_code={user_code}",
        expires_in=int(DEVICE_LIFETIME.total_seconds()),
        interval=INTERVAL_SECONDS,
    )


async def poll_device(
    session: WriteSession,
    context: Context[IdentitySettings],
    given: TokenRequest,
    client: Client,
    key: ECKey,
) -> TokenAnswer:
    """Give a device its tokens, once, when a member has let it in."""
    device_code = _needed(given.device_code, "device_code")
    await _keep_client(session, given.client_id)
    found = await repository.find_authorization(session, code_hash(device_code), given.client_id)
    if found is None or found.user_code_hash is None or found.state == "used":
        raise OAuthRefused("invalid_grant", UNKNOWN_CODE)
    if found.expired:
        raise OAuthRefused("expired_token", "Nobody has answered in time; begin anew.")
    if found.state == "denied":
        raise OAuthRefused("access_denied", "The member has said no.")
    if found.state == "pending":
        if await repository.note_poll(session, found.id):
            raise OAuthNoted("slow_down", "Ask five seconds less often from now on.")
        raise OAuthNoted("authorization_pending", "The member has not answered yet.")
    user, held = await _lock(session, found)
    if held.state != "approved":
        raise OAuthRefused("invalid_grant", UNKNOWN_CODE)
    return await _grant(session, context, user, held, client, key)


async def revoke(
    session: WriteSession, verifier: TokenVerifier, client_id: UUID, token: str
) -> None:
    """End what a token of an application belongs to; of any other nothing is said (RFC 7009)."""
    held = await repository.find_held_session(session, refresh_token_hash(token), client_id)
    if held is not None:
        await end_sessions(session, held.user_id, "revoked_by_application", only=held.id)
        return
    try:
        principal = await verifier.verify(token)
    except InvalidToken:
        return
    if principal.session_id is None:
        return
    if await repository.application_of_session(session, principal.session_id) == client_id:
        await end_sessions(
            session, principal.id, "revoked_by_application", only=principal.session_id
        )


async def delete_expired_authorizations(context: Context[Any]) -> None:
    """Forget codes some time after they expired."""
    async with context.database.transaction() as session:
        await repository.delete_expired(session, KEPT_AFTER_EXPIRY)
