"""The evaluation job: a process of its own trains with a model's settings on a part, and looks."""

import asyncio
import shutil
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import orjson

from marquee_recommender.evaluations.service import KIND
from marquee_recommender.models import repository as models
from marquee_recommender.settings import RecommenderSettings
from marquee_recommender.trainings.child import REQUEST
from marquee_recommender.trainings.export import export
from marquee_recommender.trainings.tasks import NICENESS, WHOLE, read_lines
from marquee_shared.jobs import JobFailed, JobRun, Jobs
from marquee_shared.service import Context

STAGES: Final = {
    "evaluation: content": (5, 20),
    "evaluation: sequence": (20, 30),
    "evaluation: linear": (30, 45),
    "evaluation: factors": (45, 95),
}
ROWS: Final = 2_000_000
"""Interactions that are used where the settings leave evaluations after trainings out."""
ALONE = asyncio.Semaphore(1)
"""One after the other: each takes the memory of a training."""


def register(jobs: Jobs) -> None:
    """Add this module's job."""
    jobs.job(KIND)(run_evaluation)


async def run_evaluation(
    job: JobRun, model: str, split: dict[str, Any], k: list[int]
) -> dict[str, Any]:
    """Measure a model's settings on a split; return what an evaluation's `result` is."""
    context: Context[RecommenderSettings] = job.context
    async with context.database.reading() as session:
        row = await models.find_model(session, model)
    if row is None:
        raise JobFailed(f"Model {model} is no longer in the registry.")
    folder = context.settings.data_dir / "evaluations" / str(job.id)
    async with ALONE:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        try:
            await job.progress(0, WHOLE)
            found = await _measure(job, context.settings, folder, row.parameters, split, k)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    if not found:
        raise JobFailed("There is too little data for this split.")
    return {"model": model, **found, "split": split, "k": k}


async def _measure(
    job: JobRun,
    settings: RecommenderSettings,
    folder: Path,
    parameters: dict[str, Any],
    split: dict[str, Any],
    k: list[int],
) -> dict[str, Any]:
    exported = await export(settings.database_url, folder)
    if not exported.interactions:
        raise JobFailed("There are no interactions to measure on.")
    request = {
        "niceness": NICENESS,
        "parameters": parameters,
        "threads": settings.training_threads,
        "evaluation_rows": settings.evaluation_rows or ROWS,
        "trainer": settings.trainer,
        "spark_master": settings.spark_master,
        "spark_folder": str(settings.spark_folder) if settings.spark_folder else None,
        "evaluate": {**split, "at": k},
    }
    await asyncio.to_thread((folder / REQUEST).write_bytes, orjson.dumps(request))
    metrics: dict[str, Any] = {}
    async with aclosing(read_lines(job, folder, STAGES)) as lines:
        async for line in lines:
            if "error" in line:
                raise JobFailed(line["error"])
            metrics = line.get("metrics", metrics)
    return metrics
