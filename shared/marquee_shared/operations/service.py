"""The rules of operating a service."""

from datetime import UTC, datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import Row, text

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.jobs import JobNotFound, State, announce_job, cancel_job, create_job, job_of
from marquee_shared.operations.schemas import KindCounts, OperatedJob, Overview, ScheduleRead
from marquee_shared.outbox.relay import advisory_key
from marquee_shared.problems import Conflict, NotFound
from marquee_shared.schedule import ScheduledTask
from marquee_shared.service import Context, Service

HEARTBEAT_TTL: Final = 5


class TaskNotFound(NotFound):
    """404: nothing of that name runs by the clock."""

    code = "task_not_found"
    words: ClassVar = {
        "en": "There is no such scheduled task.",
        "es": "No existe esa tarea programada.",
        "fr": "Cette tâche planifiée n'existe pas.",
        "de": "Diese geplante Aufgabe gibt es nicht.",
    }


class TaskRunning(Conflict):
    """409: the run before has not ended."""

    code = "task_running"
    words: ClassVar = {
        "en": "This task is running or waiting already.",
        "es": "Esta tarea ya está en marcha o en espera.",
        "fr": "Cette tâche est déjà en cours ou en attente.",
        "de": "Diese Aufgabe läuft oder wartet bereits.",
    }


class JobNotEnded(Conflict):
    """409: only a job that failed or was cancelled can be tried again."""

    code = "job_not_retryable"
    words: ClassVar = {
        "en": "Only a failed or cancelled job can be tried again.",
        "es": "Solo se puede repetir un trabajo fallido o cancelado.",
        "fr": "Seule une tâche échouée ou annulée peut être relancée.",
        "de": "Nur ein gescheiterter oder abgebrochener Auftrag kann wiederholt werden.",
    }


def heartbeat_key(service: str) -> str:
    """Return the Redis key that lives while a worker of this service does."""
    return f"heartbeat:{service}:worker"


_COLUMNS: Final = (
    "id, kind, state, done, total, result, error, created_at, started_at, finished_at, "
    "attempts, requested_by"
)
_LIST = text(
    f"SELECT {_COLUMNS} FROM jobs "  # noqa: S608 - a constant
    "WHERE (CAST(:kind AS text) IS NULL OR kind = :kind) "
    "AND (CAST(:state AS text) IS NULL OR state = :state) "
    "AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
)
_ONE = text(f"SELECT {_COLUMNS} FROM jobs WHERE id = :id")  # noqa: S608 - a constant
_LAST_RUNS = text(
    f"SELECT DISTINCT ON (kind) {_COLUMNS} FROM jobs "  # noqa: S608 - a constant
    "WHERE kind = ANY(CAST(:kinds AS text[])) ORDER BY kind, created_at DESC"
)
_COUNTS = text(
    """
    SELECT kind, count(*) FILTER (WHERE state = 'queued') AS queued,
        count(*) FILTER (WHERE state = 'running') AS running,
        count(*) FILTER (WHERE state = 'succeeded') AS succeeded,
        count(*) FILTER (WHERE state = 'failed') AS failed,
        count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
        min(created_at) FILTER (WHERE state = 'queued') AS oldest_waiting
    FROM jobs WHERE finished_at IS NULL OR finished_at > now() - interval '24 hours'
    GROUP BY kind ORDER BY kind
    """
)
_WAITING = text(
    "SELECT (SELECT count(*) FROM outbox WHERE batch_no IS NULL) AS events, "
    "(SELECT count(*) FROM dead_letters WHERE replayed_at IS NULL) AS letters"
)
_QUEUE_AGAIN = text(
    "UPDATE jobs SET state = 'queued', attempts = 0, done = 0, error = NULL, result = NULL, "
    "started_at = NULL, finished_at = NULL WHERE id = :id AND state IN ('failed', 'cancelled') "
    "RETURNING id"
)
_UNFINISHED = text(
    "SELECT EXISTS (SELECT FROM jobs WHERE kind = :kind AND state IN ('queued', 'running'))"
)


def _operated(row: Row[Any]) -> OperatedJob:
    return OperatedJob(
        **job_of(row).model_dump(), attempts=row.attempts, requested_by=row.requested_by
    )


async def get_overview(
    session: ReadSession, context: Context[Any], service: Service[Any]
) -> Overview:
    """Return what a service has to do and whether anybody does it."""
    waiting = (await session.execute(_WAITING)).one()
    return Overview(
        service=service.name,
        worker_alive=bool(await context.redis.exists(heartbeat_key(service.name))),
        kinds=[KindCounts.model_validate(row) for row in await session.execute(_COUNTS)],
        events_waiting=waiting.events,
        dead_letters=waiting.letters,
    )


async def list_operated_jobs(
    session: ReadSession,
    *,
    kind: str | None,
    state: State | None,
    before: UUID | None,
    limit: int,
) -> list[OperatedJob]:
    """Return jobs of all kinds, newest first."""
    values = {"kind": kind, "state": state, "before": before, "limit": limit}
    return [_operated(row) for row in await session.execute(_LIST, values)]


async def get_operated_job(session: ReadSession | WriteSession, job_id: UUID) -> OperatedJob:
    """Return a job of any kind.

    Raises:
        JobNotFound: there is none.
    """
    row = (await session.execute(_ONE, {"id": job_id})).one_or_none()
    if row is None:
        raise JobNotFound
    return _operated(row)


async def retry_job(session: WriteSession, context: Context[Any], job_id: UUID) -> OperatedJob:
    """Queue a failed or cancelled job again, with all its tries before it.

    Raises:
        JobNotFound: there is none.
        JobNotEnded: it waits, runs or has succeeded.
    """
    if await session.scalar(_QUEUE_AGAIN, {"id": job_id}) is None:
        await get_operated_job(session, job_id)
        raise JobNotEnded
    announce_job(session, context, job_id)
    return await get_operated_job(session, job_id)


async def stop_job(session: WriteSession, job_id: UUID) -> OperatedJob:
    """Cancel a job; one that runs stops at its next report. An ended one stays as it is.

    Raises:
        JobNotFound: there is none.
    """
    await cancel_job(session, job_id)
    return await get_operated_job(session, job_id)


async def read_schedule(session: ReadSession, service: Service[Any]) -> list[ScheduleRead]:
    """Return the tasks that run by the clock, the next to run first."""
    now = datetime.now(UTC)
    rows = await session.execute(_LAST_RUNS, {"kinds": [task.kind for task in service.schedule]})
    last = {row.kind: _operated(row) for row in rows}
    entries = [
        ScheduleRead(
            name=task.name,
            description=task.description,
            cron=task.cron,
            next_run=task.next_run(now),
            last_run=last.get(task.kind),
        )
        for task in service.schedule
    ]
    return sorted(entries, key=lambda entry: entry.next_run)


def find_task(service: Service[Any], name: str) -> ScheduledTask:
    """Return a scheduled task by name.

    Raises:
        TaskNotFound: there is none.
    """
    for task in service.schedule:
        if task.name == name:
            return task
    raise TaskNotFound


async def start_task(
    session: WriteSession,
    context: Context[Any],
    task: ScheduledTask,
    *,
    requested_by: UUID | None = None,
) -> UUID:
    """Queue a run of a scheduled task and return its job's id.

    Raises:
        TaskRunning: a run of it waits or is under way.
    """
    key = advisory_key(f"task:{task.kind}")
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
    if await session.scalar(_UNFINISHED, {"kind": task.kind}):
        raise TaskRunning
    return await create_job(session, context, task.kind, {}, requested_by=requested_by)


async def start_task_by_clock(context: Context[Any], task: ScheduledTask) -> UUID | None:
    """Queue a run because it is time; None where the one before has not ended."""
    try:
        async with context.database.transaction() as session:
            return await start_task(session, context, task)
    except TaskRunning:
        return None
