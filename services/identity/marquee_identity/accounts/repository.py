"""SQL of one-time codes: each rule is one statement, so that it holds under concurrency."""

from uuid import UUID

from sqlalchemy import text

from marquee_shared.database import WriteSession

REQUEST = text(
    "INSERT INTO codes AS c (user_id, purpose) VALUES (:user_id, :purpose) "
    "ON CONFLICT (user_id, purpose) DO UPDATE SET requested_at = now() "
    "WHERE c.requested_at <= now() - make_interval(secs => :pause) RETURNING true"
)
WAIT = text(
    "SELECT ceil(extract(epoch FROM requested_at - now()) + :pause)::int FROM codes "
    "WHERE user_id = :user_id AND purpose = :purpose"
)
SET = text(
    "UPDATE codes SET code_hash = :code_hash, tries = 0, "
    "expires_at = now() + make_interval(secs => :lifetime) "
    "WHERE user_id = :user_id AND purpose = :purpose RETURNING true"
)
TRY = text(
    "UPDATE codes SET tries = tries + 1 WHERE user_id = :user_id AND purpose = :purpose "
    "AND code_hash IS NOT NULL AND tries < :most AND expires_at > now() RETURNING code_hash"
)
DELETE = text("DELETE FROM codes WHERE user_id = :user_id AND purpose = :purpose")


async def request_code(session: WriteSession, user_id: UUID, purpose: str, *, pause: float) -> int:
    """Note that a code is wanted; return 0, or the seconds to wait since the last one."""
    values = {"user_id": user_id, "purpose": purpose, "pause": pause}
    if await session.scalar(REQUEST, values):
        return 0
    return max(1, await session.scalar(WAIT, values) or 1)


async def set_code(
    session: WriteSession, user_id: UUID, purpose: str, code_hash: bytes, *, lifetime: float
) -> bool:
    """Put a new code in place of any before it; False when none is wanted any more."""
    values = {
        "user_id": user_id,
        "purpose": purpose,
        "code_hash": code_hash,
        "lifetime": lifetime,
    }
    return bool(await session.scalar(SET, values))


async def try_code(
    session: WriteSession, user_id: UUID, purpose: str, *, most: int
) -> bytes | None:
    """Take one of the tries and return the code's hash; None when there is none to take."""
    values = {"user_id": user_id, "purpose": purpose, "most": most}
    found: bytes | None = await session.scalar(TRY, values)
    return found


async def delete_code(session: WriteSession, user_id: UUID, purpose: str) -> None:
    """Make a code of no use."""
    await session.execute(DELETE, {"user_id": user_id, "purpose": purpose})
