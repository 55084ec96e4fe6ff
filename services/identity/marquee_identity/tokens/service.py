"""The rules of opaque tokens."""

import hashlib
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from uuid6 import uuid7

from marquee_identity.tokens import repository
from marquee_identity.tokens.models import OpaqueToken
from marquee_shared.auth.tokens import OPAQUE_PREFIX
from marquee_shared.database import WriteSession


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
        "roles": row.roles or [],
        "verified": row.verified or row.kind == "service",
        "boarded": bool(row.boarded),
        "language": row.language,
        "token_type": "Bearer",
    }
    if row.expires_at is not None:
        answer["exp"] = int(row.expires_at.timestamp())
    return answer
