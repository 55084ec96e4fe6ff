import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from recommender_world import CRIME, ROMANCE, UNRELEASED, film, member, rating, taste

from marquee_shared.events.catalog import MovieDeleted
from marquee_shared.events.social import RatingRemoved, SignalSet
from marquee_shared.testing.plugin import new_uuid


def ids(body: dict[str, Any]) -> list[int]:
    return [item["movie"]["id"] for item in body["items"]]


async def ask(client: Any, headers: dict[str, str], query: str = "") -> dict[str, Any]:
    answer = await client.get(f"/v1/me/recommendations{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_fits_the_members_taste_and_names_model_and_request(
    client: Any, world: Any, authorization: Any
) -> None:
    body = await ask(client, authorization(sub=member(0)), "?limit=5")
    assert set(ids(body)) <= set(CRIME)
    assert set(ids(body)).isdisjoint(taste(0))
    assert body["model"] == world.model.current.version
    assert body["variant"] == "default"
    assert body["request_id"]
    other = await ask(client, authorization(sub=member(1)), "?limit=5")
    assert set(ids(other)) <= set(ROMANCE)


async def test_reasons_are_said_in_the_callers_language(
    client: Any, world: Any, authorization: Any
) -> None:
    del world
    headers = authorization(sub=member(0))
    english = await ask(client, headers)
    german = await ask(client, headers, "?lang=de")
    texts = [reason["text"] for item in english["items"] for reason in item["reasons"]]
    assert any(text.startswith("Because you rated Film ") for text in texts)
    own = taste(0)
    for item in english["items"]:
        for reason in item["reasons"]:
            if reason["kind"] == "because_you_rated":
                value = own[reason["movie"]["id"]]
                assert reason["text"] == f"Because you rated {reason['movie']['title']} {value:g}"
    said = [reason["text"] for item in german["items"] for reason in item["reasons"]]
    assert any(text.startswith("Weil du Streifen ") for text in said)


async def test_weights_sum_to_at_most_what_is_explained(
    client: Any, world: Any, authorization: Any
) -> None:
    del world
    for number in range(6):
        body = await ask(client, authorization(sub=member(number)), "?limit=20")
        for item in body["items"]:
            weights = [reason["weight"] for reason in item["reasons"]]
            assert 0 <= sum(weights) <= item["explained"] <= 1


async def test_a_delivered_rating_counts_in_the_next_call(
    client: Any, world: Any, authorization: Any, deliver: Any
) -> None:
    del world
    who = new_uuid()
    headers = authorization(sub=who)
    before = await ask(client, headers, "?limit=8")
    liked = [rating(0, movie, 5.0, user_id=who) for movie in list(ROMANCE)[:3]]
    await deliver(*((data, 1) for data in liked))
    after = await ask(client, headers, "?limit=8")
    assert ids(after) != ids(before)
    assert set(ids(after)) <= set(ROMANCE)
    assert set(ids(after)).isdisjoint({data.movie_id for data in liked})
    gone = RatingRemoved(user_id=who, movie_id=liked[0].movie_id)
    await deliver((gone, 2))
    assert liked[0].movie_id in ids(await ask(client, headers, "?limit=40"))


async def test_a_signal_counts_in_the_next_call(
    client: Any, world: Any, authorization: Any, deliver: Any
) -> None:
    del world
    headers = authorization(sub=member(0))
    first, second = ids(await ask(client, headers, "?limit=2"))
    at = datetime(2026, 6, 1, tzinfo=UTC)
    kinds = ((first, "not_interested"), (second, "seen"))
    for movie, kind in kinds:
        signal = SignalSet(user_id=member(0), movie_id=movie, kind=kind, at=at)  # type: ignore[arg-type]
        await deliver((signal, 1))
    assert {first, second}.isdisjoint(ids(await ask(client, headers, "?limit=100")))
    for movie, kind in kinds:
        why = await client.get(f"/v1/movies/film-{movie}/why", headers=headers)
        assert [obstacle["code"] for obstacle in why.json()["obstacles"]] == [kind]


async def test_an_event_under_way_is_read_from_social_with_the_callers_token(
    client: Any, world: Any, authorization: Any, social: Any
) -> None:
    del world
    headers = authorization()
    social.ratings = [
        {"movie_id": movie, "value": 5.0, "rated_at": "2026-06-01T00:00:00Z", "revision": 1}
        for movie in (21, 22, 23)
    ]
    body = await ask(client, {**headers, "Marquee-After": str(new_uuid())}, "?limit=6")
    assert set(ids(body)) <= set(ROMANCE) - {21, 22, 23}
    assert social.calls == [headers["Authorization"]]


async def test_social_is_not_asked_for_what_has_arrived(
    client: Any, world: Any, authorization: Any, social: Any, database: Any
) -> None:
    del world
    from marquee_shared.outbox.consumer import record

    event = new_uuid()
    async with database.transaction() as session:
        await record(session, "recommender", [event])
    await ask(client, {**authorization(), "Marquee-After": f"{event}, not-an-id"})
    assert social.calls == []


@pytest.mark.parametrize("status", [500, 404, 401])
async def test_the_replica_answers_when_social_cannot(
    client: Any, world: Any, authorization: Any, social: Any, status: int
) -> None:
    del world
    social.status = status
    headers = {**authorization(sub=member(0)), "Marquee-After": str(new_uuid())}
    body = await ask(client, headers, "?limit=5")
    assert set(ids(body)).isdisjoint(taste(0))
    assert len(social.calls) == 1


async def test_filters_and_exclusions(client: Any, world: Any, authorization: Any) -> None:
    del world
    headers = authorization(sub=member(0))
    romance = await ask(client, headers, "?genre=romance&limit=40")
    assert set(ids(romance)) == set(ROMANCE)
    both = await ask(client, headers, "?genre=romance&genre=crime&limit=100")
    assert set(ids(both)) == (set(CRIME) | set(ROMANCE)) - set(taste(0))
    years = await ask(client, headers, "?year_from=2001&year_to=2003")
    assert set(ids(years)) == {21, 22, 23}
    flix = await ask(client, headers, "?platform=flix&limit=100")
    assert all(number % 2 for number in ids(flix))
    left = await ask(client, headers, "?genre=romance&limit=40&exclude=film-21&exclude=film-22")
    assert set(ids(left)) == set(ROMANCE) - {21, 22}
    assert (await ask(client, headers, "?genre=nonesuch"))["items"] == []


@pytest.mark.parametrize(
    "query",
    ["year_from=2001&year_to=2000", "limit=0", "limit=101", "year_from=x", "colour=red"],
)
async def test_bad_questions_are_refused(
    client: Any, world: Any, authorization: Any, query: str
) -> None:
    del world
    answer = await client.get(f"/v1/me/recommendations?{query}", headers=authorization())
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_needs_a_member(client: Any) -> None:
    assert (await client.get("/v1/me/recommendations")).status_code == 401


async def test_unreleased_and_deleted_films_are_never_shown(
    client: Any, world: Any, authorization: Any
) -> None:
    headers = authorization()
    future = datetime.now(UTC).date() + timedelta(days=3)
    world.catalog.put(film(5, release_date=future), (1, 2))
    world.catalog.bury(6, (1, 2))
    body = await ask(client, headers, "?limit=100")
    assert set(ids(body)) == (set(CRIME) | set(ROMANCE)) - {5, 6, UNRELEASED}


async def test_films_newer_than_the_model_fill_the_page(
    client: Any, world: Any, authorization: Any
) -> None:
    for number in range(101, 111):
        world.catalog.put(film(number, genres=film(1).genres), (1, 1))
    headers = authorization(sub=member(0))
    body = await ask(client, headers, "?genre=crime&limit=18")
    assert len(body["items"]) == 18
    known = [number for number in ids(body) if number <= 40]
    assert ids(body)[: len(known)] == known
    assert ids(body)[len(known) :] == list(range(110, 100, -1))
    assert all(not item["reasons"] for item in body["items"][len(known) :])


async def test_without_a_model_the_popular_films_answer(
    client: Any, fill: Any, serving: Any, authorization: Any
) -> None:
    assert (await ask(client, authorization()))["items"] == []
    await fill()
    await serving.load()
    serving.charts._known.clear()
    body = await ask(client, authorization(), "?limit=50")
    assert body["model"] is None
    assert set(ids(body)) == set(CRIME) | set(ROMANCE)
    counts: dict[int, int] = {}
    for number in range(40):
        for movie in taste(number):
            counts[movie] = counts.get(movie, 0) + 1
    order = [counts[number] for number in ids(body) if number in counts]
    assert order == sorted(order, reverse=True)
    assert body["items"][0]["reasons"][0]["kind"] == "popular"


async def test_a_member_who_did_nothing_gets_what_is_popular(
    client: Any, world: Any, authorization: Any
) -> None:
    del world
    body = await ask(client, authorization(), "?limit=5")
    kinds = {reason["kind"] for item in body["items"] for reason in item["reasons"]}
    assert kinds
    assert kinds <= {"popular", "trending"}
    assert "Popular this month" not in str(body) or "2026" in str(datetime.now(UTC))


async def test_why_says_what_speaks_for_a_film(client: Any, world: Any, authorization: Any) -> None:
    del world
    headers = authorization(sub=member(0))
    first = (await ask(client, headers, "?limit=1"))["items"][0]["movie"]["slug"]
    answer = await client.get(f"/v1/movies/{first}/why", headers=headers)
    why = answer.json()
    assert why["recommended"] is True
    assert why["position"] == 1
    assert why["obstacles"] == []
    assert why["reasons"]
    assert sum(why["parts"].values()) == pytest.approx(why["score"], abs=0.01)
    assert {shown["movie"]["id"] for shown in why["films"]} <= set(taste(0))


async def test_why_not(client: Any, world: Any, authorization: Any) -> None:
    headers = authorization(sub=member(0))
    world.catalog.put(film(200), (1, 1))

    async def codes(slug: str) -> list[str]:
        why = (await client.get(f"/v1/movies/{slug}/why", headers=headers)).json()
        assert why["recommended"] is False
        return [obstacle["code"] for obstacle in why["obstacles"]]

    assert await codes(f"film-{next(iter(taste(0)))}") == ["rated"]
    assert await codes(f"film-{UNRELEASED}") == ["unreleased", "not_in_model"]
    assert await codes("film-200") == ["not_in_model"]
    missing = await client.get("/v1/movies/nothing/why", headers=headers)
    assert missing.status_code == 404
    assert missing.json()["code"] == "movie_not_found"


async def test_similar_films_share_their_audience(client: Any, world: Any) -> None:
    world.catalog.put(film(3, status="announced"), (1, 2))
    answer = await client.get("/v1/movies/film-1/similar?limit=10")
    assert set(ids(answer.json())) <= set(CRIME) - {1, 3}
    assert len(answer.json()["items"]) == 10
    assert answer.headers["Cache-Tag"] == "movie:1,recommendations"
    assert (await client.get("/v1/movies/nothing/similar")).status_code == 404


async def test_similar_without_a_model_is_empty(client: Any, fill: Any, serving: Any) -> None:
    await fill()
    await serving.load()
    answer = await client.get("/v1/movies/film-1/similar")
    assert answer.json() == {"items": [], "model": None}


async def test_trending_counts_a_window_and_says_when_it_is_old(
    client: Any, world: Any, deliver: Any
) -> None:
    old = (await client.get("/v1/trending?window=day")).json()
    assert old["live"] is False
    assert old["to"].startswith("2026-02-09")
    assert {i["movie"]["id"] for i in old["items"] if i["ratings"]} == set(taste(39))
    now = datetime.now(UTC) - timedelta(minutes=1)
    await deliver(
        *((rating(n, 7, 4.0, rated_at=now, user_id=new_uuid()), 1) for n in range(3)),
        (rating(9, 8, 4.0, rated_at=now, user_id=new_uuid()), 1),
    )
    world.charts._known.clear()
    fresh = (await client.get("/v1/trending?window=week&limit=5")).json()
    assert fresh["live"] is True
    assert [(i["movie"]["id"], i["ratings"]) for i in fresh["items"][:2]] == [(7, 3), (8, 1)]
    assert fresh["items"][0]["reasons"][0]["text"] == "Popular this week"
    assert len(fresh["items"]) == 5
    assert fresh["items"][2]["reasons"][0]["kind"] == "popular"
    assert (await client.get("/v1/trending?window=year")).status_code == 422


async def test_a_film_deleted_while_recommended_goes_with_its_event(
    client: Any, world: Any, authorization: Any, redis: Any
) -> None:
    from marquee_recommender.serving import MOVIES
    from marquee_shared.testing.plugin import as_event

    headers = authorization(sub=member(0))
    first = (await ask(client, headers, "?limit=1"))["items"][0]["movie"]
    event = as_event(MovieDeleted(id=first["id"], slug=first["slug"]), 2)
    raw = {
        "id": str(event.id),
        "type": event.type,
        "source": "/marquee/catalog",
        "time": event.time.isoformat(),
        "subject": event.subject,
        "dataschema": "urn:x",
        "revision": "2",
        "epoch": "1",
        "data": event.data.model_dump(mode="json"),
    }
    import orjson

    await redis.xadd(MOVIES, {"event": orjson.dumps(raw)})
    async with asyncio.timeout(10):
        while first["id"] in ids(await ask(client, headers, "?limit=100")):
            await asyncio.sleep(0.02)
    assert world.catalog.find(first["slug"]) is None
