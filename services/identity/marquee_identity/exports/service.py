"""The rules of exports."""

from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from marquee_identity.exports import repository
from marquee_identity.exports.errors import ExportNotFound, ExportRunning
from marquee_identity.exports.models import KIND, Export
from marquee_identity.exports.schemas import ExportRead
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.jobs import JobRead, create_job, get_job, list_jobs
from marquee_shared.service import Context


def _read(job: JobRead, export: Export | None) -> ExportRead:
    return ExportRead(
        **job.model_dump(),
        download=f"/v1/me/exports/{export.id}/archive" if export else None,
        expires_at=export.expires_at if export else None,
    )


async def start_export(session: WriteSession, context: Context[Any], user_id: UUID) -> ExportRead:
    """Have an export made.

    Raises:
        ExportRunning: the member's last one is not done; also of two asked for at once.
    """
    try:
        job_id = await create_job(session, context, KIND, {}, requested_by=user_id)
    except IntegrityError as error:
        raise ExportRunning from error
    return _read(await get_job(session, job_id), None)


async def get_export(session: ReadSession, export_id: UUID, user_id: UUID) -> ExportRead:
    """Return a member's export.

    Raises:
        ExportNotFound: no such export of theirs.
    """
    if not await repository.is_own_job(session, export_id, user_id):
        raise ExportNotFound
    job = await get_job(session, export_id, kind=KIND)
    return _read(job, await repository.find_export(session, export_id, user_id))


async def list_exports(
    session: ReadSession, user_id: UUID, *, limit: int, before: UUID | None
) -> list[ExportRead]:
    """Return a member's exports, newest first."""
    jobs = await list_jobs(session, KIND, limit=limit, before=before, requested_by=user_id)
    exports = await repository.find_exports(session, [job.id for job in jobs])
    return [_read(job, exports.get(job.id)) for job in jobs]


async def get_archive(session: ReadSession, export_id: UUID, user_id: UUID) -> Export:
    """Return a member's archive.

    Raises:
        ExportNotFound: none of theirs, or not ready, or expired.
    """
    export = await repository.find_export(session, export_id, user_id)
    if export is None:
        raise ExportNotFound
    return export
