from datetime import UTC, datetime, timedelta
from typing import Any

from recommender_world import CRIME, ROMANCE, member, rating, taste
from test_recommender_circle import friends, privacy, watched

from marquee_shared.events.identity import TasteChanged
from marquee_shared.testing.plugin import new_uuid


async def ask(client: Any, headers: dict[str, str], query: str = "") -> dict[str, dict[str, Any]]:
    answer = await client.get(f"/v1/me/home{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return {section["key"]: section for section in answer.json()["sections"]}


def films(section: dict[str, Any]) -> list[int]:
    return [item["movie"]["id"] for item in section["items"]]


async def test_a_members_home_has_all_its_rows_and_no_film_twice(
    client: Any, world: Any, authorization: Any, deliver: Any
) -> None:
    del world
    headers = authorization(sub=member(1))
    begun = next(movie for movie in CRIME if movie not in taste(2))
    favourites = sorted(taste(2))
    own = set(taste(1))
    await deliver((friends(1, 2), 1), (watched(1, begun, progress=0.25), 1))
    sections = await ask(client, headers)
    kinds = [key.split(":")[0] for key in sections]
    assert kinds[:2] == ["continue_watching", "for_you"]
    assert "friends_liked" in kinds
    shown = [movie for section in sections.values() for movie in films(section)]
    assert len(shown) == len(set(shown))
    assert own.isdisjoint(shown)
    (watching,) = sections["continue_watching"]["items"]
    assert (watching["movie"]["id"], watching["progress"]) == (begun, 0.25)
    liked = sections["friends_liked"]
    assert set(films(liked)) <= set(favourites)
    assert all(
        reason["users"][0]["username"] == "member2"
        for item in liked["items"]
        for reason in item["reasons"]
    )
    for section in sections.values():
        for item in section["items"]:
            weights = [reason["weight"] for reason in item["reasons"]]
            assert 0 <= sum(weights) <= item["explained"] <= 1


async def test_rows_that_follow_from_a_liked_film_name_it(
    client: Any, world: Any, authorization: Any, deliver: Any
) -> None:
    del world
    who = new_uuid()
    at = datetime(2026, 6, 1, tzinfo=UTC)
    await deliver((rating(0, 25, 5.0, user_id=who, rated_at=at), 1))
    sections = await ask(client, authorization(sub=who), "?lang=de")
    row = sections["because_you_liked:film-25"]
    assert row["title"] == "Weil dir Streifen 25 gefallen hat"
    assert row["because"]["movie"]["id"] == 25
    assert 25 not in films(row)
    assert {reason["text"] for item in row["items"] for reason in item["reasons"]} == {
        "Ähnlich wie Streifen 25"
    }
    await deliver((rating(0, 3, 1.0, user_id=who, rated_at=at + timedelta(days=1)), 1))
    assert "because_you_liked:film-3" not in await ask(client, authorization(sub=who))


async def test_rows_follow_how_well_they_fit(client: Any, world: Any, authorization: Any) -> None:
    del world
    sections = await ask(client, authorization(sub=member(0)))
    fits = [
        sum(item["score"] for item in section["items"]) / len(section["items"])
        for key, section in sections.items()
        if key not in ("continue_watching", "for_you")
    ]
    assert fits == sorted(fits, reverse=True)


async def test_for_someone_new_it_is_what_is_popular_and_chosen(
    client: Any, world: Any, authorization: Any, deliver: Any
) -> None:
    del world
    who = new_uuid()
    plain = await ask(client, authorization(sub=who))
    assert {"for_you", "trending"} & set(plain)
    assert any(key.startswith("by_genre:") for key in plain)
    assert "continue_watching" not in plain
    await deliver(
        (TasteChanged(user_id=who, genres=["romance"], platforms=[], people=[]), 1),
        *((rating(0, 7, 4.0, user_id=new_uuid(), rated_at=datetime.now(UTC)), 1),),
    )
    chosen = await ask(client, authorization(sub=who))
    assert set(films(chosen["for_you"])) <= set(ROMANCE)
    assert "by_genre:romance" in chosen


async def test_a_short_chart_is_filled_up_with_what_is_popular(
    client: Any, world: Any, authorization: Any, deliver: Any
) -> None:
    world.charts._known.clear()
    late = 13
    await deliver((rating(2, late, 4.0, user_id=new_uuid(), rated_at=datetime.now(UTC)), 1))
    items = (await ask(client, authorization()))["trending"]["items"]
    assert len(items) == 12
    said = {item["movie"]["id"]: item["reasons"][0] for item in items}
    trending = [movie for movie, reason in said.items() if reason["kind"] == "trending"]
    assert set(trending) <= {late}
    assert {said[movie]["text"] for movie in said.keys() - {late}} == {"Popular with members"}


async def test_a_home_stands_without_its_charts(
    client: Any, world: Any, authorization: Any, monkeypatch: Any
) -> None:
    from sqlalchemy.exc import OperationalError

    from marquee_recommender.charts import repository as charts

    async def too_slow(*_arguments: Any) -> Any:
        raise OperationalError("SELECT", {}, OSError("canceling statement"))

    counted = await ask(client, authorization())
    assert "trending" in counted
    monkeypatch.setattr(charts, "count_in_window", too_slow)
    monkeypatch.setattr(charts, "count_overall", too_slow)
    world.charts._known.update(
        {key: (-1e9, chart) for key, (_, chart) in world.charts._known.items()}
    )
    assert await ask(client, authorization()) == counted  # the charts stay as they were
    world.charts._known.clear()
    without = await ask(client, authorization())
    assert without.keys() >= {"for_you"}
    assert "trending" not in without


async def test_before_a_model_the_charts_make_the_rows(
    client: Any, fill: Any, serving: Any, authorization: Any
) -> None:
    await fill()
    await serving.load()
    serving.charts._known.clear()
    answer = await client.get("/v1/me/home", headers=authorization())
    assert answer.json()["model"] is None
    sections = {section["key"]: section for section in answer.json()["sections"]}
    assert len(sections["for_you"]["items"]) == 12
    shown = [movie for section in sections.values() for movie in films(section)]
    assert len(shown) == len(set(shown))


async def test_an_empty_catalog_makes_an_empty_home(client: Any, authorization: Any) -> None:
    assert await ask(client, authorization()) == {}
    assert (await client.get("/v1/me/home")).status_code == 401


async def test_private_ratings_make_no_row(
    client: Any, world: Any, authorization: Any, deliver: Any
) -> None:
    del world
    headers = authorization(sub=member(1))
    await deliver((friends(1, 2), 1))
    assert set(films((await ask(client, headers))["friends_liked"])) <= set(CRIME)
    await deliver((privacy(2, "private"), 1))
    after = await ask(client, headers)
    assert "friends_liked" not in after
    assert "member2" not in str(after)


async def test_a_home_takes_as_many_statements_as_a_recommendation(
    client: Any, world: Any, authorization: Any
) -> None:
    from sqlalchemy import event

    headers = authorization(sub=member(0))
    engine = world.database.read_engine.sync_engine
    told: list[str] = []

    def count(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        told.append(statement)

    await client.get("/v1/me/home", headers=headers)  # the charts are counted by now
    event.listen(engine, "before_cursor_execute", count)
    try:
        await client.get("/v1/me/recommendations?limit=7", headers=headers)
        alone = len(told)
        await client.get("/v1/me/home", headers=headers)
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert alone == 2
    assert len(told) == 2 * alone
