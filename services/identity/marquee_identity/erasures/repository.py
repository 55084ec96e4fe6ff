"""SQL of erasures."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from marquee_identity.erasures.models import Erasure, ErasureLine
from marquee_shared.database import ReadSession, WriteSession


async def insert_erasure(
    session: WriteSession, erasure_id: UUID, user_id: UUID, mode: str, grace: timedelta
) -> None:
    """Add an erasure to come."""
    await session.execute(
        insert(Erasure).values(id=erasure_id, user_id=user_id, mode=mode, due_at=func.now() + grace)
    )


async def undo_erasure(session: WriteSession, user_id: UUID) -> None:
    """Drop a member's erasure to come, if there is one."""
    await session.execute(delete(Erasure).where(Erasure.user_id == user_id))


async def list_due(session: ReadSession) -> Sequence[tuple[UUID, UUID]]:
    """Return erasures whose time has come, with their members, the longest due first."""
    statement = (
        select(Erasure.id, Erasure.user_id)
        .where(Erasure.erased_at.is_(None), Erasure.due_at <= func.now())
        .order_by(Erasure.due_at)
        .limit(100)
    )
    return [(row.id, row.user_id) for row in await session.execute(statement)]


async def lock_due(session: WriteSession, erasure_id: UUID) -> Erasure | None:
    """Return an erasure that is still to be done, for change."""
    statement = (
        select(Erasure)
        .where(Erasure.id == erasure_id, Erasure.erased_at.is_(None), Erasure.due_at <= func.now())
        .with_for_update()
    )
    return (await session.scalars(statement)).one_or_none()


async def mark_erased(session: WriteSession, erasure_id: UUID) -> None:
    """Note that an erasure is done, and whose it was no longer."""
    await session.execute(
        update(Erasure).where(Erasure.id == erasure_id).values(user_id=None, erased_at=func.now())
    )


async def add_line(
    session: WriteSession,
    erasure_id: UUID,
    service: str,
    removed: Mapping[str, int],
    anonymised: Mapping[str, int],
    at: datetime,
) -> None:
    """Add what a service says; its first answer counts, for a second one finds nothing more."""
    known = select(Erasure.id).where(Erasure.id == erasure_id)
    if (await session.scalars(known)).one_or_none() is None:
        return
    values = {
        "erasure_id": erasure_id,
        "service": service,
        "removed": dict(removed),
        "anonymised": dict(anonymised),
        "erased_at": at,
    }
    await session.execute(insert(ErasureLine).values(**values).on_conflict_do_nothing())


async def find_erasure(session: ReadSession, erasure_id: UUID) -> Erasure | None:
    """Return an erasure."""
    return await session.get(Erasure, erasure_id)


async def list_lines(session: ReadSession, erasure_id: UUID) -> Sequence[ErasureLine]:
    """Return the answers of the services, by name."""
    statement = (
        select(ErasureLine)
        .where(ErasureLine.erasure_id == erasure_id)
        .order_by(ErasureLine.service)
    )
    return (await session.scalars(statement)).all()
