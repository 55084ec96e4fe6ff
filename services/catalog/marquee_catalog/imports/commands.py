"""`python -m marquee_catalog import …`: an import on a running system, with a progress bar."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import click
import httpx
from pydantic import ValidationError
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from marquee_catalog.imports import exchange, tmdb, wikipedia
from marquee_catalog.imports.exchange import export_films
from marquee_catalog.imports.layouts import SOURCE
from marquee_catalog.imports.samples import SAMPLE
from marquee_catalog.imports.tasks import KIND
from marquee_catalog.imports.tmdb.listings import Films, Wanted
from marquee_catalog.settings import CatalogSettings
from marquee_shared.jobs import JobRead, create_job, get_job, run_job
from marquee_shared.logs import configure_logging
from marquee_shared.service import Context, Service, open_context

POLL_SECONDS = 0.25
BLOCK = 1 << 16

Report = Callable[[int, int | None], None]


def import_commands(service: Service[CatalogSettings]) -> click.Group:
    """Return the commands that import."""

    @click.group("import", help="Bring a data set into the running system.")
    def group() -> None:
        pass

    @group.command("movielens", help="A MovieLens folder, ZIP archive or CSV file.")
    @click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
    @click.option("--download", is_flag=True, help="Fetch ml-latest-small from GroupLens.")
    def movielens(path: Path | None, *, download: bool) -> None:
        if (path is None) != download:
            raise click.UsageError("give a path, or --download")
        asyncio.run(_import(service, SOURCE, path))

    @group.command("wikipedia", help="Film data collected from Wikipedia: a JSON file.")
    @click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--add-new", is_flag=True, help="Add films that we do not have, too.")
    def wikipedia_(path: Path, *, add_new: bool) -> None:
        asyncio.run(_import(service, wikipedia.SOURCE, path, add_new=add_new))

    @group.command("marquee", help="Our own JSON, as `export` writes it.")
    @click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    def marquee(path: Path) -> None:
        asyncio.run(_import(service, exchange.SOURCE, path))

    @group.command("tmdb", help="TMDB, over its API: needs TMDB_API_KEY.")
    @click.option("--id", "ids", multiple=True, type=int, help="A film's id there; repeatable.")
    @click.option(
        "--films",
        type=click.Choice(get_args(Films)),
        help="Those we have, those of them that changed there, or the most popular there.",
    )
    @click.option("--pages", default=1, show_default=True, help="Of popular films, twenty each.")
    @click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Of changed films.")
    def tmdb_(
        ids: tuple[int, ...], films: Films | None, pages: int, since: datetime | None
    ) -> None:
        day = since.date() if since else None
        try:
            wanted = Wanted(ids=list(ids), films=films, pages=pages, since=day)
        except ValidationError as error:
            message = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
            raise click.UsageError(message) from error
        asyncio.run(_import(service, tmdb.SOURCE, None, wanted=wanted.model_dump(mode="json")))

    @group.command("sample", help="The sample films and members.")
    def sample() -> None:
        asyncio.run(_import(service, SAMPLE, None))

    return group


async def download(url: str, folder: Path, report: Report) -> Path:
    """Fetch a data set into a folder and return where it is."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    target = folder / Path(url).name
    part = target.with_suffix(".part")
    async with (
        httpx.AsyncClient(timeout=30, follow_redirects=True) as client,
        client.stream("GET", url) as answer,
    ):
        answer.raise_for_status()
        length = answer.headers.get("content-length")
        done = 0
        with part.open("wb") as file:
            async for block in answer.aiter_bytes(BLOCK):
                file.write(block)
                done += len(block)
                report(done, int(length) if length else None)
    return part.replace(target)


async def _follow(context: Context[Any], job: JobRead, report: Report) -> JobRead:
    """Wait for a job that a worker has taken over."""
    while job.state in ("queued", "running"):
        report(job.progress.done, job.progress.total)
        await asyncio.sleep(POLL_SECONDS)
        async with context.database.reading() as session:
            job = await get_job(session, job.id, kind=KIND)
    return job


def export_command(service: Service[CatalogSettings]) -> click.Command:
    """Return the command that exports."""

    @click.command("export", help="Write every film as a line of our own JSON.")
    @click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
    def command(path: Path) -> None:
        click.echo(f"{asyncio.run(_export(service, path))} bytes written", err=True)

    return command


async def _export(service: Service[CatalogSettings], path: Path) -> int:
    written = 0
    try:
        with path.open("wb") as file:
            async with open_context(service, service.settings(), "export") as context:
                async for block in export_films(context.database):
                    written += file.write(block)
    except OSError as error:
        raise click.ClickException(f"cannot write {path}: {error.strerror}") from error
    return written


async def _import(
    service: Service[CatalogSettings], source: str, path: Path | None, **options: Any
) -> None:
    settings = service.settings()
    configure_logging(f"{service.name}.import", "WARNING")
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
        MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console) as progress:

        def bar(description: str) -> Report:
            task = progress.add_task(description, total=None)

            def report(done: int, total: int | None) -> None:
                progress.update(task, completed=done, total=total)

            return report

        try:
            if source == SOURCE and path is None:
                folder = settings.data_dir / "downloads"
                path = await download(settings.movielens_url, folder, bar("Downloading"))
        except httpx.HTTPError as error:
            raise click.ClickException(f"cannot fetch {settings.movielens_url}: {error}") from error
        report = bar(f"Importing {source}")
        async with open_context(service, settings, "import") as context:
            parameters: dict[str, Any] = {"source": source, **options}
            if path is not None:
                parameters["path"] = str(path.resolve())
            async with context.database.transaction() as session:
                job_id = await create_job(session, context, KIND, parameters)
            await run_job(context, service.jobs, job_id, report=report)
            async with context.database.reading() as reading:
                job = await get_job(reading, job_id, kind=KIND)
            job = await _follow(context, job, report)
    if job.state != "succeeded" or job.result is None:
        raise click.ClickException(f"the import {job.state}: {job.error}")
    _tell(console, job)


def _tell(console: Console, job: JobRead) -> None:
    result: dict[str, Any] = job.result or {}
    movies = result["movies"]
    seconds = (
        (job.finished_at - job.started_at).total_seconds()
        if job.finished_at and job.started_at
        else 0.0
    )
    console.print(
        f"{movies['created']} films new, {movies['updated']} changed, {movies['unchanged']} as "
        f"before · {result['members']} members · {result['ratings']} ratings "
        f"({result['chunks_told']} chunks told) · {result['rejected']} rows refused · "
        f"{seconds:.1f} s",
        highlight=False,
    )
    for confidence, films in result.get("confidence", {}).items():
        console.print(f"  {films} films joined with confidence {confidence}", highlight=False)
    if result["rejected"]:
        console.print(f"What was refused and why: GET /v1/imports/{job.id}", highlight=False)
