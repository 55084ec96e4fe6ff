"""SQL of exports."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from marquee_identity.exports.models import Export
from marquee_shared.database import ReadSession, WriteSession

OWN_JOB = text("SELECT EXISTS (SELECT FROM jobs WHERE id = :id AND requested_by = :user_id)")


async def is_own_job(session: ReadSession, export_id: UUID, user_id: UUID) -> bool:
    """Whether a member asked for this export."""
    return bool(await session.scalar(OWN_JOB, {"id": export_id, "user_id": user_id}))


async def put_export(session: WriteSession, export: Export) -> None:
    """Keep what is known of an archive; once more after a crash."""
    values = {
        "id": export.id,
        "user_id": export.user_id,
        "file": export.file,
        "bytes": export.bytes,
        "expires_at": export.expires_at,
    }
    await session.execute(insert(Export).values(**values).on_conflict_do_nothing())


async def find_export(session: ReadSession, export_id: UUID, user_id: UUID) -> Export | None:
    """Return a member's archive that has not expired."""
    statement = select(Export).where(
        Export.id == export_id, Export.user_id == user_id, Export.expires_at > func.now()
    )
    return (await session.scalars(statement)).one_or_none()


async def find_exports(session: ReadSession, ids: Sequence[UUID]) -> dict[UUID, Export]:
    """Return those of these archives that have not expired, by id."""
    statement = select(Export).where(Export.id.in_(ids), Export.expires_at > func.now())
    return {export.id: export for export in await session.scalars(statement)}


async def take_expired(session: WriteSession) -> Sequence[str]:
    """Delete the rows of expired archives; return their files."""
    statement = delete(Export).where(Export.expires_at <= func.now()).returning(Export.file)
    return (await session.scalars(statement)).all()
