"""The client package against the real application."""

import asyncio
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from recommender_world import MEMBERS, member, states

from marquee_recommender.app import SERVICE
from marquee_recommender_client import ApiError, JobNotSucceeded, RecommenderClient, Variant
from marquee_shared.jobs import run_job

EXAMPLE = Path(__file__).parents[1] / "client" / "examples" / "plot_metrics.py"


class Bridge(httpx.BaseTransport):
    """Lets a synchronous client in a thread speak to the application on the loop."""

    def __init__(self, app: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._inner = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self._loop = loop
        self.failing: list[httpx.Response | Exception] = []
        self.keys: list[str | None] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.keys.append(request.headers.get("Idempotency-Key"))
        if self.failing:
            failure = self.failing.pop(0)
            if isinstance(failure, Exception):
                raise failure
            return failure

        async def answer() -> httpx.Response:
            body = request.read()
            sent = httpx.Request(request.method, request.url, headers=request.headers, content=body)
            response = await self._inner.handle_async_request(sent)
            content = b"".join([piece async for piece in response.stream])
            return httpx.Response(response.status_code, headers=response.headers, content=content)

        return asyncio.run_coroutine_threadsafe(answer(), self._loop).result(60)


@pytest.fixture
async def bridge(app: Any) -> Bridge:
    return Bridge(app, asyncio.get_running_loop())


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def connect(bridge: Bridge, token: Any, pauses: list[float]) -> Iterator[Callable[..., Any]]:
    opened = []

    def make(**claims: Any) -> RecommenderClient:
        made = RecommenderClient(
            "http://test",
            token(**({"scope": "recommender"} | claims)),
            transport=bridge,
            sleep=pauses.append,
        )
        opened.append(made)
        return made

    yield make
    for client in opened:
        client.close()


async def test_batches(world: Any, connect: Any) -> None:
    client = connect()
    found = await asyncio.to_thread(client.recommend, ["member1", str(member(0))], limit=3)
    assert [each.user for each in found] == ["member1", str(member(0))]
    assert all(len(each.recommendations) == 3 for each in found)
    assert found[0].recommendations[0].reasons
    ratings = {"film-21": 5.0, 22: 4.5}
    nobody = await asyncio.to_thread(client.recommend, ratings=ratings, limit=3, reasons=False)
    assert nobody[0].user is None
    scores = await asyncio.to_thread(client.score, ["film-1", 30], user="member0")
    assert (scores[0].score or 0) > (scores[1].score or 0)
    near = await asyncio.to_thread(client.similar, [1], limit=2)
    assert len(near[0].similar) == 2
    assert world.loaded


async def test_models_evaluations_and_waiting(
    world: Any, connect: Any, context: Any, pauses: list[float]
) -> None:
    client = connect()
    version = world.model.current.version
    models = await asyncio.to_thread(lambda: list(client.models()))
    assert [(each.version, each.active) for each in models] == [(version, True)]
    assert (await asyncio.to_thread(client.activate, version)).active
    job = await asyncio.to_thread(client.evaluate, split="random", k=[5])
    waiting = asyncio.create_task(asyncio.to_thread(client.wait, job, every=0.01))
    await run_job(context, SERVICE.jobs, UUID(str(job.id)))
    done = await waiting
    assert 0 <= done.metrics["ndcg@5"].low <= done.metrics["ndcg@5"].value
    assert pauses
    gone = await asyncio.to_thread(client.evaluate)
    await asyncio.to_thread(client.cancel, gone)
    with pytest.raises(JobNotSucceeded, match="cancelled"):
        await asyncio.to_thread(client.wait, await asyncio.to_thread(client.job, gone))
    training = await asyncio.to_thread(client.train, activation="never")
    assert [each.id for each in await asyncio.to_thread(lambda: list(client.trainings()))] == [
        training.id
    ]
    with pytest.raises(ApiError) as refused:
        await asyncio.to_thread(client.train)
    assert (refused.value.status, refused.value.code) == (409, "training_running")


async def test_experiments(world: Any, connect: Any) -> None:
    client = connect()
    variants = [Variant(key="control"), Variant(key="varied", config={"diversity": 0.5})]
    made = await asyncio.to_thread(client.create_experiment, "variety", variants, ramp=0.5)
    assert (made.state, made.ramp) == ("draft", 0.5)
    await asyncio.to_thread(client.update_experiment, "variety", state="running")
    listed = await asyncio.to_thread(lambda: list(client.experiments()))
    assert [(each.key, each.state) for each in listed] == [("variety", "running")]
    told = await asyncio.to_thread(client.assignment, "variety", "member1")
    assert told.variant in ("control", "varied")
    report = await asyncio.to_thread(client.report, "variety")
    assert [each.members for each in report.variants] == [0, 0]
    assert report.sample_ratio_ok
    assert world.loaded


async def test_exports_to_files(world: Any, connect: Any, tmp_path: Path) -> None:
    from pyarrow import parquet

    client = connect()
    path = tmp_path / "interactions.parquet"
    size = await asyncio.to_thread(client.export_to, path, "interactions", format="parquet")
    assert size == path.stat().st_size
    assert parquet.read_table(path).num_rows == len(states())
    chunks = await asyncio.to_thread(lambda: b"".join(client.export("recommendations", limit=1)))
    assert len(chunks.splitlines()) == MEMBERS
    path = tmp_path / "none"
    with pytest.raises(ApiError, match="Only recommendations"):
        await asyncio.to_thread(client.export_to, path, "items", limit=3)
    assert not path.exists()
    assert not path.with_name("none.part").exists()
    assert world.loaded


async def test_what_is_lost_is_sent_again_and_done_once(
    app: Any, connect: Any, bridge: Bridge, pauses: list[float]
) -> None:
    client = connect()
    variants = [Variant(key="a"), Variant(key="b")]
    bridge.failing = [
        httpx.ConnectError("gone"),
        httpx.Response(503, headers={"Retry-After": "7"}),
        httpx.Response(429, headers={"Retry-After": "999"}),
    ]
    made = await asyncio.to_thread(client.create_experiment, "once", variants)
    assert made.key == "once"
    assert len(bridge.keys) == 4
    assert len(set(bridge.keys)) == 1
    assert bridge.keys[0] is not None
    assert pauses[1:] == [7.0, 30.0]
    bridge.failing = [httpx.ReadError("lost")] * 4
    with pytest.raises(httpx.ReadError):
        await asyncio.to_thread(client.report, "once")


async def test_what_is_wrong_is_not_sent_again(
    app: Any, connect: Any, bridge: Bridge, pauses: list[float]
) -> None:
    with pytest.raises(ApiError) as refused:
        await asyncio.to_thread(connect(scope="").model, "x")
    assert refused.value.status == 403
    with pytest.raises(ApiError) as missing:
        await asyncio.to_thread(connect().model, "a/b?c")
    assert missing.value.code in ("model_not_found", "route_not_found")
    bridge.failing = [httpx.Response(500, text="<html>")]
    with pytest.raises(ApiError) as broken:
        await asyncio.to_thread(connect().report, "x")
    assert (broken.value.status, broken.value.code) == (500, "unknown")
    assert pauses == []


async def test_the_example_draws(world: Any, connect: Any) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    models = await asyncio.to_thread(lambda: list(connect().models()))
    figures = {"ndcg@10": {"value": 0.3, "low": 0.2, "high": 0.4}}
    told = models[0].model_copy(update={"evaluation": {"metrics": figures}})
    plot = runpy.run_path(str(EXAMPLE))["plot"]
    figure = plot([told, *models], ["ndcg@10", "recall@20"])
    assert [axes.get_title() for axes in figure.axes] == ["ndcg@10", "recall@20"]
    assert len(figure.axes[0].containers) == 1
    import matplotlib.pyplot as plt

    plt.close(figure)
    assert world.loaded
