"""SQL of sessions and refresh tokens."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, delete, func, select, text, update

from marquee_identity.applications.models import Application
from marquee_identity.sessions.models import RefreshToken, Session
from marquee_shared.database import ReadSession, WriteSession

LOCK_FAMILY = text(
    "SELECT id FROM sessions WHERE id = "
    "(SELECT session_id FROM refresh_tokens WHERE token_hash = :token_hash) FOR UPDATE"
)
PRESENTED = text(
    "SELECT s.id AS session_id, s.user_id, s.application_id, s.scopes, "
    "  s.ended_at IS NULL AND s.expires_at > now() "
    "    AND t.created_at > now() - CAST(:idle AS interval) AS alive, "
    "  t.spent_at IS NOT NULL AS spent, t.spent_at > now() - CAST(:grace AS interval) AS recent, "
    "  t.successor_sealed, next.spent_at IS NULL AS successor_unspent "
    "FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id "
    "LEFT JOIN refresh_tokens next ON next.token_hash = t.successor_hash "
    "WHERE t.token_hash = :token_hash"
)
# Of a device's name the versions change; the rest says what it is.
KNOWS_DEVICE = text(
    "SELECT EXISTS (SELECT FROM sessions WHERE user_id = :user_id AND "
    "  application_id IS NULL AND regexp_replace(device, '[0-9.]+', '', 'g') = "
    "  regexp_replace(CAST(:device AS text), '[0-9.]+', '', 'g'))"
)
IS_LIVE = text(
    "SELECT ended_at IS NULL AND expires_at > now() FROM sessions "
    "WHERE id = :id AND user_id = :user_id"
)
VOID_AUTHORIZATIONS = text("DELETE FROM authorizations WHERE user_id = :user_id")
STARTED = text("SELECT created_at > now() - CAST(:age AS interval) FROM sessions WHERE id = :id")


class Ended(NamedTuple):
    """A session that has just been ended."""

    id: UUID
    user_id: UUID


async def insert_session(session: WriteSession, row: Session, token_hash: bytes) -> None:
    """Add a session and its first refresh token."""
    session.add(row)
    await session.flush()
    session.add(RefreshToken(token_hash=token_hash, session_id=row.id))
    await session.flush()


async def knows_device(session: WriteSession, user_id: UUID, device: str) -> bool:
    """Whether a member has signed in on such a device since we remember."""
    values = {"user_id": user_id, "device": device}
    return bool(await session.scalar(KNOWS_DEVICE, values))


async def was_started_within(
    session: ReadSession | WriteSession, session_id: UUID, age: timedelta
) -> bool:
    """Whether a session is younger than `age`."""
    return bool(await session.scalar(STARTED, {"id": session_id, "age": age}))


async def is_live(session: WriteSession, session_id: UUID, user_id: UUID) -> bool:
    """Whether a session of a member has not ended."""
    return bool(await session.scalar(IS_LIVE, {"id": session_id, "user_id": user_id}))


async def void_authorizations(session: WriteSession, user_id: UUID) -> None:
    """Let nothing come of what a member has approved and no application has fetched yet."""
    await session.execute(VOID_AUTHORIZATIONS, {"user_id": user_id})


async def lock_presented(
    session: WriteSession, token_hash: bytes, *, idle: timedelta, grace: timedelta
) -> Row[Any] | None:
    """Lock a token's family, then return how it stands; None for an unknown token.

    Two statements: what the second reads is newer than the lock, so of many that present the
    same token the first finds it unspent and all others find what the first has done.
    """
    if (await session.execute(LOCK_FAMILY, {"token_hash": token_hash})).first() is None:
        return None
    values = {"token_hash": token_hash, "idle": idle, "grace": grace}
    return (await session.execute(PRESENTED, values)).one_or_none()


async def spend(
    session: WriteSession,
    token_hash: bytes,
    *,
    session_id: UUID,
    successor_hash: bytes,
    successor_sealed: bytes,
) -> None:
    """Mark a token spent, and add its successor."""
    await session.execute(
        update(RefreshToken)
        .where(RefreshToken.token_hash == token_hash)
        .values(
            spent_at=func.now(), successor_hash=successor_hash, successor_sealed=successor_sealed
        )
    )
    session.add(RefreshToken(token_hash=successor_hash, session_id=session_id))
    await session.flush()


async def touch(session: WriteSession, session_id: UUID, *, device: str, address: str) -> None:
    """Note that a session is used now, and from where."""
    await session.execute(
        update(Session)
        .where(Session.id == session_id)
        .values(last_used_at=func.now(), device=device, address=address)
    )


async def end_sessions(
    session: WriteSession,
    user_id: UUID,
    reason: str,
    *,
    only: UUID | None = None,
    but: UUID | None = None,
) -> list[Ended]:
    """End a member's sessions (one, or all but one); return those that were not ended before."""
    statement = (
        update(Session)
        .where(Session.user_id == user_id, Session.ended_at.is_(None))
        .values(ended_at=func.now(), end_reason=reason)
        .returning(Session.id, Session.user_id)
    )
    if only is not None:
        statement = statement.where(Session.id == only)
    if but is not None:
        statement = statement.where(Session.id != but)
    return [Ended(row.id, row.user_id) for row in await session.execute(statement)]


async def list_sessions(
    session: ReadSession, user_id: UUID, *, idle: timedelta, before: UUID | None, limit: int
) -> Sequence[tuple[Session, str | None]]:
    """Return a member's living sessions, newest first (ids are time-ordered).

    With each goes the name of the application that it was granted to, if it was.
    """
    statement = (
        select(Session, Application.name)
        .outerjoin(Application, Application.id == Session.application_id)
        .where(
            Session.user_id == user_id,
            Session.ended_at.is_(None),
            Session.expires_at > func.now(),
            Session.last_used_at > func.now() - idle,
        )
        .order_by(Session.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(Session.id < before)
    return [(row[0], row[1]) for row in await session.execute(statement)]


async def delete_expired(session: WriteSession, before: datetime) -> int:
    """Delete sessions, with their tokens, that expired before a moment; return how many."""
    result = await session.execute(
        delete(Session).where(Session.expires_at < before).returning(Session.id)
    )
    return len(result.all())
