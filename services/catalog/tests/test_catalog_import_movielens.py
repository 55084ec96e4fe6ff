from marquee_catalog.imports.tasks import KIND
from marquee_shared.jobs import create_job, get_job, run_job


async def run(context, service, **parameters):
    async with context.database.transaction() as session:
        job_id = await create_job(session, context, KIND, parameters)
    await run_job(context, service.jobs, job_id)
    async with context.database.reading() as session:
        return await get_job(session, job_id)


async def test_real_data_comes_whole_and_twice_changes_nothing(context, service, sink, shared_data):
    path = str(shared_data / "ml-latest-small")
    job = await run(context, service, source="movielens", path=path)
    assert job.error is None
    print(job.result, job.finished_at - job.started_at)
    again = await run(context, service, source="movielens", path=path)
    print(again.result, again.finished_at - again.started_at)
    job = await run(context, service, source="sample")
    print(job.error, job.result, job.finished_at - job.started_at)
    job = await run(context, service, source="sample")
    print(job.error, job.result, job.finished_at - job.started_at)
