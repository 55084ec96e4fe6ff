"""Jobs: transactional, resumable after a kill, cancellable."""

import asyncio
import signal

import pytest
from sqlalchemy import text
from worker_process import until, worker

from marquee_shared.jobs import (
    JobNotFound,
    Jobs,
    cancel_job,
    create_job,
    get_job,
    run_job,
    unfinished_jobs,
)
from marquee_shared.testing.plugin import new_uuid


async def queued(context, kind="count", **parameters):
    async with context.database.transaction() as session:
        return await create_job(session, context, kind, parameters)


async def read(context, job_id):
    async with context.database.reading() as session:
        return await get_job(session, job_id)


async def test_job_runs_and_reports(context, service):
    job_id = await queued(context, to=3)
    assert (await read(context, job_id)).state == "queued"
    seen = []
    await run_job(
        context, service.jobs, job_id, report=lambda done, total: seen.append((done, total))
    )
    job = await read(context, job_id)
    assert (job.state, job.result) == ("succeeded", {"counted": 3})
    assert (job.progress.done, job.progress.total) == (3, 3)
    assert seen == [(1, 3), (2, 3), (3, 3)]


async def test_rolled_back_job_never_existed(context):
    created = []

    async def create_and_fail():
        async with context.database.transaction() as session:
            created.append(await create_job(session, context, "count", {"to": 1}))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await create_and_fail()
    with pytest.raises(JobNotFound):
        await read(context, created[0])


async def test_killed_worker_leaves_a_job_that_the_next_one_finishes(settings, context):
    job_id = await queued(context, to=4)
    async with worker(settings, crash="job_halfway") as dying:
        assert await asyncio.wait_for(dying.wait(), 30) == -signal.SIGKILL
    assert (await read(context, job_id)).state == "running"

    async def lock_is_free():
        return await unfinished_jobs(context) == [job_id]

    await until(lock_is_free)
    async with worker(settings):

        async def finished():
            return (await read(context, job_id)).state == "succeeded"

        await until(finished)
    async with context.database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM copies")) == 4
        assert await session.scalar(text("SELECT attempts FROM jobs")) == 2


async def test_failed_job_says_why(context):
    jobs = Jobs()

    @jobs.job("broken")
    async def broken(_job):
        message = "no such file"
        raise FileNotFoundError(message)

    job_id = await queued(context, "broken")
    await run_job(context, jobs, job_id)
    job = await read(context, job_id)
    assert (job.state, job.error) == ("failed", "FileNotFoundError: no such file")


async def test_cancelled_job_stops_at_its_next_report(context):
    jobs = Jobs()
    reached = []

    @jobs.job("long")
    async def long(job):
        async with context.database.transaction() as session:
            await cancel_job(session, job.id)
        await job.progress(1, 2)
        reached.append("past the report")

    job_id = await queued(context, "long")
    await run_job(context, jobs, job_id)
    assert (await read(context, job_id)).state == "cancelled"
    assert reached == []


async def test_two_workers_run_a_job_once(context):
    jobs = Jobs()
    runs = []
    both_tried = asyncio.Event()

    @jobs.job("slow")
    async def slow(_job):
        runs.append(1)
        await both_tried.wait()

    job_id = await queued(context, "slow")
    first = asyncio.create_task(run_job(context, jobs, job_id))

    async def started():
        return bool(runs)

    await until(started)
    await run_job(context, jobs, job_id)
    both_tried.set()
    await first
    assert runs == [1]


async def test_unknown_job_is_not_found(context):
    with pytest.raises(JobNotFound):
        await read(context, new_uuid())
