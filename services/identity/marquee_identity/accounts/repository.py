"""SQL of one-time codes: each rule is one statement, so that it holds under concurrency."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from marquee_shared.database import WriteSession

# A code that went to one address must not prove another.
REQUEST = text(
    "INSERT INTO codes AS c (user_id, purpose, email) VALUES (:user_id, :purpose, :email) "
    "ON CONFLICT (user_id, purpose) DO UPDATE SET requested_at = now(), email = excluded.email, "
    "  code_hash = CASE WHEN c.email IS DISTINCT FROM excluded.email THEN NULL "
    "    ELSE c.code_hash END "
    "WHERE c.requested_at <= now() - make_interval(secs => :pause) RETURNING true"
)
WAIT = text(
    "SELECT ceil(extract(epoch FROM requested_at - now()) + :pause)::int FROM codes "
    "WHERE user_id = :user_id AND purpose = :purpose"
)
SET = text(
    "UPDATE codes SET code_hash = :code_hash, tries = 0, "
    "expires_at = now() + make_interval(secs => :lifetime) "
    "WHERE user_id = :user_id AND purpose = :purpose RETURNING email"
)
TRY = text(
    "UPDATE codes SET tries = tries + 1 WHERE user_id = :user_id AND purpose = :purpose "
    "AND code_hash IS NOT NULL AND tries < :most AND expires_at > now() RETURNING code_hash, email"
)
DELETE = text("DELETE FROM codes WHERE user_id = :user_id AND purpose = ANY(:purposes)")
WRITE_NOTHING = text("SELECT pg_logical_emit_message(true, 'marquee', '')")


async def request_code(
    session: WriteSession, user_id: UUID, purpose: str, *, pause: float, email: str | None = None
) -> int:
    """Note that a code is wanted; return 0, or the seconds to wait since the last one."""
    values = {"user_id": user_id, "purpose": purpose, "pause": pause}
    if await session.scalar(REQUEST, {**values, "email": email}):
        return 0
    return max(1, await session.scalar(WAIT, values) or 1)


async def set_code(
    session: WriteSession, user_id: UUID, purpose: str, code_hash: bytes, *, lifetime: float
) -> Row[Any] | None:
    """Put a new code in place of any before it.

    Returns a row with the `email` it is to prove, if not the member's present one; None when no
    code is wanted any more.
    """
    values = {
        "user_id": user_id,
        "purpose": purpose,
        "code_hash": code_hash,
        "lifetime": lifetime,
    }
    return (await session.execute(SET, values)).one_or_none()


async def try_code(
    session: WriteSession, user_id: UUID, purpose: str, *, most: int
) -> Row[Any] | None:
    """Take one of the tries and return `code_hash` and `email`; None when there is none to take."""
    values = {"user_id": user_id, "purpose": purpose, "most": most}
    return (await session.execute(TRY, values)).one_or_none()


async def delete_codes(session: WriteSession, user_id: UUID, *purposes: str) -> None:
    """Make codes of no use."""
    await session.execute(DELETE, {"user_id": user_id, "purposes": list(purposes)})


async def write_nothing(session: WriteSession) -> None:
    """Make the commit wait for the disk, as it does where there was something to write."""
    await session.execute(WRITE_NOTHING)
