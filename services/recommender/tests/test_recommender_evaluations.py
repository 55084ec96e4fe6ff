import asyncio
from typing import Any
from uuid import UUID

import pytest

from marquee_recommender.app import SERVICE
from marquee_shared.jobs import run_job
from marquee_shared.testing.plugin import new_uuid

URL = "/v1/recommender/evaluations"
SCIENTIST = {"scope": "recommender"}


@pytest.fixture
def scientist(authorization: Any) -> dict[str, str]:
    return authorization(**SCIENTIST)


async def ask(client: Any, scientist: Any, **body: Any) -> Any:
    answer = await client.post(URL, json=body, headers=scientist)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"{URL}/{answer.json()['id']}"
    return answer.json()


async def outcome(client: Any, context: Any, scientist: Any, evaluation: Any) -> Any:
    await run_job(context, SERVICE.jobs, UUID(evaluation["id"]))
    return (await client.get(f"{URL}/{evaluation['id']}", headers=scientist)).json()


async def test_an_evaluation_says_how_good_and_how_sure(
    client: Any, world: Any, context: Any, scientist: Any
) -> None:
    split = {"kind": "random", "seed": 3, "fraction": 0.25}
    asked = await ask(client, scientist, split=split, k=[10, 5, 5])
    assert asked["state"] == "queued"
    version = world.model.current.version
    assert asked["asked"] == {"model": version, "split": split, "k": [5, 10]}
    found = await outcome(client, context, scientist, asked)
    assert found["state"] == "succeeded", found["error"]
    assert found["progress"]["total"] == 100
    result = found["result"]
    assert (result["model"], result["split"], result["cases"]) == (version, split, 40)
    for name in ("recall@5", "ndcg@10"):
        value = result["metrics"][name]
        assert 0 <= value["low"] <= value["value"] <= value["high"] <= 1
    assert result["rankers"]["linear"]["ndcg@5"]["value"] > 0
    again = await outcome(
        client, context, scientist, await ask(client, scientist, split=split, k=[5, 10])
    )
    assert again["result"]["metrics"]["ndcg@10"] == result["metrics"]["ndcg@10"]
    assert not any((context.settings.data_dir / "evaluations").iterdir())
    listed = (await client.get(URL, headers=scientist)).json()["items"]
    assert [each["id"] for each in listed] == [again["id"], found["id"]]


@pytest.mark.parametrize("kind", ["last_out", "users"])
async def test_every_split_works(
    client: Any, world: Any, context: Any, scientist: Any, kind: str
) -> None:
    asked = await ask(
        client, scientist, model=world.model.current.version, split={"kind": kind}, k=[10]
    )
    found = await outcome(client, context, scientist, asked)
    assert found["state"] == "succeeded", found["error"]
    assert found["result"]["cases"] == (40 if kind == "last_out" else 8)


async def test_a_cancelled_one_does_not_run(
    client: Any, world: Any, context: Any, scientist: Any
) -> None:
    asked = await ask(client, scientist)
    for _ in range(2):
        gone = await client.delete(f"{URL}/{asked['id']}", headers=scientist)
        assert gone.status_code == 204
    found = await outcome(client, context, scientist, asked)
    assert (found["state"], found["result"]) == ("cancelled", None)
    assert world.loaded


async def test_a_running_one_can_be_cancelled(
    client: Any, world: Any, context: Any, scientist: Any
) -> None:
    asked = await ask(client, scientist)
    begun = asyncio.Event()
    running = asyncio.create_task(
        run_job(context, SERVICE.jobs, UUID(asked["id"]), report=lambda *_: begun.set())
    )
    await begun.wait()
    await client.delete(f"{URL}/{asked['id']}", headers=scientist)
    await running
    found = (await client.get(f"{URL}/{asked['id']}", headers=scientist)).json()
    assert found["state"] == "cancelled"
    assert not any((context.settings.data_dir / "evaluations").iterdir())
    assert world.loaded


async def test_what_is_wrong_is_refused(
    client: Any, app: Any, scientist: Any, authorization: Any
) -> None:
    nothing = await client.post(URL, headers=scientist)
    assert (nothing.status_code, nothing.json()["code"]) == (409, "no_model")
    missing = await client.post(URL, json={"model": "x"}, headers=scientist)
    assert (missing.status_code, missing.json()["code"]) == (404, "model_not_found")
    for body in (
        {"split": {"kind": "magic"}},
        {"split": {"fraction": 0}},
        {"split": {"seed": -1}},
        {"k": []},
        {"k": [0]},
        {"surprise": 1},
    ):
        assert (await client.post(URL, json=body, headers=scientist)).status_code == 422
    for method, path in (("POST", ""), ("GET", ""), ("GET", f"/{new_uuid()}")):
        assert (await client.request(method, URL + path)).status_code == 401
        refused = await client.request(method, URL + path, headers=authorization())
        assert refused.status_code == 403
    missing = await client.get(f"{URL}/{new_uuid()}", headers=scientist)
    assert (missing.status_code, missing.json()["code"]) == (404, "job_not_found")
