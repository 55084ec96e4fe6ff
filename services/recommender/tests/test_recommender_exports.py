import asyncio
import csv
import io
import json
from collections.abc import AsyncGenerator
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from recommender_world import CRIME, FILMS, MEMBERS, member, states, taste
from sqlalchemy import text
from test_recommender_circle import watched

from marquee_recommender.exports.formats import ENCODERS
from marquee_recommender.exports.service import encode

URL = "/v1/recommender/exports"
SCIENTIST = {"scope": "recommender"}


@pytest.fixture
def fetch(client: Any, authorization: Any) -> Any:
    async def get(path: str, status: int = 200) -> Any:
        answer = await client.get(f"{URL}/{path}", headers=authorization(**SCIENTIST))
        assert answer.status_code == status, answer.text
        return answer

    return get


def lines(answer: Any) -> list[Any]:
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_interactions_in_every_format(world: Any, fetch: Any) -> None:
    told = {(str(row.user_id), row.movie_id): row.value for row in states()}
    answer = await fetch("interactions")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert "attachment" in answer.headers["content-disposition"]
    rows = lines(answer)
    assert {(row["user"], row["item"]): row["rating"] for row in rows} == told
    assert rows[0].keys() == {"user", "item", "kind", "rating", "at"}
    assert rows[0]["at"].startswith("2026-")
    answer = await fetch("interactions?format=csv")
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert {(row["user"], int(row["item"])): float(row["rating"]) for row in table} == told
    answer = await fetch("interactions?format=parquet")
    read = parquet.read_table(io.BytesIO(answer.content))
    found = zip(*(read[name].to_pylist() for name in ("user", "item", "rating")), strict=True)
    assert {(user, item): value for user, item, value in found} == told
    since = await fetch("interactions?since=2026-02-01T00:00:00Z")
    later = [row for row in states() if row.rated_at.month >= 2]
    assert 0 < len(lines(since)) == len(later) < len(told)
    assert world.loaded


async def test_items_keep_lists_whole(world: Any, fetch: Any) -> None:
    rows = lines(await fetch("items"))
    assert len(rows) == FILMS + 1
    assert rows[0]["genres"] == ["crime"]
    assert rows[0]["directors"] == ["ann"]
    table = list(csv.DictReader(io.StringIO((await fetch("items?format=csv")).text)))
    assert json.loads(table[0]["genres"]) == ["crime"]
    read = parquet.read_table(io.BytesIO((await fetch("items?format=parquet")).content))
    assert read["genres"].to_pylist()[0] == ["crime"]
    assert world.loaded


async def test_factors_are_the_models(world: Any, fetch: Any) -> None:
    model = world.model.current.model
    content = (await fetch("factors?format=parquet")).content
    read = parquet.read_table(io.BytesIO(content))
    assert read["item"].to_pylist() == model.item_ids[: len(model.factors.items)].tolist()
    assert read["vector"].to_pylist()[3] == pytest.approx(model.factors.items[3].tolist())


async def test_recommendations_are_those_members_get(
    world: Any, fetch: Any, client: Any, authorization: Any, deliver: Any
) -> None:
    begun = next(movie for movie in CRIME if movie not in taste(4))
    await deliver((watched(4, begun), 1))
    rows = lines(await fetch("recommendations?limit=3"))
    assert len(rows) == MEMBERS * 3
    own = [row for row in rows if row["user"] == str(member(4))]
    assert [row["rank"] for row in own] == [1, 2, 3]
    assert {row["model"] for row in rows} == {world.model.current.version}
    assert not {row["item"] for row in own} & {begun, *taste(4)}
    body = {"users": ["member4"], "limit": 3, "reasons": False}
    batch = await client.post(
        "/v1/recommender/recommend", json=body, headers=authorization(**SCIENTIST)
    )
    wanted = batch.json()["items"][0]["recommendations"]
    assert [row["item"] for row in own] == [each["movie"]["id"] for each in wanted]


async def test_nothing_yet_is_an_empty_file_or_said(app: Any, fetch: Any) -> None:
    assert (await fetch("interactions")).text == ""
    empty = parquet.read_table(io.BytesIO((await fetch("items?format=parquet")).content))
    assert empty.num_rows == 0
    assert (await fetch("items?format=csv")).text.startswith('"item","slug"')
    for what in ("factors", "recommendations"):
        assert (await fetch(what, 409)).json()["code"] == "no_model"


@pytest.mark.parametrize(
    "path",
    [
        "interactions?format=xlsx",
        "secrets",
        "items?since=2026-01-01T00:00:00Z",
        "items?limit=3",
        "interactions?since=yesterday",
        "recommendations?limit=0",
    ],
)
async def test_what_does_not_exist_is_refused(app: Any, fetch: Any, path: str) -> None:
    await fetch(path, 422)


async def test_only_the_data_team_may(client: Any, app: Any, authorization: Any) -> None:
    assert (await client.get(f"{URL}/items")).status_code == 401
    assert (await client.get(f"{URL}/items", headers=authorization())).status_code == 403


@pytest.mark.parametrize("form", ["parquet", "csv", "ndjson"])
async def test_a_batch_is_sent_before_the_next_is_read(form: Any) -> None:
    """However many there are, one is held: the source is never ahead of what was taken."""
    schema = pa.schema([("n", pa.int64()), ("names", pa.list_(pa.string()))])
    read = 0

    async def source() -> AsyncGenerator[pa.RecordBatch, None]:
        nonlocal read
        for start in range(0, 50_000, 1000):
            read += 1
            numbers = list(range(start, start + 1000))
            names = pa.array([[str(n)] for n in numbers], pa.list_(pa.string()))
            yield pa.record_batch([pa.array(numbers), names], schema=schema)

    chunks = encode(source(), ENCODERS[form](schema))
    sizes = []
    async for chunk in chunks:
        sizes.append(len(chunk))
        assert read <= len(sizes)
    assert read == 50
    assert max(sizes[1:-1]) < 3 * min(sizes[1:-1])


async def test_an_export_is_one_moment_and_ends_with_its_reader(
    world: Any, context: Any, monkeypatch: Any
) -> None:
    from marquee_recommender.exports import sources
    from marquee_recommender.exports.sources import Place

    monkeypatch.setattr(sources, "ROWS", 50)
    batches = sources.interactions(Place(context.database, world.catalog), None)
    rows = (await anext(batches)).num_rows
    async with context.database.transaction() as session:
        await session.execute(text("DELETE FROM interactions"))
    async for batch in batches:
        rows += batch.num_rows
    assert rows == len(states())
    left = sources.items(Place(context.database, world.catalog))
    await anext(left)
    await left.aclose()
    async with asyncio.timeout(5), context.database.reading() as session:
        assert await session.scalar(text("SELECT 1")) == 1


async def test_so_many_at_once_and_no_more(world: Any, fetch: Any) -> None:
    async def never() -> AsyncGenerator[pa.RecordBatch, None]:
        await asyncio.Event().wait()
        yield pa.record_batch([], schema=pa.schema([]))

    waiting = [world.exports.begin(never(), "items", "ndjson") for _ in range(2)]
    running = [asyncio.ensure_future(anext(chunks)) for chunks in waiting]
    await asyncio.sleep(0)
    refused = await fetch("items", 429)
    assert int(refused.headers["Retry-After"]) > 0
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await fetch("items")
