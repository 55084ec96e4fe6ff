"""What operators see and do: every job, the schedule, running and trying again, on real workers."""

import asyncio
from datetime import UTC, datetime

import pytest
from example.service import count_notes
from sqlalchemy import text
from worker_process import until, worker

from marquee_shared.jobs import create_job, run_job, unfinished_jobs
from marquee_shared.operations.service import start_task_by_clock
from marquee_shared.service import ScheduledTask
from marquee_shared.testing.plugin import new_uuid

BASE = "/v1/operations/example"
TASK = "scheduled:count-notes"


@pytest.fixture
def operator(authorization):
    return authorization(roles=["administrator"])


@pytest.fixture
def state_of(client, operator):
    async def read(location):
        return (await client.get(location, headers=operator)).json()

    return read


async def queued(context, kind="count", **parameters):
    async with context.database.transaction() as session:
        return await create_job(session, context, kind, parameters)


async def poison(context, count):
    async with context.database.transaction() as session:
        await session.execute(text("DELETE FROM notes"))
        for _ in range(count):
            await session.execute(text("INSERT INTO notes (title, revision) VALUES ('poison', 1)"))


async def test_only_administrators_operate(client, authorization, context):
    job_id = await queued(context, to=1)
    calls = [
        ("GET", BASE), ("GET", f"{BASE}/jobs"), ("GET", f"{BASE}/jobs/{job_id}"),
        ("GET", f"{BASE}/schedule"), ("POST", f"{BASE}/jobs/{job_id}/retry"),
        ("POST", f"{BASE}/jobs/{job_id}/cancel"), ("POST", f"{BASE}/schedule/count-notes/run"),
    ]  # fmt: skip
    for method, path in calls:
        assert (await client.request(method, path)).status_code == 401
        for roles in (["member"], ["editor"], ["moderator"]):
            answer = await client.request(method, path, headers=authorization(roles=roles))
            assert answer.status_code == 403, (method, path, roles)
    assert await unfinished_jobs(context) == [job_id]


async def test_jobs_are_listed_newest_first_and_filtered(
    client, operator, context, service, state_of
):
    first, second, third = [await queued(context, to=number) for number in (1, 2, 3)]
    await run_job(context, service.jobs, second)
    page = (await client.get(f"{BASE}/jobs?limit=2", headers=operator)).json()
    assert [job["id"] for job in page["items"]] == [str(third), str(second)]
    rest = await client.get(f"{BASE}/jobs?limit=2&cursor={page['next_cursor']}", headers=operator)
    assert [job["id"] for job in rest.json()["items"]] == [str(first)]
    ended = (await client.get(f"{BASE}/jobs?state=succeeded", headers=operator)).json()["items"]
    assert [job["id"] for job in ended] == [str(second)]
    none = (await client.get(f"{BASE}/jobs?kind=other", headers=operator)).json()["items"]
    assert none == []
    assert (await client.get(f"{BASE}/jobs?state=lost", headers=operator)).status_code == 422
    overview = await state_of(BASE)
    (kind,) = overview["kinds"]
    assert (kind["kind"], kind["queued"], kind["succeeded"]) == ("count", 2, 1)
    assert kind["oldest_waiting"] is not None
    assert overview["worker_alive"] is False


async def test_a_scheduled_task_is_run_by_hand_by_a_real_worker(
    client, operator, settings, context, state_of
):
    (before,) = (await state_of(f"{BASE}/schedule"))["items"]
    assert before["last_run"] is None
    assert (before["name"], before["cron"]) == ("count-notes", "20,50 4 * * *")
    assert before["description"] == "Count the notes."
    async with worker(settings):
        answer = await client.post(f"{BASE}/schedule/count-notes/run", headers=operator)
        assert answer.status_code == 202, answer.text
        location = answer.headers["location"]

        async def succeeded():
            return (await state_of(location))["state"] == "succeeded"

        await until(succeeded)
        assert (await state_of(BASE))["worker_alive"] is True
    job = await state_of(location)
    assert job["kind"] == TASK
    assert job["result"] == {"notes": 0}
    assert job["requested_by"] is not None
    (after,) = (await state_of(f"{BASE}/schedule"))["items"]
    assert after["last_run"]["id"] == job["id"]


async def test_a_failed_run_is_seen_and_tried_again_by_a_real_worker(
    client, operator, settings, context, service, state_of
):
    await poison(context, 1)
    job_id = await start_task_by_clock(context, service.schedule[0])
    location = f"{BASE}/jobs/{job_id}"
    async with worker(settings):

        async def ended():
            return (await state_of(location))["state"] in ("failed", "succeeded")

        await until(ended)
        failed = await state_of(location)
        assert (failed["state"], failed["error"]) == (
            "failed", "ValueError: a note cannot be counted",
        )  # fmt: skip
        await poison(context, 0)
        answer = await client.post(f"{location}/retry", headers=operator)
        assert answer.status_code == 202
        assert answer.headers["location"] == location
        await until(ended)
    again = await state_of(location)
    assert (again["state"], again["error"], again["attempts"]) == ("succeeded", None, 1)


async def test_a_task_runs_once_however_often_it_is_asked_for_at_once(
    client, operator, context, service
):
    started = await asyncio.gather(
        *(start_task_by_clock(context, service.schedule[0]) for _ in range(6))
    )
    assert sum(job_id is not None for job_id in started) == 1
    answer = await client.post(f"{BASE}/schedule/count-notes/run", headers=operator)
    assert (answer.status_code, answer.json()["code"]) == (409, "task_running")


async def test_only_an_ended_job_is_tried_again(client, operator, context, service, state_of):
    job_id = await queued(context, to=1)
    waiting = await client.post(f"{BASE}/jobs/{job_id}/retry", headers=operator)
    assert (waiting.status_code, waiting.json()["code"]) == (409, "job_not_retryable")
    cancelled = await client.post(f"{BASE}/jobs/{job_id}/cancel", headers=operator)
    assert cancelled.json()["state"] == "cancelled"
    await run_job(context, service.jobs, job_id)
    assert (await state_of(f"{BASE}/jobs/{job_id}"))["state"] == "cancelled"
    retried = await client.post(f"{BASE}/jobs/{job_id}/retry", headers=operator)
    assert retried.json()["state"] == "queued"
    await run_job(context, service.jobs, job_id)
    done = await client.post(f"{BASE}/jobs/{job_id}/retry", headers=operator)
    assert done.status_code == 409
    stays = await client.post(f"{BASE}/jobs/{job_id}/cancel", headers=operator)
    assert stays.json()["state"] == "succeeded"


async def test_what_does_not_exist_is_404(client, operator):
    for path in (f"/jobs/{new_uuid()}/retry", f"/jobs/{new_uuid()}/cancel"):
        answer = await client.post(BASE + path, headers=operator)
        assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")
    unknown = await client.post(f"{BASE}/schedule/make-coffee/run", headers=operator)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "task_not_found")


@pytest.mark.parametrize(
    ("hour", "now", "expected"),
    [
        (4, "2026-03-01T04:20:00", "2026-03-01T04:50:00"),
        (4, "2026-03-01T04:50:00", "2026-03-02T04:20:00"),
        (4, "2026-12-31T23:59:59", "2027-01-01T04:20:00"),
        (None, "2026-03-01T10:50:01", "2026-03-01T11:20:00"),
    ],
)
def test_next_run_is_the_first_time_after_now(hour, now, expected):
    task = ScheduledTask(count_notes, hour=hour, minute=frozenset({20, 50}))
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert task.next_run(at) == datetime.fromisoformat(expected).replace(tzinfo=UTC)
