"""Background jobs: plain async functions, a row each, found by who asked for them.

A job's row is inserted in the caller's transaction and queued after its commit. Whoever runs
it holds an advisory lock for as long as it lives, so a job left `running` by a killed worker is
recognised by its free lock and queued again, at most `MAX_ATTEMPTS` times.

A job that needs what is out of reach raises `TryAgain`: it waits in the queue, each time three
times as long as before, up to as many tries as its kind has.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict
from redis.exceptions import RedisError
from sqlalchemy import text
from uuid6 import uuid7

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.outbox.relay import advisory_key
from marquee_shared.problems import NotFound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from marquee_shared.service import Context

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
FIRST_PAUSE = 2.0
"""Seconds before the second try; the n-th is due `FIRST_PAUSE * (3 ** (n - 1) - 1)` after the
first began: 4 s, 16 s, 52 s, … 73 min for the eighth."""
DUE = "(attempts = 0 OR started_at + make_interval(secs => :pause * (3 ^ attempts - 1)) <= now())"
State = Literal["queued", "running", "succeeded", "failed", "cancelled"]


class JobNotFound(NotFound):
    """404."""

    code = "job_not_found"
    words: ClassVar = {
        "en": "There is no such job.",
        "es": "No existe ese trabajo.",
        "fr": "Cette tâche n'existe pas.",
        "de": "Diesen Auftrag gibt es nicht.",
    }


class JobCancelled(Exception):  # noqa: N818 - control flow
    """Raised inside a job at its next progress report once it was cancelled."""


class JobFailed(Exception):  # noqa: N818 - an outcome
    """Raised by a job to fail with a message meant for people; it is not tried again."""


class Progress(BaseModel):
    """How far a job is; `total` null while unknown."""

    done: int
    total: int | None


class TryAgain(Exception):  # noqa: N818 - control flow
    """Raised by a job that could not be done now and may be done later, with the reason."""


class JobRead(BaseModel):
    """A job as its asker sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str
    state: State
    progress: Progress
    result: dict[str, Any] | None = None
    error: str | None = None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobRun:
    """The running job, as its function sees it."""

    def __init__(
        self,
        context: "Context[Any]",
        job_id: UUID,
        requested_by: UUID | None,
        report: Callable[[int, int | None], None] | None = None,
    ) -> None:
        self.context = context
        self.id = job_id
        self.requested_by = requested_by
        self._report = report

    async def progress(self, done: int, total: int | None = None) -> None:
        """Tell how far the job is.

        Raises:
            JobCancelled: it was cancelled meanwhile.
        """
        if self._report is not None:
            self._report(done, total)
        async with self.context.database.transaction() as session:
            state = await session.scalar(
                text(
                    "UPDATE jobs SET done = :done, total = coalesce(:total, total) "
                    "WHERE id = :id RETURNING state"
                ),
                {"id": self.id, "done": done, "total": total},
            )
        if state == "cancelled":
            raise JobCancelled


JobFunction = Callable[..., Awaitable[dict[str, Any] | None]]


class Jobs:
    """The kinds of job a service runs."""

    def __init__(self) -> None:
        self._functions: dict[str, JobFunction] = {}
        self._tries: dict[str, int] = {}

    def job(self, kind: str, *, tries: int = MAX_ATTEMPTS) -> Callable[[JobFunction], JobFunction]:
        """Register `async def run(job: JobRun, **parameters) -> result`."""

        def register(function: JobFunction) -> JobFunction:
            self._functions[kind] = function
            self._tries[kind] = tries
            return function

        return register

    def function(self, kind: str) -> JobFunction:
        """Return the function of a kind."""
        return self._functions[kind]

    def tries(self, kind: str) -> int:
        """Return how often a job of a kind is begun before it has failed."""
        return self._tries.get(kind, MAX_ATTEMPTS)


def queue_name(service: str) -> str:
    """Return the name of a service's arq queue."""
    return f"jobs:{service}"


async def create_job(
    session: WriteSession,
    context: "Context[Any]",
    kind: str,
    parameters: dict[str, Any],
    *,
    requested_by: UUID | None = None,
) -> UUID:
    """Add a job in this transaction; it is queued once the transaction has committed."""
    job_id = UUID(int=uuid7().int)
    await session.execute(
        text(
            "INSERT INTO jobs (id, kind, parameters, requested_by) "
            "VALUES (:id, :kind, CAST(:parameters AS jsonb), :requested_by)"
        ),
        {
            "id": job_id,
            "kind": kind,
            "parameters": orjson.dumps(parameters).decode(),
            "requested_by": requested_by,
        },
    )
    announce_job(session, context, job_id)
    return job_id


def announce_job(session: WriteSession, context: "Context[Any]", job_id: UUID) -> None:
    """Tell the workers of a queued job once this transaction has committed."""

    async def announce() -> None:
        try:
            await context.redis.publish(f"jobs:{context.database.schema}", str(job_id))
        except (RedisError, OSError) as error:
            logger.warning("the job waits for the next sweep: %s", error)

    session.after_commit(announce)


_COLUMNS = (
    "id, kind, state, done, total, result, error, created_at, started_at, finished_at, requested_by"
)


def job_of(row: Any) -> JobRead:
    """Return a row of `jobs` as its asker sees it."""
    return JobRead(
        id=row.id,
        kind=row.kind,
        state=row.state,
        progress=Progress(done=row.done, total=row.total),
        result=row.result,
        error=row.error,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


async def get_job(
    session: ReadSession | WriteSession, job_id: UUID, *, kind: str | None = None
) -> JobRead:
    """Return a job.

    Raises:
        JobNotFound: no such job, or of another kind.
    """
    row = (
        await session.execute(text(f"SELECT {_COLUMNS} FROM jobs WHERE id = :id"), {"id": job_id})  # noqa: S608 - a constant
    ).one_or_none()
    if row is None or (kind is not None and row.kind != kind):
        raise JobNotFound
    return job_of(row)


async def list_jobs(
    session: ReadSession | WriteSession,
    kind: str,
    *,
    limit: int,
    before: UUID | None = None,
    requested_by: UUID | None = None,
) -> list[JobRead]:
    """Return the latest jobs of a kind, newest first (ids are time-ordered)."""
    rows = await session.execute(
        text(
            f"SELECT {_COLUMNS} FROM jobs WHERE kind = :kind "  # noqa: S608 - a constant
            "AND (CAST(:before AS uuid) IS NULL OR id < :before) "
            "AND (CAST(:requested_by AS uuid) IS NULL OR requested_by = :requested_by) "
            "ORDER BY id DESC LIMIT :limit"
        ),
        {"kind": kind, "before": before, "requested_by": requested_by, "limit": limit},
    )
    return [job_of(row) for row in rows]


async def cancel_job(session: WriteSession, job_id: UUID) -> None:
    """Ask a job to stop; it does at its next progress report."""
    await session.execute(
        text(
            "UPDATE jobs SET state = 'cancelled', finished_at = now() "
            "WHERE id = :id AND state IN ('queued', 'running')"
        ),
        {"id": job_id},
    )


@asynccontextmanager
async def _alone(context: "Context[Any]", job_id: UUID) -> "AsyncIterator[bool]":
    """Hold a job's lock for as long as this process works on it."""
    key = advisory_key(f"job:{job_id}")
    engine = context.database.write_engine.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        held = bool(
            await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key})
        )
        try:
            yield held
        finally:
            if held and not connection.invalidated:
                await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})


async def run_job(
    context: "Context[Any]",
    jobs: Jobs,
    job_id: UUID,
    *,
    report: Callable[[int, int | None], None] | None = None,
) -> None:
    """Run a queued job to its end and write down how it ended. Safe to call twice."""
    async with _alone(context, job_id) as alone:
        if not alone:
            return
        async with context.database.transaction() as session:
            row = (
                await session.execute(
                    text(
                        "UPDATE jobs SET state = 'running', attempts = attempts + 1, "  # noqa: S608 - a constant
                        "started_at = coalesce(started_at, now()) "
                        f"WHERE id = :id AND (state = 'running' OR state = 'queued' AND {DUE}) "
                        "RETURNING kind, parameters, attempts, requested_by"
                    ),
                    {"id": job_id, "pause": FIRST_PAUSE},
                )
            ).one_or_none()
        if row is None:
            return
        tries = jobs.tries(row.kind)
        if row.attempts > tries:
            await _finish(context, job_id, "failed", error=f"given up after {tries} tries")
            return
        run = JobRun(context, job_id, row.requested_by, report)
        try:
            result = await jobs.function(row.kind)(run, **row.parameters)
        except JobCancelled:
            logger.info("job cancelled", extra={"job": str(job_id), "kind": row.kind})
        except JobFailed as error:
            await _finish(context, job_id, "failed", error=str(error))
        except TryAgain as error:
            logger.warning("job waits: %s", error, extra={"job": str(job_id), "kind": row.kind})
            again: State = "queued" if row.attempts < tries else "failed"
            await _finish(context, job_id, again, error=str(error))
        except Exception as error:
            logger.exception("job failed", extra={"job": str(job_id), "kind": row.kind})
            await _finish(context, job_id, "failed", error=f"{type(error).__name__}: {error}")
        else:
            await _finish(context, job_id, "succeeded", result=result)


async def _finish(
    context: "Context[Any]",
    job_id: UUID,
    state: State,
    *,
    result: dict[str, Any] | None = None,
    error: str | None = None,
) -> None:
    async with context.database.transaction() as session:
        await session.execute(
            text(
                "UPDATE jobs SET state = :state, result = CAST(:result AS jsonb), error = :error, "
                "finished_at = CASE WHEN :state = 'queued' THEN NULL ELSE now() END "
                "WHERE id = :id AND state = 'running'"
            ),
            {
                "id": job_id,
                "state": state,
                "result": orjson.dumps(result, default=str).decode()
                if result is not None
                else None,
                "error": error[:4000] if error else None,
            },
        )


async def unfinished_jobs(context: "Context[Any]") -> list[UUID]:
    """Return jobs that wait, and those whose worker died (their lock is free)."""
    async with context.database.transaction() as session:
        rows = await session.execute(
            text(
                "SELECT id FROM jobs "  # noqa: S608 - a constant
                f"WHERE state = 'running' OR state = 'queued' AND {DUE} ORDER BY id LIMIT 1000"
            ),
            {"pause": FIRST_PAUSE},
        )
        waiting = []
        for (job_id,) in rows.all():
            free = await session.scalar(
                text("SELECT pg_try_advisory_xact_lock(:key)"),
                {"key": advisory_key(f"job:{job_id}")},
            )
            if free:
                waiting.append(job_id)
        return waiting
