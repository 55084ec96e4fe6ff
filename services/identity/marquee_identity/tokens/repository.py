"""SQL of opaque tokens."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select, text, update

from marquee_identity.tokens.models import OpaqueToken
from marquee_shared.database import ReadSession, WriteSession

FIND = text(
    "SELECT t.id, t.kind, t.name, t.scopes, t.expires_at, "
    "  t.last_used_at IS NULL OR t.last_used_at < now() - interval '1 minute' AS note_use, "
    "  u.id AS user_id, u.username, u.roles, u.boarded, u.language, "
    "  u.verified_at IS NOT NULL AS verified "
    "FROM opaque_tokens t LEFT JOIN users u ON u.id = t.user_id "
    "WHERE t.token_hash = :token_hash AND t.revoked_at IS NULL "
    "  AND (t.expires_at IS NULL OR t.expires_at > now()) "
    "  AND NOT EXISTS (SELECT FROM erasures e WHERE e.user_id = t.user_id) "
    "  AND NOT EXISTS (SELECT FROM suspensions s WHERE s.user_id = t.user_id AND s.suspended "
    "    AND (s.until IS NULL OR s.until > now()))"
)
USED = text("UPDATE opaque_tokens SET last_used_at = now() WHERE id = :id")


async def find_live_token(session: WriteSession, token_hash: bytes) -> Row[Any] | None:
    """Return a token that is good now, with its member; notes its use once a minute."""
    row = (await session.execute(FIND, {"token_hash": token_hash})).one_or_none()
    if row is not None and row.note_use:
        await session.execute(USED, {"id": row.id})
    return row


def _live(user_id: UUID) -> list[ColumnElement[bool]]:
    return [
        OpaqueToken.user_id == user_id,
        OpaqueToken.revoked_at.is_(None),
        OpaqueToken.expires_at > func.now(),
    ]


async def count_live_tokens(session: WriteSession, user_id: UUID) -> int:
    """Count a member's tokens that are good now."""
    statement = select(func.count()).select_from(OpaqueToken).where(*_live(user_id))
    return (await session.scalars(statement)).one()


async def list_live_tokens(
    session: ReadSession | WriteSession, user_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[OpaqueToken]:
    """Return a member's tokens that are good now, newest first (ids are time-ordered)."""
    statement = select(OpaqueToken).where(*_live(user_id))
    if before is not None:
        statement = statement.where(OpaqueToken.id < before)
    return (await session.scalars(statement.order_by(OpaqueToken.id.desc()).limit(limit))).all()


async def revoke_personal_token(session: WriteSession, user_id: UUID, token_id: UUID) -> bool:
    """Revoke a member's token; False when there is none that is live."""
    result = await session.execute(
        update(OpaqueToken)
        .where(
            OpaqueToken.id == token_id,
            OpaqueToken.user_id == user_id,
            OpaqueToken.revoked_at.is_(None),
        )
        .values(revoked_at=func.now())
        .returning(OpaqueToken.id)
    )
    return result.first() is not None


async def list_service_tokens(session: ReadSession | WriteSession) -> Sequence[OpaqueToken]:
    """Return the service tokens, oldest first."""
    statement = select(OpaqueToken).where(OpaqueToken.kind == "service").order_by(OpaqueToken.id)
    return (await session.scalars(statement)).all()


async def revoke_service_tokens(session: WriteSession, name: str) -> list[UUID]:
    """Revoke the live service tokens of a name; return their ids."""
    result = await session.execute(
        update(OpaqueToken)
        .where(
            OpaqueToken.kind == "service",
            OpaqueToken.name == name,
            OpaqueToken.revoked_at.is_(None),
        )
        .values(revoked_at=func.now())
        .returning(OpaqueToken.id)
    )
    return list(result.scalars())
