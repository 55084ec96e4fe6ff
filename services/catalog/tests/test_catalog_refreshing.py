import pytest
from sqlalchemy import text

from marquee_catalog.refreshing import tasks
from marquee_shared.events.catalog import MovieRatingChanged, MovieUpdated
from marquee_shared.events.social import MovieRatingsChanged
from marquee_shared.jobs import run_job


@pytest.fixture
def editor(authorization):
    return authorization(roles=["editor"])


@pytest.fixture
def rate(deliver):
    """Let social tell how many ratings films have, at a new revision each time."""
    revisions = iter(range(1, 100))

    async def tell(**counts):
        revision = next(revisions)
        await deliver(*(
            (MovieRatingsChanged(movie_id=int(name[1:]), count=count, average=4.0,
                                 histogram=[0] * 10), revision)
            for name, count in counts.items()
        ))  # fmt: skip

    return tell


async def films(client, editor, number, popularity, context):
    for _ in range(number):
        body = {"title": "Heat"}
        assert (await client.post("/v1/movies", json=body, headers=editor)).status_code == 201
    async with context.database.transaction() as session:
        await session.execute(text("UPDATE movies SET popularity = :p"), {"p": popularity})


async def popularity(client):
    items = (await client.get("/v1/movies?sort=popularity")).json()["items"]
    return {
        item["id"]: (await client.get(f"/v1/movies/{item['slug']}")).json()["popularity"]
        for item in items
    }


async def test_a_source_counts_until_members_say_more(client, editor, context, rate, sink):
    await films(client, editor, 2, 20, context)
    await rate(m1=500)
    assert await tasks.refresh_popularity(context) == {"films": 2, "changed": 1}
    assert await popularity(client) == {1: 49.7, 2: 20}
    (event,) = await sink.events(MovieUpdated)
    assert (event.data.id, event.data.popularity, event.revision) == (1, 49.7, 2)


async def test_what_comes_lately_lifts_a_film_and_wears_off(client, editor, context, rate, sink):
    await films(client, editor, 1, 30, context)
    await tasks.refresh_popularity(context)
    await rate(m1=10)
    await tasks.refresh_popularity(context)
    lifted = (await popularity(client))[1]
    assert lifted == pytest.approx(30 + 9.6)
    for _ in range(60):
        await tasks.refresh_popularity(context)
    worn = (await popularity(client))[1]
    assert 30 <= worn < 31
    told = [event.data.popularity for event in await sink.events(MovieUpdated)]
    assert told == sorted(told, reverse=True)
    assert told[-1] == worn


async def test_a_newly_given_popularity_is_not_lost(client, editor, context, rate):
    await films(client, editor, 1, 10, context)
    await rate(m1=100)
    await tasks.refresh_popularity(context)
    async with context.database.transaction() as session:
        await session.execute(text("UPDATE movies SET popularity = 90"))
    await tasks.refresh_popularity(context)
    assert (await popularity(client))[1] == 90
    assert await tasks.refresh_popularity(context) == {"films": 1, "changed": 0}


async def test_films_are_read_in_chunks(client, editor, context, rate, monkeypatch, sink):
    monkeypatch.setattr(tasks, "CHUNK", 2)
    await films(client, editor, 5, 0, context)
    await rate(m1=50, m3=50, m5=50)
    assert await tasks.refresh_popularity(context) == {"films": 5, "changed": 3}
    assert {event.data.id for event in await sink.events(MovieUpdated)} == {1, 3, 5}


class Social:
    def __init__(self, totals):
        self.totals = totals

    async def json(self, _method, _path, *, params):
        after, limit = int(params["after"]), int(params["limit"])
        items = [t for t in self.totals if t["movie_id"] > after][:limit]
        return 200, {"items": items, "epoch": 1}

    async def close(self):
        pass


async def test_averages_whose_event_was_lost_are_taken_over(
    client, editor, context, rate, monkeypatch, sink
):
    monkeypatch.setattr(tasks, "CHUNK", 2)
    await films(client, editor, 4, 0, context)
    await rate(m2=7)
    await rate(m2=8)
    context.peers["social"] = Social([
        {"movie_id": number, "count": number, "average": 3.5, "revision": 1}
        for number in (1, 2, 4, 99)
    ])  # fmt: skip
    assert await tasks.refresh_ratings(context) == {"films": 4, "changed": 2}
    ratings = {
        event.data.id: (event.data.average, event.data.count)
        for event in await sink.events(MovieRatingChanged)
    }
    assert ratings == {1: (3.5, 1), 2: (4.0, 8), 4: (3.5, 4)}
    assert await tasks.refresh_ratings(context) == {"films": 4, "changed": 0}


async def test_both_are_on_the_schedule_and_run_by_hand(client, authorization, context, service):
    operator = authorization(roles=["administrator"])
    base = "/v1/operations/catalog"
    entries = (await client.get(f"{base}/schedule", headers=operator)).json()["items"]
    assert {entry["name"]: entry["cron"] for entry in entries} == {
        "refresh-ratings": "40 3 * * *", "refresh-popularity": "10 4 * * *",
        "remove-unused-pictures": "50 4 * * *",
    }  # fmt: skip
    answer = await client.post(f"{base}/schedule/refresh-popularity/run", headers=operator)
    await run_job(context, service.jobs, answer.json()["id"])
    job = (await client.get(answer.headers["location"], headers=operator)).json()
    assert (job["state"], job["result"]) == ("succeeded", {"films": 0, "changed": 0})
