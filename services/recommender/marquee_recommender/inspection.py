"""`python -m marquee_recommender models | export | explain`: what there is, on the command line."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, get_args

import click
import orjson
from rich.console import Console
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import text

from marquee_recommender.circle.repository import load_circle
from marquee_recommender.exports.formats import ENCODERS, Format
from marquee_recommender.exports.service import encode, open_batches
from marquee_recommender.exports.sources import SCHEMAS, Place, What
from marquee_recommender.interactions.repository import load_profile
from marquee_recommender.members.repository import find_users
from marquee_recommender.models import repository as models
from marquee_recommender.movies.catalog import Filters
from marquee_recommender.recommendations.explaining import why
from marquee_recommender.serving import Serving
from marquee_recommender.settings import RecommenderSettings
from marquee_shared.problems import Problem
from marquee_shared.service import Context, Service, open_context

SHOWN = ("ndcg@10", "recall@20", "coverage@20")
MOST = 100


def add_commands(group: click.Group, service: Service[RecommenderSettings]) -> None:
    """Add this module's commands to the service's."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Context[RecommenderSettings]]:
        async with open_context(service, RecommenderSettings(), "cli") as context:
            yield context

    def run(work: Any) -> Any:
        async def inside() -> Any:
            async with opened() as context:
                return await work(context)

        try:
            return asyncio.run(inside())
        except Problem as problem:
            raise click.ClickException(_words(problem)) from problem

    @group.command("models", help="List the trained models and their figures.")
    @click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
    def show_models(*, as_json: bool) -> None:
        rows = run(_list_models)
        if as_json:
            click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        else:
            Console().print(_table(rows))

    @group.command(help="Write a file of what the recommender knows; - is standard output.")
    @click.argument("what", type=click.Choice(get_args(What)))
    @click.argument("path", type=click.Path(dir_okay=False, allow_dash=True))
    @click.option("--format", "form", type=click.Choice(get_args(Format)), default="ndjson")
    @click.option("--limit", type=click.IntRange(1, 100), help="Of recommendations: films each.")
    def export(what: What, path: str, form: Format, limit: int | None) -> None:
        run(lambda context: _export(context, what, path, form, limit))

    @group.command(help="Say why a film is recommended to a member, or what keeps it out.")
    @click.argument("user")
    @click.argument("movie")
    @click.option("--lang", default="en", type=click.Choice(["en", "es", "fr", "de"]))
    @click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
    def explain(user: str, movie: str, lang: str, *, as_json: bool) -> None:
        found = run(lambda context: _explain(context, user, movie, lang))
        if as_json:
            click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        else:
            _print_explanation(found)


def _words(problem: Problem) -> str:
    details = [error["detail"] for error in problem.errors]
    return " ".join([str(problem), *details])


async def _list_models(context: Context[RecommenderSettings]) -> list[dict[str, Any]]:
    async with context.database.reading() as session:
        rows = await models.list_models(session, MOST)
    return [
        {
            "version": row.version,
            "active": row.active,
            "engine": row.engine,
            "created_at": row.created_at,
            "interactions": row.data["interactions"],
            "items": row.data["items"],
            "decision": row.gate.get("decision"),
            "metrics": row.metrics.get("metrics", {}),
        }
        for row in rows
    ]


def _table(rows: list[dict[str, Any]]) -> Table:
    drawn = Table(caption="± half of the 95 % interval over members")
    for name in ("model", "trained", "engine", "interactions", "decision", *SHOWN):
        drawn.add_column(name)
    for row in rows:
        figures = [row["metrics"].get(name) for name in SHOWN]
        drawn.add_row(
            row["version"] + (" *" if row["active"] else ""),
            f"{row['created_at']:%Y-%m-%d %H:%M}",
            row["engine"],
            f"{row['interactions']:,}",
            row["decision"] or "",
            *(
                f"{each['value']:.3f} ±{(each['high'] - each['low']) / 2:.3f}" if each else ""
                for each in figures
            ),
            style="bold" if row["active"] else "",
        )
    return drawn


async def _load(context: Context[RecommenderSettings]) -> Serving:
    serving = Serving(context)
    await serving.load()
    return serving


async def _export(
    context: Context[RecommenderSettings], what: What, path: str, form: Format, limit: int | None
) -> None:
    serving = await _load(context)
    place = Place(context.database, serving.catalog)
    batches = open_batches(place, serving.model.current, what, None, limit)
    target = Path(path)
    part = target.with_name(f"{target.name}.part")
    columns = (SpinnerColumn(), TextColumn(what), DownloadColumn(), TimeElapsedColumn())
    to_terminal = path == "-"
    file = sys.stdout.buffer if to_terminal else await asyncio.to_thread(part.open, "wb")
    try:
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task(what, total=None)
            async with aclosing(encode(batches, ENCODERS[form](SCHEMAS[what]))) as chunks:
                async for chunk in chunks:
                    bar.advance(task, await asyncio.to_thread(file.write, chunk))
        file.flush()
        if not to_terminal:
            await asyncio.to_thread(part.replace, target)
    finally:
        if not to_terminal:
            file.close()
            await asyncio.to_thread(part.unlink, missing_ok=True)


async def _explain(
    context: Context[RecommenderSettings], user: str, movie: str, language: str
) -> dict[str, Any]:
    serving = await _load(context)
    async with context.database.reading() as session:
        found = await find_users(session, [user])
        if user not in found:
            message = f"There is no member {user}."
            raise click.ClickException(message)
        profile = await load_profile(session, found[user], [])
        profile = profile.within(await load_circle(session, found[user]))
        slug = movie
        if movie.isdigit():
            known = await session.scalar(
                text("SELECT slug FROM movies WHERE id = :id AND NOT deleted"), {"id": int(movie)}
            )
            slug = known or movie
    return why(serving, profile, slug, Filters(), language)


def _print_explanation(found: dict[str, Any]) -> None:
    click.echo(f"{found['movie']['title']}  (model {found['model']})")
    if found["recommended"]:
        click.echo(f"  number {found['position']}, score {found['score']}")
    for obstacle in found["obstacles"]:
        click.echo(f"  kept out: {obstacle['text']}")
    for reason in found["reasons"]:
        click.echo(f"  {reason['weight']:6.1%}  {reason['text']}")
    for name, part in sorted(found["parts"].items(), key=lambda each: -abs(each[1])):
        click.echo(f"  {part:+8.4f}  {name}")
