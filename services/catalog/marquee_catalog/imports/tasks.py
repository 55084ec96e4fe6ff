"""The import job: read into staging, bring the films, tell members and ratings."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from marquee_catalog.imports import films, ratings
from marquee_catalog.imports.archives import Limits, open_dataset
from marquee_catalog.imports.errors import UnreadableDataset
from marquee_catalog.imports.movielens import find_files, read_movielens
from marquee_catalog.imports.popularity import set_popularity
from marquee_catalog.imports.samples import SAMPLE, read_sample
from marquee_catalog.imports.staging import Stage, open_stage
from marquee_catalog.movies.counts import recount_all
from marquee_catalog.settings import CatalogSettings
from marquee_shared.jobs import JobFailed, JobRun, Jobs

KIND = "import"

jobs = Jobs()


class Meter:
    """Counts lines: a line is half done when it is staged, and done when it is told."""

    def __init__(self, job: JobRun, total: int) -> None:
        self._job = job
        self._total = total
        self._halves = 0

    async def advance(self, lines: int) -> None:
        """Report half a step for each of these lines."""
        self._halves += lines
        await self._job.progress(min(self._halves // 2, self._total), self._total)

    def expect(self, lines: int) -> None:
        """Set how many lines there are, where only reading tells."""
        self._total = lines

    async def complete(self) -> None:
        """Report that nothing is left."""
        await self._job.progress(self._total, self._total)


Read = Callable[[Stage, Meter], Awaitable[None]]


@jobs.job(KIND)
async def run_import(
    job: JobRun,
    *,
    source: str,
    path: str | None = None,
    name: str | None = None,
    uploaded: bool = False,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Import a data set; an uploaded file goes when the job has ended.

    Raises:
        JobFailed: the file is not such a data set.
    """
    file = Path(path) if path is not None else None
    try:
        if source == SAMPLE:
            return await _import(job, source, 0, _read_sample, dry_run=dry_run)
        if file is None:
            raise JobFailed("there is no file to import")
        settings: CatalogSettings = job.context.settings
        limits = Limits(settings.import_max_bytes, settings.import_max_ratio)
        with open_dataset(file, limits, name=name) as dataset:
            found = find_files(dataset)
            total = sum(opened.count_lines() for opened, _ in found.values())
            read = partial(_read_movielens, found)
            result = await _import(job, source, total, read, dry_run=dry_run)
    except UnreadableDataset as error:
        if uploaded and file is not None:
            file.unlink(missing_ok=True)
        raise JobFailed(str(error)) from error
    if uploaded:
        file.unlink(missing_ok=True)
    return result


async def _read_sample(stage: Stage, meter: Meter) -> None:
    lines = await read_sample(stage)
    meter.expect(lines)
    await meter.advance(lines)


async def _read_movielens(files: Any, stage: Stage, meter: Meter) -> None:
    await read_movielens(stage, files, meter.advance)
    await films.drop_duplicates(stage, "movies.csv")
    await set_popularity(stage)


async def _import(
    job: JobRun, source: str, total: int, read: Read, *, dry_run: bool
) -> dict[str, Any]:
    meter = Meter(job, total)
    async with open_stage(job.context, job.id) as stage:
        await stage.lock(source)
        await read(stage, meter)
        await stage.index()
        if dry_run:
            return await _foretell(stage, source)
        counts = films.FilmCounts()
        for chunk in range(await films.last_chunk(stage) + 1):
            async with stage.transaction() as session:
                brought = await films.bring_films(session, source, chunk, counts)
            await meter.advance(brought)
        async with stage.transaction() as session:
            await films.name_genres(session)
            await recount_all(session)
            await session.execute(films.ANALYZE)
        teller = await _tell(job, stage, source, meter)
        async with stage.transaction() as session:
            await teller.finish(
                session, movies=counts.total, films_changed=bool(counts.created + counts.updated)
            )
        await meter.complete()
        return {
            "source": source,
            "movies": {
                "created": counts.created,
                "updated": counts.updated,
                "unchanged": counts.unchanged,
            },
            "members": teller.members,
            "ratings": teller.ratings,
            "chunks_told": teller.told,
            "rejected": stage.rejected,
        }


async def _tell(job: JobRun, stage: Stage, source: str, meter: Meter) -> ratings.Teller:
    """Tell members, then ratings, in the order in which the file has them."""
    await ratings.resolve_films(stage, source, "ratings.csv")
    await ratings.name_members(stage, source, "MovieLens")
    teller = ratings.Teller(stage, source, job.id)
    after = -1
    while True:
        async with stage.transaction() as session:
            members, after = await ratings.next_members(session, after)
            if not members:
                break
            await teller.tell_members(session, members)
    after = 0
    while True:
        async with stage.transaction() as session:
            bodies, after = await ratings.next_ratings(session, after)
            if not bodies:
                break
            await teller.tell_ratings(session, bodies)
        await meter.advance(sum(count for count, _ in bodies))
    return teller


async def _foretell(stage: Stage, source: str) -> dict[str, Any]:
    """Say what the import would find, and change nothing."""
    chunks = await films.last_chunk(stage) + 1
    async with stage.transaction() as session:
        for chunk in range(chunks):
            await films.match_films(session, source, chunk)
        states = await films.count_states(session)
    return {
        "source": source,
        "dry_run": True,
        "movies": {
            "new": states.get("new", 0),
            "known": states.get("known", 0),
            "joined": states.get("joined", 0),
        },
        "rejected": stage.rejected,
    }
