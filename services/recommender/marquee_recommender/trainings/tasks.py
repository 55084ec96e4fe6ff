"""The training job: exports, lets a process of its own train, registers and activates the model.

The worker's relay and consumer never wait for it, and its memory goes with its process. Until the
artifact has been renamed into place and its row committed there is no model; whoever is killed
before leaves a workspace that the next training removes.
"""

import asyncio
import errno
import logging
import shutil
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
from prometheus_client import Counter

from marquee_recommender.engine.artifact import read_manifest
from marquee_recommender.models import repository as models
from marquee_recommender.models import service as registry
from marquee_recommender.models.artifacts import (
    WORKSPACE,
    install,
    new_version,
    remove_unknown,
)
from marquee_recommender.models.gate import Activation, Decision, judge
from marquee_recommender.models.storage import open_artifacts, remove, upload
from marquee_recommender.settings import RecommenderSettings
from marquee_recommender.trainings import repository
from marquee_recommender.trainings.child import ARTIFACT, REQUEST
from marquee_recommender.trainings.export import Exported, export
from marquee_shared.jobs import JobFailed, JobRun, Jobs
from marquee_shared.problems import Unavailable
from marquee_shared.service import Context

logger = logging.getLogger(__name__)

DECISIONS = Counter(
    "marquee_recommender_trained_models_total", "Models trained, by what was decided", ["decision"]
)
CHILD = "marquee_recommender.trainings.child"
CHECK_SECONDS = 0.5
NICENESS = 5
"""How far a training steps back behind requests; not the first one, which they wait for."""
FIRST = {"iterations": 8, "linear_items": 3000}
"""Dials of the first training unless asked otherwise: half the time, nearly the same ranking."""
Stages = Mapping[str, tuple[int, int]]
STAGES: Stages = {  # where in the whole, in percent, each stage of the engine begins and ends
    "tuning": (2, 5),
    "content": (5, 15),
    "sequence": (15, 20),
    "linear": (20, 30),
    "factors": (30, 60),
    "saving": (60, 65),
    "evaluation: content": (65, 72),
    "evaluation: sequence": (72, 75),
    "evaluation: linear": (75, 80),
    "evaluation: factors": (80, 97),
}
WHOLE = 100
DISK_FAILURES = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}


def register(jobs: Jobs) -> None:
    """Add this module's jobs."""
    jobs.job(repository.KIND)(run_training)


async def run_training(
    job: JobRun,
    trigger: str,
    parameters: dict[str, Any],
    tune_seconds: int,
    activation: Activation = "when_it_holds",
) -> dict[str, Any]:
    """Train on all there is; return the model's version, its metrics and what was decided."""
    try:
        return await _run(job, trigger, parameters, tune_seconds, activation)
    except OSError as error:
        if error.errno not in DISK_FAILURES:
            raise
        raise JobFailed(f"The files of the training could not be kept: {error}") from error
    except Unavailable as error:
        raise JobFailed("The store of models cannot take this one; what ranks stays.") from error


async def _run(
    job: JobRun,
    trigger: str,
    parameters: dict[str, Any],
    tune_seconds: int,
    activation: Activation,
) -> dict[str, Any]:
    context: Context[RecommenderSettings] = job.context
    settings = context.settings
    await job.progress(0, WHOLE)
    async with _workspace(context, str(job.id)) as folder:
        exported = await export(settings.database_url, folder)
        if not exported.interactions:
            raise JobFailed("There are no interactions to learn from.")
        async with context.database.reading() as session:
            first = await models.find_active(session) is None
        request = {
            "niceness": 0 if first else NICENESS,
            "parameters": {**(FIRST if first else {}), **parameters},
            "tune_seconds": tune_seconds,
            "threads": settings.training_threads,
            "evaluation_rows": settings.evaluation_rows,
            "trainer": settings.trainer,
            "spark_master": settings.spark_master,
            "spark_folder": str(settings.spark_folder) if settings.spark_folder else None,
        }
        (folder / REQUEST).write_bytes(orjson.dumps(request))
        await job.progress(2, WHOLE)
        training = _Training(job, context, folder, exported, first=first, activation=activation)
        result = await training.follow()
        logger.info("model trained", extra={"trigger": trigger, **result})
        return result


@asynccontextmanager
async def _workspace(context: Context[RecommenderSettings], name: str) -> AsyncIterator[Path]:
    """Give a training a folder of its own, after removing what killed ones left."""
    models_dir = context.settings.models_dir
    models_dir.mkdir(parents=True, exist_ok=True)
    async with context.database.reading() as session:
        known = await models.all_versions(session)
    if removed := remove_unknown(models_dir, known):
        logger.warning("removed what a killed training left", extra={"folders": removed})
    folder = models_dir / f"{WORKSPACE}{name}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Training:
    """One training from its process's first line to the decision about its model."""

    def __init__(
        self,
        job: JobRun,
        context: Context[RecommenderSettings],
        folder: Path,
        exported: Exported,
        *,
        first: bool,
        activation: Activation,
    ) -> None:
        self._job = job
        self._context = context
        self._folder = folder
        self._exported = exported
        self._first = first
        self._activation = activation
        self._store = open_artifacts(context.settings)

    async def follow(self) -> dict[str, Any]:
        """Register the artifact once it is whole, then let it rank if its figures hold."""
        version: str | None = None
        metrics: dict[str, Any] = {}
        async with aclosing(read_lines(self._job, self._folder)) as lines:
            async for line in lines:
                if "error" in line:
                    raise JobFailed(line["error"])
                if "artifact" in line:
                    version = await self._register()
                elif "metrics" in line:
                    metrics = line["metrics"]
        if version is None:
            raise JobFailed("The training process ended without a model.")
        decision = await self._decide(version, metrics)
        return {"model": version, "metrics": metrics.get("metrics", {}), "decision": decision}

    async def _register(self) -> str:
        """Move the artifact into place; the first one ranks at once, from one commit on."""
        settings = self._context.settings
        version = new_version()
        manifest = await asyncio.to_thread(read_manifest, self._folder / ARTIFACT)
        if self._store is not None:
            await upload(self._store, self._folder / ARTIFACT, version)
        size = await asyncio.to_thread(
            install, self._folder / ARTIFACT, settings.models_dir, version
        )
        async with self._context.database.transaction() as session:
            await models.add_model(session, version, manifest, size, self._job.id)
            if self._first and self._activation != "never":
                await registry.activate(session, settings.models_dir, version)
            await repository.set_trained(session, self._exported.changes)
            gone = await models.drop_old(session, settings.models_kept)
        await self._forget(gone)
        return version

    async def _forget(self, versions: list[str]) -> None:
        """Remove the artifacts of models that left the registry; what fails is tried next time."""
        for version in versions:
            folder = self._context.settings.models_dir / version
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            if self._store is not None:
                try:
                    await remove(self._store, version)
                except Unavailable:
                    logger.warning("an old artifact stays stored", extra={"version": version})

    async def _decide(self, version: str, metrics: dict[str, Any]) -> Decision:
        """Hold the model's figures against those of the one that ranks, and let it or not."""
        async with self._context.database.transaction() as session:
            await models.lock_models(session)
            active = await models.find_active(session)
            other = active is not None and active.version != version
            verdict = judge(metrics, active.metrics if other and active is not None else None)
            if active is not None and not other:
                decision: Decision = "activated"
            elif self._activation == "never":
                decision = "kept"
            elif verdict.holds or self._activation == "always":
                decision = "activated"
                await registry.activate(session, self._context.settings.models_dir, version)
            else:
                decision = "refused"
            gate = {"decision": decision, "activation": self._activation, **verdict.to_dict()}
            await models.set_metrics(session, version, metrics)
            await models.set_gate(session, version, gate)
        DECISIONS.labels(decision).inc()
        return decision


async def read_lines(
    job: JobRun, folder: Path, stages: Stages = STAGES
) -> AsyncGenerator[dict[str, Any], None]:
    """Run the training process; yield what it tells besides progress, which goes to the job.

    The process is killed when the job is cancelled, this worker stops, or the reader leaves; when
    this worker is killed, the process sees its standard input end.

    Raises:
        JobCancelled: somebody cancelled the job.
        JobFailed: the process ended otherwise than by itself.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        CHILD,
        str(folder),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )
    stdout = process.stdout
    if stdout is None:
        raise JobFailed("The training process has no output.")
    percent = 2
    try:
        while True:
            try:
                raw = await asyncio.wait_for(stdout.readline(), CHECK_SECONDS)
            except TimeoutError:
                await job.progress(percent, WHOLE)  # raises once it was cancelled
                continue
            if not raw:
                break
            line: dict[str, Any] = orjson.loads(raw)
            if "stage" in line:
                percent = max(percent, _percent(line, stages))
            else:
                yield line
        code = await process.wait()
        if code < 0:
            raise JobFailed(f"The training process was killed by signal {-code}.")
        if code:
            raise JobFailed(f"The training process ended with code {code}; its log says why.")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _percent(line: dict[str, Any], stages: Stages) -> int:
    """Return how far the whole is by how far a stage is."""
    begin, end = stages.get(line["stage"], (0, 0))
    return begin + (end - begin) * int(line["done"]) // max(int(line["total"]), 1)
