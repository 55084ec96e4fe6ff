"""The rules of sessions.

A refresh token works once. It comes a second time either from a client that lost the answer
(within `GRACE`, its successor not used yet: it gets the same successor again) or because two
hold it, one of them wrongly: then the whole family, the session, ends.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from joserfc.jwk import ECKey
from uuid6 import uuid7

from marquee_identity.clients import Client
from marquee_identity.erasures.repository import undo_erasure
from marquee_identity.keys.service import ACCESS_TOKEN_LIFETIME
from marquee_identity.security.service import record_event
from marquee_identity.sessions import repository
from marquee_identity.sessions.access_tokens import EXPIRES_IN, Granted, sign_access_token
from marquee_identity.sessions.credentials import CheckedCredentials
from marquee_identity.sessions.errors import (
    InvalidCredentials,
    InvalidRefreshToken,
    RefreshTokenReused,
)
from marquee_identity.sessions.models import Session
from marquee_identity.sessions.refresh_tokens import (
    new_refresh_token,
    open_successor,
    refresh_token_hash,
    seal_successor,
)
from marquee_identity.sessions.schemas import SessionRead, SignedIn
from marquee_identity.settings import IdentitySettings
from marquee_identity.suspensions.service import refuse_suspended
from marquee_identity.users.models import User
from marquee_identity.users.repository import find_user, lock_user
from marquee_identity.users.schemas import UserRead
from marquee_shared.auth.principals import Principal
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.identity import SessionRevoked
from marquee_shared.outbox import publish_many
from marquee_shared.pagination import CursorPage, CursorWindow
from marquee_shared.service import Context

ABSOLUTE_LIFETIME: Final = timedelta(days=90)
IDLE_LIFETIME: Final = timedelta(days=30)
GRACE: Final = timedelta(seconds=10)
KEPT_AFTER_EXPIRY: Final = timedelta(days=7)
LEEWAY: Final = timedelta(minutes=1)
"""Clocks of checkers may be behind; a revocation outlives every token it is about."""


async def open_session(
    session: WriteSession, user: User, client: Client, key: ECKey, settings: IdentitySettings
) -> SignedIn:
    """Start a session of a member and return its first tokens; one who was leaving stays."""
    await undo_erasure(session, user.id)
    session_id, token = await _begin(session, user, client, None)
    return _signed_in(user, session_id, token, key, settings)


async def open_grant(
    session: WriteSession, user: User, client: Client, granted: Granted
) -> tuple[UUID, str]:
    """Start what a member has granted an application; return its id and first refresh token.

    Raises:
        AccountSuspended: nobody acts for the member now.
    """
    await refuse_suspended(session, user.id)
    return await _begin(session, user, client, granted)


async def _begin(
    session: WriteSession, user: User, client: Client, granted: Granted | None
) -> tuple[UUID, str]:
    token = new_refresh_token()
    row = Session(
        id=UUID(int=uuid7().int),
        user_id=user.id,
        device=client.device,
        address=client.address,
        expires_at=datetime.now(UTC) + ABSOLUTE_LIFETIME,
        application_id=granted.application_id if granted else None,
        scopes=list(granted.scopes) if granted else [],
    )
    await repository.insert_session(session, row, refresh_token_hash(token))
    return row.id, token


def _signed_in(
    user: User, session_id: UUID, refresh_token: str, key: ECKey, settings: IdentitySettings
) -> SignedIn:
    return SignedIn(
        access_token=sign_access_token(user, session_id, key, settings),
        refresh_token=refresh_token,
        expires_in=EXPIRES_IN,
        user=UserRead.model_validate(user),
    )


async def start_session(
    session: WriteSession,
    context: Context[IdentitySettings],
    user: User,
    client: Client,
    key: ECKey,
    language: str,
) -> SignedIn:
    """Sign a member in, whose row the caller has locked, and tell them of a device new to us.

    Raises:
        AccountSuspended: they may not sign in now.
    """
    await refuse_suspended(session, user.id)
    if not await repository.knows_device(session, user.id, client.device):
        await record_event(session, context, user, "new_device", client, language=language)
    return await open_session(session, user, client, key, context.settings)


async def sign_in(
    session: WriteSession,
    context: Context[IdentitySettings],
    checked: CheckedCredentials,
    client: Client,
    key: ECKey,
    language: str,
) -> SignedIn:
    """Start a session for credentials that were found right.

    Raises:
        InvalidCredentials: the password was changed since the check.
        AccountSuspended: the member may not sign in now.
    """
    user = await lock_user(session, checked.user_id)
    if user is None or user.password_hash != checked.password_hash:
        raise InvalidCredentials
    if checked.stronger_hash is not None:
        user.password_hash = checked.stronger_hash
    return await start_session(session, context, user, client, key, language)


@dataclass(frozen=True, slots=True)
class Renewed:
    """A session that goes on, by its next refresh token."""

    user: User
    session_id: UUID
    refresh_token: str
    scopes: tuple[str, ...]


async def refresh(
    session: WriteSession,
    context: Context[IdentitySettings],
    token: str,
    client: Client,
    key: ECKey,
) -> SignedIn:
    """Spend a refresh token for a new pair with the member's claims as they are now.

    Raises:
        AccountSuspended, InvalidRefreshToken, RefreshTokenReused: see `renew`.
    """
    renewed = await renew(session, context, token, client, None)
    return _signed_in(
        renewed.user, renewed.session_id, renewed.refresh_token, key, context.settings
    )


async def renew(
    session: WriteSession,
    context: Context[IdentitySettings],
    token: str,
    client: Client,
    application_id: UUID | None,
) -> Renewed:
    """Spend a refresh token of an application, or of none, for its successor.

    Raises:
        AccountSuspended: its member may not be signed in now.
        InvalidRefreshToken: unknown, expired, another's, or its session has ended.
        RefreshTokenReused: spent before; its session ends with this.
    """
    token_hash = refresh_token_hash(token)
    presented = await repository.lock_presented(
        session, token_hash, idle=IDLE_LIFETIME, grace=GRACE
    )
    if presented is None or presented.application_id != application_id:
        raise InvalidRefreshToken
    await refuse_suspended(session, presented.user_id)
    if not presented.alive:
        raise InvalidRefreshToken
    user = await find_user(session, presented.user_id)
    if user is None:
        raise InvalidRefreshToken
    if not presented.spent:
        successor = new_refresh_token()
        await repository.spend(
            session,
            token_hash,
            session_id=presented.session_id,
            successor_hash=refresh_token_hash(successor),
            successor_sealed=seal_successor(token, successor),
        )
        await repository.touch(
            session, presented.session_id, device=client.device, address=client.address
        )
    elif presented.recent and presented.successor_unspent:
        successor = open_successor(token, bytes(presented.successor_sealed))
    else:
        await end_sessions(session, user.id, "refresh_token_reused", only=presented.session_id)
        await record_event(session, context, user, "refresh_token_reused", client)
        raise RefreshTokenReused
    return Renewed(user, presented.session_id, successor, tuple(presented.scopes))


async def end_sessions(
    session: WriteSession,
    user_id: UUID,
    reason: str,
    *,
    only: UUID | None = None,
    but: UUID | None = None,
) -> None:
    """End a member's sessions (one, or all but one) and tell every checker of tokens.

    Where it is more than one, what applications were granted ends too, and what they are about to
    be. Who acts on it later has locked the member's row.
    """
    if only is None:
        await repository.void_authorizations(session, user_id)
    ended = await repository.end_sessions(session, user_id, reason, only=only, but=but)
    until = datetime.now(UTC) + ACCESS_TOKEN_LIFETIME + LEEWAY
    await publish_many(
        session,
        [(SessionRevoked(session_id=row.id, user_id=row.user_id, until=until), 1) for row in ended],
    )


async def list_own_sessions(
    session: ReadSession, member: Principal, window: CursorWindow
) -> CursorPage[SessionRead]:
    """Return one stretch of the caller's living sessions, newest first."""
    rows = await repository.list_sessions(
        session,
        member.id,
        idle=IDLE_LIFETIME,
        before=UUID(window.after[0]) if window.after else None,
        limit=window.limit + 1,
    )
    return CursorPage(
        items=[
            SessionRead(
                id=row.id,
                device=row.device,
                address=row.address,
                created_at=row.created_at,
                last_used_at=row.last_used_at,
                expires_at=row.expires_at,
                application=application,
                current=row.id == member.session_id,
            )
            for row, application in rows[: window.limit]
        ],
        next_cursor=window.next_cursor([(str(row.id),) for row, _ in rows]),
    )


async def delete_expired_sessions(context: Context[Any]) -> None:
    """Forget sessions some days after they expired: until then a reuse is still recognised."""
    async with context.database.transaction() as session:
        await repository.delete_expired(session, datetime.now(UTC) - KEPT_AFTER_EXPIRY)
