"""The worker process: relay, consumer, jobs and schedule, housekeeping, heartbeat.

Each part is switchable and restarts by itself when PostgreSQL or Redis was away. arq appears
in this module alone; jobs are plain functions.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
from arq import cron
from arq.connections import ArqRedis
from arq.worker import Worker, func
from prometheus_client import start_http_server
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from marquee_shared.jobs import queue_name, run_job, unfinished_jobs
from marquee_shared.operations.service import HEARTBEAT_TTL, heartbeat_key, start_task_by_clock
from marquee_shared.outbox.consumer import Consumer
from marquee_shared.outbox.housekeeping import keep_house
from marquee_shared.outbox.relay import Relay
from marquee_shared.schedule import ScheduledTask
from marquee_shared.service import Context, Service, open_context
from marquee_shared.settings import ServiceSettings

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 1.0
SWEEP_SECONDS = 5.0
HOUSEKEEPING_SECONDS = 600.0
JOB_TIMEOUT = 6 * 3600
STOP_SECONDS = 3.0
"""How long the queue gets to be left in good order; the jobs' own state is in PostgreSQL."""
FIRST_BACKOFF = 0.1
LONGEST_BACKOFF = 5.0

OUT_OF_REACH = (
    OSError,
    RedisError,
    DBAPIError,
    PoolTimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)


async def supervised(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run a part until cancelled; when a server is out of reach, try again with growing pauses.

    A part that loses its server while it is being cancelled ends too: its error takes the place
    of the cancellation, which nobody would send again. Each run is a task of its own, so that
    what `cancelling` counts is about this one and nothing inside.
    """
    task = asyncio.current_task()
    backoff = FIRST_BACKOFF
    while True:
        started = asyncio.get_running_loop().time()
        try:
            await asyncio.ensure_future(run())
        except* OUT_OF_REACH as group:
            logger.warning("%s stopped: %s", name, group.exceptions[0])
        if task is not None and task.cancelling():
            raise asyncio.CancelledError
        if asyncio.get_running_loop().time() - started > LONGEST_BACKOFF:
            backoff = FIRST_BACKOFF
        await asyncio.sleep(backoff)
        backoff = min(backoff * 2, LONGEST_BACKOFF)


async def _beat(context: Context[Any], service: str) -> None:
    while True:
        now = datetime.now(UTC).isoformat()
        await context.redis.set(heartbeat_key(service), now, ex=HEARTBEAT_TTL)
        await asyncio.sleep(HEARTBEAT_SECONDS)


async def _every(seconds: float, task: Callable[[], Awaitable[None]]) -> None:
    while True:
        await task()
        await asyncio.sleep(seconds)


async def _queue_jobs(context: Context[Any], service: Service[Any], arq: ArqRedis) -> None:
    """Queue new jobs as they are announced, and what a sweep finds left behind."""

    async def queue(job_id: UUID) -> None:
        await arq.enqueue_job("run", job_id, _queue_name=queue_name(service.name))

    async def sweep() -> None:
        for job_id in await unfinished_jobs(context):
            await queue(job_id)

    async with context.redis.pubsub() as announcements:
        await announcements.subscribe(f"jobs:{service.name}")
        await sweep()
        swept = asyncio.get_running_loop().time()
        while True:
            message = await announcements.get_message(
                ignore_subscribe_messages=True, timeout=SWEEP_SECONDS
            )
            if message is not None:
                await queue(UUID(message["data"].decode()))
            if asyncio.get_running_loop().time() - swept >= SWEEP_SECONDS:
                await sweep()
                swept = asyncio.get_running_loop().time()


async def _run_arq(context: Context[Any], service: Service[Any]) -> None:
    arq = ArqRedis.from_url(context.settings.redis_url)
    arq.default_queue_name = queue_name(service.name)

    async def run(_arq: dict[str, Any], job_id: UUID) -> None:
        await run_job(context, service.jobs, job_id)

    def scheduled(task: ScheduledTask) -> Any:
        async def call(_arq: dict[str, Any]) -> None:
            await start_task_by_clock(context, task)

        return call

    crons = [
        cron(
            scheduled(entry),
            name=f"{service.name}:{entry.name}",
            hour=entry.hour,
            minute=set(entry.minute),
        )
        for entry in service.schedule
    ]
    worker = Worker(
        functions=[func(run, name="run", keep_result=0, timeout=JOB_TIMEOUT, max_tries=1)],  # type: ignore[arg-type]
        cron_jobs=crons,
        redis_pool=arq,
        queue_name=queue_name(service.name),
        handle_signals=False,
        max_jobs=4,
        poll_delay=0.1,
        timezone=UTC,
        health_check_key=f"arq:health:{service.name}",
    )
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.async_run())
            group.create_task(_queue_jobs(context, service, arq))
    finally:
        await _leave_queue(worker)


async def _leave_queue(worker: Worker) -> None:
    """Cancel the running jobs and close the connections, with or without Redis."""
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await worker.close()
    except OUT_OF_REACH as error:
        logger.warning("the queue was not left in good order: %s", error or "no answer")


async def run_worker(service: Service[Any], settings: ServiceSettings) -> None:
    """Work until SIGTERM or SIGINT, then stop between two units of work."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if settings.metrics_port is not None:
        start_http_server(settings.metrics_port, addr=settings.host)
    async with open_context(service, settings, "worker") as context:
        parts: dict[str, Callable[[], Awaitable[None]]] = {
            "heartbeat": partial(_beat, context, service.name),
            "housekeeping": partial(
                _every, HOUSEKEEPING_SECONDS, partial(keep_house, context.database)
            ),
        }
        if settings.relay_enabled:
            relay = Relay(service.name, settings.database_url, service.name, context.redis)
            context.database.on_published = relay.wake
            parts["relay"] = relay.run
        if settings.consumer_enabled:
            consumer = Consumer(
                service.name,
                context.database,
                context.redis,
                service.handlers,
                claim_idle_milliseconds=int(settings.consumer_claim_idle * 1000),
            )
            if service.on_drained is not None:
                consumer.on_drained = partial(service.on_drained, context)
            parts["consumer"] = consumer.run
        if settings.jobs_enabled:
            parts["jobs"] = partial(_run_arq, context, service)
        tasks = [
            asyncio.create_task(supervised(name, run), name=name) for name, run in parts.items()
        ]
        stopping = asyncio.create_task(stop.wait())
        logger.info("worker ready", extra={"parts": sorted(parts)})
        done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in (stopping, *tasks):
            task.cancel()
        await asyncio.gather(stopping, *tasks, return_exceptions=True)
        for task in done - {stopping}:
            task.result()  # a part that failed for another reason ends the process with its error
