"""SQL of authorizations under way: each rule is one statement, so that it holds under concurrency.

Rows are locked in the order application, member, authorization, session.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, text
from sqlalchemy.dialects.postgresql import insert

from marquee_identity.oauth.models import Authorization
from marquee_shared.database import ReadSession, WriteSession

FIND = text(
    "SELECT *, expires_at <= now() AS expired FROM authorizations "
    "WHERE code_hash = :code_hash AND application_id = :application_id"
)
LOCK = text(
    "SELECT *, expires_at <= now() AS expired FROM authorizations WHERE id = :id FOR UPDATE"
)
USE = text("UPDATE authorizations SET state = 'used', session_id = :session_id WHERE id = :id")
# A moment early is still in time: the way of a request is not always equally long.
POLL = text(
    "WITH held AS (SELECT id, polled_at > clock_timestamp() + interval '500 milliseconds' "
    "    - make_interval(secs => interval_seconds) AS soon "
    "  FROM authorizations WHERE id = :id FOR UPDATE) "
    "UPDATE authorizations a SET polled_at = clock_timestamp(), "
    "  interval_seconds = a.interval_seconds + CASE WHEN held.soon THEN 5 ELSE 0 END "
    "FROM held WHERE a.id = held.id RETURNING coalesce(held.soon, false)"
)
FIND_DEVICE = text(
    "SELECT t.id, t.state, t.scopes, t.device, t.address, a.id AS application_id, "
    "  a.name AS application_name "
    "FROM authorizations t JOIN applications a ON a.id = t.application_id "
    "WHERE t.user_code_hash = :user_code_hash AND t.expires_at > now()"
)
ANSWER = text(
    "UPDATE authorizations SET state = :state, user_id = :user_id "
    "WHERE id = :id AND state = 'pending' AND expires_at > now() RETURNING id"
)
DELETE_EXPIRED = text(
    "DELETE FROM authorizations WHERE expires_at < now() - CAST(:kept AS interval)"
)
APPLICATION_OF = text("SELECT application_id FROM sessions WHERE id = :id")
HELD = text(
    "SELECT s.id, s.user_id FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id "
    "WHERE t.token_hash = :token_hash AND s.application_id = :application_id"
)


async def insert_authorization(
    session: WriteSession, *, lifetime: timedelta, **values: Any
) -> bool:
    """Add an authorization; False where another has the user code."""
    statement = (
        insert(Authorization)
        .values(**values, expires_at=func.now() + lifetime)
        .on_conflict_do_nothing(index_elements=["user_code_hash"])
        .returning(Authorization.id)
    )
    return (await session.execute(statement)).first() is not None


async def find_authorization(
    session: WriteSession, code_hash: bytes, application_id: UUID
) -> Row[Any] | None:
    """Return an authorization of an application by its code."""
    values = {"code_hash": code_hash, "application_id": application_id}
    return (await session.execute(FIND, values)).one_or_none()


async def lock_authorization(session: WriteSession, authorization_id: UUID) -> Row[Any] | None:
    """Return an authorization as it is now, for change."""
    return (await session.execute(LOCK, {"id": authorization_id})).one_or_none()


async def use_authorization(
    session: WriteSession, authorization_id: UUID, session_id: UUID
) -> None:
    """Note what came of an authorization; the row is locked by the caller."""
    await session.execute(USE, {"id": authorization_id, "session_id": session_id})


async def note_poll(session: WriteSession, authorization_id: UUID) -> bool:
    """Note a poll; return whether it came too soon, after which the next is due still later."""
    return bool(await session.scalar(POLL, {"id": authorization_id}))


async def find_device(
    session: ReadSession | WriteSession, user_code_hash: bytes
) -> Row[Any] | None:
    """Return a device that waits, or has just been answered, with its application."""
    values = {"user_code_hash": user_code_hash}
    return (await session.execute(FIND_DEVICE, values)).one_or_none()


async def answer_device(
    session: WriteSession, authorization_id: UUID, user_id: UUID, *, state: str
) -> bool:
    """Note what a member says to a device; False where somebody has said something already."""
    values = {"id": authorization_id, "user_id": user_id, "state": state}
    return (await session.execute(ANSWER, values)).first() is not None


async def find_held_session(
    session: WriteSession, token_hash: bytes, application_id: UUID
) -> Row[Any] | None:
    """Return the session of an application's refresh token, spent ones included."""
    values = {"token_hash": token_hash, "application_id": application_id}
    return (await session.execute(HELD, values)).one_or_none()


async def application_of_session(session: WriteSession, session_id: UUID) -> UUID | None:
    """Return the application that a session was granted to."""
    found: UUID | None = await session.scalar(APPLICATION_OF, {"id": session_id})
    return found


async def delete_expired(session: WriteSession, kept: timedelta) -> None:
    """Delete what expired longer ago than `kept`."""
    await session.execute(DELETE_EXPIRED, {"kept": kept})
