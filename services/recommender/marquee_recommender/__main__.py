"""The command line: what every service has, `train`, `evaluate`, and `inspection`'s."""

import asyncio
import sys
from uuid import UUID

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from marquee_recommender.app import SERVICE
from marquee_recommender.inspection import add_commands
from marquee_recommender.settings import RecommenderSettings
from marquee_recommender.trainings import service as trainings
from marquee_recommender.trainings.errors import TrainingRunning
from marquee_recommender.trainings.schemas import TrainingCreate, TrainingRead
from marquee_recommender.trainings.tasks import WHOLE
from marquee_shared.cli import command_line
from marquee_shared.database import Database
from marquee_shared.jobs import run_job
from marquee_shared.service import open_context

FOLLOW_SECONDS = 0.3
UNFINISHED = ("queued", "running")

commands = command_line(SERVICE)
add_commands(commands, SERVICE)


@commands.command(
    help="Measure a model on files of interactions; see `evaluate --help`.",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
@click.pass_context
def evaluate(context: click.Context) -> None:
    """Hand all arguments to the engine's own command."""
    from marquee_recommender.evaluate import evaluate_command  # noqa: PLC0415 - its alone

    sys.exit(evaluate_command(context.args))


@commands.command(help="Train on all there is and let the new model rank.")
@click.option("--tune", default=0, show_default=True, help="Seconds to tune the dials before.")
def train(tune: int) -> None:
    """Run a training here, or follow the worker that was quicker to take it."""
    try:
        training = asyncio.run(_train(tune))
    except TrainingRunning as error:
        raise click.ClickException(str(error)) from error
    if training.state != "succeeded":
        raise click.ClickException(training.error or training.state)
    result = training.result or {}
    click.echo(f"model {result['model']} ranks now")
    for name, value in result["metrics"].items():
        click.echo(f"  {name:20} {value['value']:.4f}  ({value['low']:.4f} to {value['high']:.4f})")


async def _train(tune: int) -> TrainingRead:
    async with open_context(SERVICE, RecommenderSettings(), "cli") as context:
        with Progress(
            TextColumn("training"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        ) as bar:
            task = bar.add_task("training", total=WHOLE)
            async with context.database.transaction() as session:
                training_id = await trainings.create_training(
                    session, context, "command_line", TrainingCreate(tune_seconds=tune)
                )

            def report(done: int, _total: int | None) -> None:
                bar.update(task, completed=done)

            await run_job(context, SERVICE.jobs, training_id, report=report)
            training = await _read(context.database, training_id)
            while training.state in UNFINISHED:
                bar.update(task, completed=training.progress.done)
                await asyncio.sleep(FOLLOW_SECONDS)
                training = await _read(context.database, training_id)
            bar.update(task, completed=WHOLE)
    return training


async def _read(database: Database, training_id: UUID) -> TrainingRead:
    async with database.reading() as session:
        return await trainings.get_training(session, training_id)


if __name__ == "__main__":
    commands()
