import asyncio
import os
import signal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from recommender_world import rating, states

from marquee_recommender.app import SERVICE
from marquee_recommender.trainings import triggers
from marquee_recommender.trainings.schemas import TrainingCreate
from marquee_recommender.trainings.service import create_training
from marquee_shared.events.recommender import ModelActivated
from marquee_shared.jobs import JobRead, get_job, run_job
from marquee_shared.testing.plugin import new_uuid

SCIENTIST = {"scope": "recommender", "roles": ["member"]}
SMALL = {"factors": 8, "iterations": 4, "embedding_dimensions": 8}
ENDLESS = {"factors": 64, "iterations": 100_000_000}


async def begin(context: Any, **parameters: Any) -> UUID:
    async with context.database.transaction() as session:
        wanted = TrainingCreate(parameters=parameters or SMALL)
        return await create_training(session, context, "request", wanted)


async def read(context: Any, training: UUID) -> JobRead:
    async with context.database.reading() as session:
        return await get_job(session, training)


def children() -> list[int]:
    """The training processes of this test process."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        for pid in (task / "children").read_text().split():
            command = Path(f"/proc/{pid}/cmdline")
            if command.exists() and b"trainings.child" in command.read_bytes():
                found.append(int(pid))
    return found


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def first_child() -> int:
    async with asyncio.timeout(30):
        while not (found := children()):
            await asyncio.sleep(0.02)
    return found[0]


async def test_a_training_ends_with_a_model_that_ranks(
    context: Any, fill: Any, sink: Any, client: Any, authorization: Any
) -> None:
    await fill()
    training = await begin(context)
    seen: list[int] = []
    await run_job(context, SERVICE.jobs, training, report=lambda done, _total: seen.append(done))
    job = await read(context, training)
    assert job.state == "succeeded", job.error
    assert seen[0] == 0
    assert job.result
    version = job.result["model"]
    headers = authorization(**SCIENTIST)
    model = (await client.get(f"/v1/recommender/models/{version}", headers=headers)).json()
    assert model["active"] is True
    assert model["data"]["interactions"] == len(states())
    assert model["data"]["users"] == 40
    assert model["data"]["from"].startswith("2026-01-01")
    assert model["parameters"]["factors"] == 8
    assert model["artifact"]["bytes"] > 0
    events = await sink.events(ModelActivated)
    assert [event.data.version for event in events] == [version]
    names = {path.name for path in context.settings.models_dir.iterdir()}
    assert names == {version}


async def test_the_evaluation_is_kept_beside_the_model(
    context: Any, fill: Any, monkeypatch: Any
) -> None:
    await fill()
    settings = context.settings.model_copy(update={"evaluation_rows": 100_000})
    monkeypatch.setattr(context, "settings", settings)
    training = await begin(context)
    await run_job(context, SERVICE.jobs, training)
    job = await read(context, training)
    assert job.state == "succeeded", job.error
    assert job.result
    assert 0 < job.result["metrics"]["ndcg@10"]["value"] <= 1


async def test_without_interactions_a_training_fails_in_words(context: Any) -> None:
    training = await begin(context)
    await run_job(context, SERVICE.jobs, training)
    job = await read(context, training)
    assert (job.state, job.error) == ("failed", "There are no interactions to learn from.")


async def test_a_killed_training_leaves_no_half_model(context: Any, fill: Any) -> None:
    await fill()
    training = await begin(context, **ENDLESS)
    running = asyncio.create_task(run_job(context, SERVICE.jobs, training))
    os.kill(await first_child(), signal.SIGKILL)
    await running
    job = await read(context, training)
    assert job.state == "failed"
    assert "signal 9" in (job.error or "")
    assert list(context.settings.models_dir.iterdir()) == []
    again = await begin(context)
    await run_job(context, SERVICE.jobs, again)
    assert (await read(context, again)).state == "succeeded"


async def test_what_a_killed_worker_left_is_removed(context: Any, fill: Any) -> None:
    await fill()
    models_dir = context.settings.models_dir
    for left in (f".training-{new_uuid()}", "20250101-000000-abcd"):
        (models_dir / left).mkdir(parents=True)
        (models_dir / left / "linear.npy").write_bytes(b"half")
    (models_dir / "notes").mkdir()
    training = await begin(context)
    await run_job(context, SERVICE.jobs, training)
    job = await read(context, training)
    assert job.result
    names = {path.name for path in models_dir.iterdir()}
    assert names == {job.result["model"], "notes"}


async def test_a_training_process_ends_with_the_worker(context: Any, fill: Any) -> None:
    await fill()
    training = await begin(context, **ENDLESS)
    running = asyncio.create_task(run_job(context, SERVICE.jobs, training))
    child = await first_child()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not is_alive(child)
    assert list(context.settings.models_dir.iterdir()) == []


async def test_a_cancelled_training_stops(
    context: Any, fill: Any, client: Any, authorization: Any
) -> None:
    await fill()
    training = await begin(context, **ENDLESS)
    running = asyncio.create_task(run_job(context, SERVICE.jobs, training))
    child = await first_child()
    url = f"/v1/recommender/trainings/{training}"
    headers = authorization(**SCIENTIST)
    assert (await client.delete(url, headers=headers)).status_code == 204
    await running
    assert (await client.get(url, headers=headers)).json()["state"] == "cancelled"
    assert not is_alive(child)


async def test_one_training_at_a_time(client: Any, authorization: Any) -> None:
    headers = authorization(**SCIENTIST)
    url = "/v1/recommender/trainings"
    answers = await asyncio.gather(*(client.post(url, headers=headers) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["code"] == "training_running"
    taken = next(answer for answer in answers if answer.status_code == 202)
    assert taken.headers["Location"] == f"{url}/{taken.json()['id']}"
    assert taken.json()["state"] == "queued"
    assert taken.json()["trigger"] == "request"
    listed = (await client.get(url, headers=headers)).json()["items"]
    assert [training["id"] for training in listed] == [taken.json()["id"]]


async def test_wrong_dials_are_refused(client: Any, authorization: Any) -> None:
    headers = authorization(**SCIENTIST)
    for body in ({"parameters": {"nonesuch": 1}}, {"parameters": {"factors": 0}}, {"x": 1}):
        answer = await client.post("/v1/recommender/trainings", json=body, headers=headers)
        assert answer.status_code == 422


async def test_only_the_data_team_may(client: Any, authorization: Any) -> None:
    for method, path in (
        ("GET", "models"),
        ("GET", "models/x"),
        ("POST", "models/x/activate"),
        ("GET", "trainings"),
        ("POST", "trainings"),
        ("GET", f"trainings/{new_uuid()}"),
        ("DELETE", f"trainings/{new_uuid()}"),
    ):
        url = f"/v1/recommender/{path}"
        assert (await client.request(method, url)).status_code == 401
        assert (await client.request(method, url, headers=authorization())).status_code == 403
    headers = authorization(**SCIENTIST)
    missing = await client.get(f"/v1/recommender/trainings/{new_uuid()}", headers=headers)
    assert missing.json()["code"] == "job_not_found"


async def trainings(context: Any, client: Any, headers: dict[str, str]) -> list[str]:
    context.state[triggers.MEMORY].looked = float("-inf")
    await triggers.on_drained(context)
    answer = await client.get("/v1/recommender/trainings", headers=headers)
    return [training["trigger"] for training in answer.json()["items"]]


async def test_enough_changes_start_a_training_once_it_is_quiet(
    context: Any, fill: Any, client: Any, authorization: Any, deliver: Any
) -> None:
    headers = authorization(**SCIENTIST)
    await fill()
    context.state[triggers.MEMORY] = watch = triggers.Watch()
    assert await trainings(context, client, headers) == []  # changes were seen just now
    watch.changed -= 10
    assert await trainings(context, client, headers) == ["changes"]
    assert await trainings(context, client, headers) == ["changes"]  # one is waiting
    job = (await client.get("/v1/recommender/trainings", headers=headers)).json()["items"][0]
    await run_job(context, SERVICE.jobs, UUID(job["id"]))
    watch.changed -= 10
    assert await trainings(context, client, headers) == ["changes"]  # all is learned
    changed = [(rating(0, 1000 + n, 4.0, user_id=new_uuid()), 1) for n in range(199)]
    await deliver(*changed)
    await trainings(context, client, headers)
    watch.changed -= 10
    assert await trainings(context, client, headers) == ["changes"]  # 199 are too few
    await deliver((rating(1, 2000, 4.0), 1))
    await trainings(context, client, headers)
    watch.changed -= 10
    assert await trainings(context, client, headers) == ["changes", "changes"]


async def test_at_night_only_changes_are_trained_on(
    context: Any, fill: Any, client: Any, authorization: Any
) -> None:
    headers = authorization(**SCIENTIST)
    await triggers.train_nightly(context)
    url = "/v1/recommender/trainings"
    assert (await client.get(url, headers=headers)).json()["items"] == []
    await fill()
    await triggers.train_nightly(context)
    await triggers.train_nightly(context)
    items = (await client.get(url, headers=headers)).json()["items"]
    assert [item["trigger"] for item in items] == ["schedule"]
