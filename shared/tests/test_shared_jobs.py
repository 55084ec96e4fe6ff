"""Jobs: transactional, resumable after a kill, cancellable."""

import asyncio
import signal

import pytest
from sqlalchemy import text
from worker_process import until, worker

from marquee_shared.jobs import (
    JobNotFound,
    Jobs,
    TryAgain,
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


async def test_job_that_cannot_be_done_now_waits_longer_each_time_then_fails(context, database):
    jobs = Jobs()
    begun = []

    @jobs.job("call", tries=3)
    async def call(job):
        begun.append(job.id)
        raise TryAgain("the line is busy")

    async def pass_time(seconds):
        statement = "UPDATE jobs SET started_at = started_at - make_interval(secs => :seconds)"
        async with database.transaction() as session:
            await session.execute(text(statement), {"seconds": seconds})

    job_id = await queued(context, "call")
    for tries, seconds in ((1, 4), (2, 12)):
        await run_job(context, jobs, job_id)
        await run_job(context, jobs, job_id)  # too early
        job = await read(context, job_id)
        assert (len(begun), job.state, job.error) == (tries, "queued", "the line is busy")
        assert job.finished_at is None
        assert await unfinished_jobs(context) == []
        await pass_time(seconds)
        assert await unfinished_jobs(context) == [job_id]
    await run_job(context, jobs, job_id)
    job = await read(context, job_id)
    assert (len(begun), job.state) == (3, "failed")
    assert job.finished_at is not None


async def test_job_tried_again_is_done_as_if_never_late(context, database):
    jobs = Jobs()
    answers = [TryAgain("not yet"), {"done": True}]

    @jobs.job("call")
    async def call(_job):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    job_id = await queued(context, "call")
    await run_job(context, jobs, job_id)
    async with database.transaction() as session:
        await session.execute(text("UPDATE jobs SET started_at = started_at - interval '4 s'"))
    await run_job(context, jobs, job_id)
    job = await read(context, job_id)
    assert (job.state, job.result, job.error) == ("succeeded", {"done": True}, None)
