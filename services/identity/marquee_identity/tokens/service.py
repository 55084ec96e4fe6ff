"""The rules of opaque tokens."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from uuid6 import uuid7

from marquee_identity.tokens import repository
from marquee_identity.tokens.errors import TooManyTokens
from marquee_identity.tokens.models import OpaqueToken
from marquee_identity.tokens.schemas import (
    PersonalTokenCreate,
    PersonalTokenCreated,
    PersonalTokenRead,
)
from marquee_identity.users.service import lock_me
from marquee_shared.auth.tokens import CACHE_SECONDS, OPAQUE_PREFIX
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.identity import SessionRevoked
from marquee_shared.outbox import publish, publish_many
from marquee_shared.pagination import CursorPage, CursorWindow

MOST_TOKENS: Final = 50
REMEMBERED: Final = timedelta(seconds=CACHE_SECONDS) + timedelta(minutes=1)
"""Longer than any checker remembers a token that it has asked after."""


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()


async def create_service_token(
    session: WriteSession, name: str, scopes: list[str], expires_at: datetime | None = None
) -> str:
    """Make a token of a team and return it: it cannot be shown again."""
    token = OPAQUE_PREFIX + secrets.token_urlsafe(32)
    session.add(
        OpaqueToken(
            id=UUID(int=uuid7().int),
            token_hash=_hash(token),
            kind="service",
            name=name,
            scopes=scopes,
            expires_at=expires_at,
        )
    )
    await session.flush()
    return token


async def create_personal_token(
    session: WriteSession, user_id: UUID, given: PersonalTokenCreate
) -> PersonalTokenCreated:
    """Make a member's token; it cannot be shown again.

    Raises:
        TooManyTokens: the member has as many as one may.
    """
    await lock_me(session, user_id)
    if await repository.count_live_tokens(session, user_id) >= MOST_TOKENS:
        raise TooManyTokens(limit=MOST_TOKENS)
    token = OPAQUE_PREFIX + secrets.token_urlsafe(32)
    row = OpaqueToken(
        id=UUID(int=uuid7().int),
        token_hash=_hash(token),
        kind="member",
        user_id=user_id,
        name=given.name,
        scopes=sorted(given.scopes),
        expires_at=datetime.now(UTC) + timedelta(days=given.expires_in_days),
    )
    session.add(row)
    await session.flush()
    await session.refresh(row, ["created_at"])
    shown = PersonalTokenRead.model_validate(row)
    return PersonalTokenCreated(**shown.model_dump(), token=token)


async def list_personal_tokens(
    session: ReadSession, user_id: UUID, window: CursorWindow
) -> CursorPage[PersonalTokenRead]:
    """Return one stretch of a member's live tokens, newest first."""
    before = UUID(window.after[0]) if window.after else None
    found = await repository.list_live_tokens(
        session, user_id, before=before, limit=window.limit + 1
    )
    return CursorPage(
        items=[PersonalTokenRead.model_validate(row) for row in found[: window.limit]],
        next_cursor=window.next_cursor([(str(row.id),) for row in found]),
    )


async def suspend_personal_tokens(session: WriteSession, user_id: UUID) -> None:
    """Tell every checker to ask anew after the tokens of a member who is leaving.

    Introspection says that they stand for nothing while an erasure is to come.
    """
    live = await repository.list_live_tokens(session, user_id, before=None, limit=MOST_TOKENS)
    until = datetime.now(UTC) + REMEMBERED
    await publish_many(
        session,
        [(SessionRevoked(session_id=row.id, user_id=user_id, until=until), 1) for row in live],
    )


async def revoke_personal_token(session: WriteSession, user_id: UUID, token_id: UUID) -> None:
    """Revoke a member's token, and tell every checker, which may remember it."""
    if await repository.revoke_personal_token(session, user_id, token_id):
        until = datetime.now(UTC) + REMEMBERED
        told = SessionRevoked(session_id=token_id, user_id=user_id, until=until)
        await publish(session, told, 1)


async def revoke_service_tokens(session: WriteSession, name: str) -> int:
    """Revoke the live service tokens of a name and tell every checker; return how many."""
    revoked = await repository.revoke_service_tokens(session, name)
    until = datetime.now(UTC) + REMEMBERED
    await publish_many(
        session,
        [(SessionRevoked(session_id=id_, user_id=id_, until=until), 1) for id_ in revoked],
    )
    return len(revoked)


async def introspect(session: WriteSession, token: str) -> dict[str, Any]:
    """Return what a token stands for, in the shape of RFC 7662; `{"active": false}` if nothing."""
    row = await repository.find_live_token(session, _hash(token))
    if row is None:
        return {"active": False}
    answer: dict[str, Any] = {
        "active": True,
        "kind": row.kind,
        "sub": str(row.user_id or row.id),
        "username": row.username or row.name,
        "scope": " ".join(row.scopes),
        "roles": ["member"] if row.kind == "member" else [],
        "verified": row.verified or row.kind == "service",
        "boarded": bool(row.boarded),
        "language": row.language,
        "token_type": "Bearer",
        "sid": str(row.id),
    }
    if row.expires_at is not None:
        answer["exp"] = int(row.expires_at.timestamp())
    return answer
