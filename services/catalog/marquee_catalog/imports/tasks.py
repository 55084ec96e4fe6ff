"""The import job: read into staging, bring the films, tell members and ratings."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from marquee_catalog.imports import films, ratings, tmdb
from marquee_catalog.imports.archives import Limits, open_dataset
from marquee_catalog.imports.errors import UnreadableDataset
from marquee_catalog.imports.meter import Meter
from marquee_catalog.imports.samples import SAMPLE, read_sample
from marquee_catalog.imports.sources import SOURCES, Options
from marquee_catalog.imports.staging import Stage, open_stage
from marquee_catalog.imports.tmdb.fetching import import_tmdb
from marquee_catalog.imports.tmdb.listings import Wanted
from marquee_catalog.movies.counts import recount_all
from marquee_catalog.settings import CatalogSettings
from marquee_shared.jobs import JobFailed, JobRun, Jobs

KIND = "import"

jobs = Jobs()


Read = Callable[[Stage, Meter], Awaitable[None]]
Join = Callable[[Stage], Awaitable[dict[str, Any]]]


@jobs.job(KIND)
async def run_import(
    job: JobRun,
    *,
    source: str,
    path: str | None = None,
    name: str | None = None,
    uploaded: bool = False,
    dry_run: bool = False,
    add_new: bool = False,
    wanted: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Import a data set; an uploaded file goes when the job has ended.

    `wanted` is what to fetch from TMDB, which comes as no file.

    Raises:
        JobFailed: the file is not such a data set, or TMDB refuses us.
        TryAgain: TMDB does not answer now.
    """
    if source == tmdb.SOURCE:
        return await import_tmdb(job, Wanted.model_validate(wanted or {}), dry_run=dry_run)
    if source == SAMPLE:
        return await _import(job, source, _read_sample, _join_nothing, dry_run=dry_run)
    if path is None:
        raise JobFailed("there is no file to import")
    file = Path(path)
    kind, options = SOURCES[source], Options(add_new=add_new)
    settings: CatalogSettings = job.context.settings
    limits = Limits(settings.import_max_bytes, settings.import_max_ratio)
    try:
        with open_dataset(file, limits, name=name) as dataset:
            kind.check(dataset)
            whose = kind.edition(dataset) if kind.edition is not None else source

            async def read(stage: Stage, meter: Meter) -> None:
                await kind.read(stage, meter, dataset)

            async def join(stage: Stage) -> dict[str, Any]:
                return await kind.join(stage, dataset, options)

            result = await _import(job, whose, read, join, named=kind.named, dry_run=dry_run)
    except UnreadableDataset as error:
        _drop(file, uploaded=uploaded)
        raise JobFailed(str(error)) from error
    _drop(file, uploaded=uploaded)
    return result


def _drop(file: Path, *, uploaded: bool) -> None:
    if uploaded:
        file.unlink(missing_ok=True)


async def _join_nothing(_stage: Stage) -> dict[str, Any]:
    return {}


async def _read_sample(stage: Stage, meter: Meter) -> None:
    lines = await read_sample(stage)
    meter.expect(lines)
    await meter.advance(lines)


async def _import(
    job: JobRun, source: str, read: Read, join: Join, *, named: bool = True, dry_run: bool
) -> dict[str, Any]:
    meter = Meter(job, 0)
    async with open_stage(job.context, job.id) as stage:
        await stage.lock(source)
        await read(stage, meter)
        await stage.index()
        joined = await join(stage)
        if dry_run:
            return await _foretell(stage, source) | joined
        counts = films.FilmCounts()
        for chunk in range(await films.last_chunk(stage) + 1):
            async with stage.transaction() as session:
                brought = await films.bring_films(session, source, chunk, counts, named=named)
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
            **joined,
        }


async def _tell(job: JobRun, stage: Stage, source: str, meter: Meter) -> ratings.Teller:
    """Tell members, then ratings, in the order in which the file has them."""
    await ratings.resolve_films(stage, source, "ratings.csv")
    await ratings.name_members(stage, source)
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
