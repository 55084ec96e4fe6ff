"""SQL of security events."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select

from marquee_identity.security.models import SecurityEvent
from marquee_shared.database import ReadSession, WriteSession


async def insert_event(session: WriteSession, event: SecurityEvent) -> None:
    """Add an event."""
    session.add(event)
    await session.flush()


async def find_event(session: ReadSession, event_id: UUID) -> SecurityEvent | None:
    """Return an event by id."""
    return await session.get(SecurityEvent, event_id)


async def list_events(
    session: ReadSession, user_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[SecurityEvent]:
    """Return a member's events, newest first (ids are time-ordered)."""
    statement = select(SecurityEvent).where(SecurityEvent.user_id == user_id)
    if before is not None:
        statement = statement.where(SecurityEvent.id < before)
    return (await session.scalars(statement.order_by(SecurityEvent.id.desc()).limit(limit))).all()


async def delete_old_events(session: WriteSession, age: timedelta) -> None:
    """Delete events older than `age`."""
    await session.execute(delete(SecurityEvent).where(SecurityEvent.created_at < func.now() - age))
