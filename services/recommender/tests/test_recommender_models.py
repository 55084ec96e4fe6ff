import asyncio
import shutil
from typing import Any

import pytest
from recommender_world import member

from marquee_recommender.app import republish
from marquee_recommender.models.active import ActiveModelHolder
from marquee_shared.events.recommender import ModelActivated

SCIENTIST = {"scope": "recommender"}


async def activate(client: Any, version: str, headers: dict[str, str]) -> Any:
    return await client.post(f"/v1/recommender/models/{version}/activate", headers=headers)


async def test_models_are_listed_newest_first_page_by_page(
    client: Any, install: Any, authorization: Any
) -> None:
    versions = [await install(active=place == 1) for place in range(3)]
    headers = authorization(**SCIENTIST)
    first = (await client.get("/v1/recommender/models?limit=2", headers=headers)).json()
    query = f"limit=2&cursor={first['next_cursor']}"
    second = (await client.get(f"/v1/recommender/models?{query}", headers=headers)).json()
    listed = first["items"] + second["items"]
    assert [model["version"] for model in listed] == versions[::-1]
    assert [model["active"] for model in listed] == [False, True, False]
    assert second["next_cursor"] is None
    missing = await client.get("/v1/recommender/models/nonesuch", headers=headers)
    assert (missing.status_code, missing.json()["code"]) == (404, "model_not_found")
    assert (await activate(client, "nonesuch", headers)).json()["code"] == "model_not_found"


async def test_an_activation_swaps_under_load_and_drops_nobody(
    client: Any, world: Any, install: Any, authorization: Any, sink: Any
) -> None:
    old = world.model.current.version
    new = await install(active=False)
    reader, scientist = authorization(sub=member(0)), authorization(**SCIENTIST)
    served: list[str] = []
    statuses: set[int] = set()
    done = asyncio.Event()

    async def read_on() -> None:
        while not done.is_set():
            answer = await client.get("/v1/me/recommendations?limit=5", headers=reader)
            statuses.add(answer.status_code)
            served.append(answer.json()["model"])

    readers = [asyncio.create_task(read_on()) for _ in range(4)]
    for version in (new, old, new):
        answer = await activate(client, version, scientist)
        assert answer.status_code == 200
        assert answer.json()["active"] is True
        after = await client.get("/v1/me/recommendations", headers=reader)
        assert after.json()["model"] == version
    done.set()
    await asyncio.gather(*readers)
    assert statuses == {200}
    assert set(served) == {old, new}
    told = [event.data for event in await sink.events(ModelActivated)]
    assert [data.version for data in told] == [old, new, old, new]
    assert told[1].previous == old


async def test_activating_twice_tells_once(
    client: Any, install: Any, authorization: Any, sink: Any
) -> None:
    version = await install(active=False)
    headers = authorization(**SCIENTIST)
    for _ in range(2):
        assert (await activate(client, version, headers)).status_code == 200
    assert len(await sink.events(ModelActivated)) == 1


async def test_concurrent_activations_leave_one_active(
    client: Any, install: Any, authorization: Any, sink: Any
) -> None:
    versions = [await install(active=False) for _ in range(3)]
    headers = authorization(**SCIENTIST)
    answers = await asyncio.gather(*(activate(client, each, headers) for each in versions * 2))
    assert {answer.status_code for answer in answers} == {200}
    models = (await client.get("/v1/recommender/models", headers=headers)).json()["items"]
    active = [model["version"] for model in models if model["active"]]
    events = await sink.events(ModelActivated)
    assert active == [events[-1].data.version]


@pytest.mark.parametrize("harm", ["changed", "shortened", "missing_file", "missing", "manifest"])
async def test_a_tampered_artifact_is_refused_and_the_good_one_stays(
    client: Any, world: Any, install: Any, authorization: Any, context: Any, harm: str
) -> None:
    good = world.model.current.version
    bad = await install(active=False)
    folder = context.settings.models_dir / bad
    weights = folder / "linear.npy"
    content = weights.read_bytes()
    match harm:
        case "changed":
            weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        case "shortened":
            weights.write_bytes(content[:-4])
        case "missing_file":
            weights.unlink()
        case "missing":
            shutil.rmtree(folder)
        case "manifest":
            manifest = folder / "manifest.json"
            manifest.write_text(manifest.read_text().replace('"seed": 7', '"seed": 8'))
    answer = await activate(client, bad, authorization(**SCIENTIST))
    assert (answer.status_code, answer.json()["code"]) == (409, "model_broken")
    assert world.model.current.version == good
    headers = authorization(**SCIENTIST)
    listed = (await client.get("/v1/recommender/models", headers=headers)).json()["items"]
    assert [model["version"] for model in listed if model["active"]] == [good]


async def test_a_start_with_a_broken_active_model_takes_the_last_good_one(
    install: Any, context: Any
) -> None:
    good = await install()
    broken = await install()
    (context.settings.models_dir / broken / "linear.npy").unlink()
    holder = ActiveModelHolder(context.database, context.settings.models_dir)
    await holder.follow()
    assert holder.current is not None
    assert holder.current.version == good


async def test_the_event_swaps_the_model_of_every_replica(world: Any, install: Any) -> None:
    from marquee_shared.testing.plugin import as_event

    version = await install()
    assert world.model.current.version != version
    await world.on_events([as_event(ModelActivated(version=version), 2)])
    assert world.model.current.version == version


async def test_republish_tells_the_active_model_anew(context: Any, install: Any, sink: Any) -> None:
    assert await republish(context) == 0
    version = await install()
    assert await republish(context) == 1
    events = await sink.events(ModelActivated)
    assert [event.data.version for event in events] == [version, version]
    assert events[0].version == events[1].version
