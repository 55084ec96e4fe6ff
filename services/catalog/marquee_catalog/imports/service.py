"""The rules of imports over HTTP."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Any
from uuid import UUID, uuid4

from marquee_catalog.imports import repository
from marquee_catalog.imports.archives import Limits, open_dataset
from marquee_catalog.imports.errors import UnreadableDataset
from marquee_catalog.imports.schemas import ImportRead, RejectionRead
from marquee_catalog.imports.sources import SOURCES, Source
from marquee_catalog.imports.tasks import KIND
from marquee_catalog.imports.tmdb import SOURCE as TMDB
from marquee_catalog.imports.tmdb.listings import Wanted
from marquee_catalog.settings import CatalogSettings
from marquee_shared.database import Database, ReadSession, WriteSession
from marquee_shared.jobs import JobRead, create_job, get_job
from marquee_shared.problems import Invalid
from marquee_shared.service import Context

POLL_SECONDS = 0.5
ENDED = ("succeeded", "failed", "cancelled")


def _keep(
    uploaded: IO[bytes], target: Path, source: Source, name: str, settings: CatalogSettings
) -> None:
    """Store an upload and see that it is what it claims to be; else nothing of it stays."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("wb") as file:
            shutil.copyfileobj(uploaded, file)
        limits = Limits(settings.import_max_bytes, settings.import_max_ratio)
        with open_dataset(target, limits, name=name) as dataset:
            SOURCES[source].check(dataset)
    except UnreadableDataset as error:
        target.unlink(missing_ok=True)
        raise error.as_problem() from error


async def start_import(
    session: WriteSession,
    context: Context[CatalogSettings],
    *,
    source: Source,
    uploaded: IO[bytes],
    name: str,
    dry_run: bool,
    add_new: bool,
    requested_by: UUID,
) -> JobRead:
    """Keep an uploaded data set and queue its import.

    Raises:
        Invalid: the file is not such a data set.
    """
    target = context.settings.data_dir / "imports" / f"{uuid4()}.upload"
    await asyncio.to_thread(_keep, uploaded, target, source, name, context.settings)
    parameters = {
        "source": source,
        "path": str(target.absolute()),
        "name": name,
        "uploaded": True,
        "dry_run": dry_run,
        "add_new": add_new,
    }
    job_id = await create_job(session, context, KIND, parameters, requested_by=requested_by)
    return await get_job(session, job_id)


async def start_tmdb(
    session: WriteSession,
    context: Context[CatalogSettings],
    wanted: Wanted,
    *,
    dry_run: bool,
    requested_by: UUID,
) -> JobRead:
    """Queue an import from TMDB.

    Raises:
        Invalid: there is no key for it.
    """
    if context.settings.tmdb_api_key is None:
        raise Invalid.at("/source", "not_configured", "This server has no key of TMDB's.")
    parameters = {"source": TMDB, "wanted": wanted.model_dump(mode="json"), "dry_run": dry_run}
    job_id = await create_job(session, context, KIND, parameters, requested_by=requested_by)
    return await get_job(session, job_id)


async def get_import(session: ReadSession, job_id: UUID) -> ImportRead:
    """Return an import and what it refused.

    Raises:
        JobNotFound: there is no such import.
    """
    job = await get_job(session, job_id, kind=KIND)
    rows = await repository.read_rejections(session, job_id)
    return ImportRead(
        **job.model_dump(), rejected=[RejectionRead.model_validate(row) for row in rows]
    )


async def follow_import(database: Database, job_id: UUID) -> AsyncIterator[JobRead]:
    """Yield an import's state whenever it has moved, until it has ended."""
    last: Any = None
    while True:
        async with database.reading() as session:
            job = await get_job(session, job_id, kind=KIND)
        if (job.state, job.progress) != last:
            last = (job.state, job.progress)
            yield job
        if job.state in ENDED:
            return
        await asyncio.sleep(POLL_SECONDS)
