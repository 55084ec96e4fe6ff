from datetime import UTC, datetime, timedelta
from typing import Any

from recommender_world import film, member, rating, states, taste
from sqlalchemy import text

from marquee_recommender.interactions.repository import load_profile
from marquee_recommender.members.repository import find_users
from marquee_shared.events.catalog import MovieCreated, MovieDeleted
from marquee_shared.events.identity import UserCreated, UserDeleted, UserUpdated
from marquee_shared.events.rights import RecommenderMemberErased
from marquee_shared.events.social import (
    RatingRemoved,
    RatingsSet,
    RatingState,
    SignalRemoved,
    SignalSet,
    SignalsSet,
    SignalState,
)
from marquee_shared.testing.plugin import new_uuid

MOVIES = "SELECT id, slug, title, revision, deleted FROM movies ORDER BY id"


async def rows(database: Any, statement: str) -> list[tuple[Any, ...]]:
    async with database.reading() as session:
        return [tuple(row) for row in await session.execute(text(statement))]


async def ratings(database: Any, number: int) -> dict[int, float]:
    async with database.reading() as session:
        profile = await load_profile(session, member(number), [])
    return {event.item: event.value for event in profile.events}  # type: ignore[misc]


async def test_films_keep_the_newest_state_in_any_order(database: Any, deliver: Any) -> None:
    await deliver((film(1, title="New"), 3), (film(1, title="Old"), 2))
    await deliver((MovieCreated(**film(1, title="Older").model_dump()), 1))
    await deliver((film(2), 1), (MovieDeleted(id=2, slug="film-2"), 2), (film(2), 1))
    await deliver((MovieDeleted(id=3, slug="film-3"), 5))
    await deliver((film(3), 4))
    found = await rows(database, MOVIES)
    assert found[0] == (1, "film-1", "New", 3, False)
    assert [(row[0], row[4]) for row in found] == [(1, False), (2, True), (3, True)]
    await deliver((film(3), 6))
    assert (await rows(database, "SELECT deleted FROM movies WHERE id = 3")) == [(False,)]


async def test_a_higher_epoch_is_newer_than_any_revision(database: Any, deliver: Any) -> None:
    await deliver((film(1, title="Before"), 90), epoch=1)
    await deliver((film(1, title="After"), 2), epoch=2)
    await deliver((film(1, title="Late"), 91), epoch=1)
    assert await rows(database, "SELECT title FROM movies") == [("After",)]


async def test_ratings_keep_the_newest_state_in_any_order(database: Any, deliver: Any) -> None:
    gone = RatingRemoved(user_id=member(0), movie_id=1)
    await deliver((gone, 3), (rating(0, 1, 4.0), 2), (rating(0, 2, 3.5), 1))
    assert await ratings(database, 0) == {2: 3.5}
    await deliver((rating(0, 2, 1.0), 3), (rating(0, 2, 5.0), 2))
    assert await ratings(database, 0) == {2: 1.0}
    await deliver((rating(0, 1, 2.5), 4))
    assert await ratings(database, 0) == {1: 2.5, 2: 1.0}


async def test_bulk_ratings_apply_row_by_row(database: Any, deliver: Any) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)

    def state(movie: int, value: float | None, revision: int) -> RatingState:
        return RatingState(
            user_id=member(0), movie_id=movie, value=value, rated_at=at, revision=revision
        )

    await deliver((rating(0, 1, 4.5), 7))
    bulk = RatingsSet(
        ratings=[state(1, 1.0, 6), state(2, 3.0, 1), state(2, None, 2), state(3, 2.0, 1)]
    )
    await deliver((bulk, 1))
    await deliver((bulk, 1))
    assert await ratings(database, 0) == {1: 4.5, 3: 2.0}
    changes = await rows(database, "SELECT changes FROM training_state")
    assert changes == [(3,)]


async def test_replicas_equal_whatever_the_order_and_however_often(
    database: Any, deliver: Any
) -> None:
    told = [(film(number), 1) for number in range(1, 6)]
    told += [(film(number, title="Changed"), 2) for number in range(1, 4)]  # type: ignore[misc]
    told += [(rating(0, number, 3.0), 1) for number in range(1, 6)]  # type: ignore[misc]
    told += [(rating(0, number, 4.0), 2) for number in range(1, 3)]  # type: ignore[misc]
    tables = (
        "SELECT id, title, epoch, revision, deleted FROM movies ORDER BY id",
        "SELECT movie_id, value, epoch, revision, removed FROM interactions ORDER BY movie_id",
    )
    await deliver(*told)
    forward = [await rows(database, table) for table in tables]
    async with database.transaction() as session:
        await session.execute(text("TRUNCATE movies, interactions"))
    for one in reversed(told):
        await deliver(one)
        await deliver(one)
    assert [await rows(database, table) for table in tables] == forward


async def test_an_erased_member_leaves_nothing_and_does_not_come_back(
    database: Any, deliver: Any, sink: Any
) -> None:
    user = UserCreated(id=member(0), username="Ann", name="Ann A")
    await deliver((user, 1), (rating(0, 1, 4.0), 1), (rating(1, 1, 4.0), 1))
    await deliver((UserDeleted(id=member(0)), 3))
    late = UserUpdated(id=member(0), username="ann2", name="Ann")
    await deliver((rating(0, 2, 5.0), 1), (late, 2))
    assert await ratings(database, 0) == {}
    assert await ratings(database, 1) == {1: 4.0}
    assert await rows(database, "SELECT username, name, deleted FROM users") == [("", "", True)]
    (told,) = await sink.events(RecommenderMemberErased)
    assert (told.data.user_id, told.data.removed["interactions"]) == (member(0), 1)


async def test_members_are_found_by_name_in_any_case_and_by_id(database: Any, deliver: Any) -> None:
    who = new_uuid()
    await deliver((UserCreated(id=who, username="Ann", name="Ann A"), 1))
    async with database.reading() as session:
        found = await find_users(session, ["ann", str(who), "bob"])
    assert found == {"ann": who, str(who): who}


async def test_awaited_events_are_checked_in_the_same_statement(
    database: Any, deliver: Any
) -> None:
    await deliver((RatingsSet(ratings=states()), 1))
    (seen,) = await rows(database, "SELECT event_id FROM inbox")
    async with database.reading() as session:
        arrived = await load_profile(session, member(0), [seen[0], seen[0]])
        missing = await load_profile(session, member(0), [seen[0], new_uuid()])
        nothing = await load_profile(session, new_uuid(), [])
    assert arrived.complete
    assert not missing.complete
    assert {event.item: event.value for event in arrived.events} == taste(0)
    assert nothing.complete
    assert nothing.events == []


async def test_ten_thousand_ratings_of_one_member(
    database: Any, deliver: Any, client: Any, world: Any, authorization: Any
) -> None:
    del world
    at = datetime(2026, 1, 1, tzinfo=UTC)
    left = {movie for movie in (5, 6, 25, 26) if movie not in taste(0)}
    told = [
        RatingState(
            user_id=member(0),
            movie_id=number,
            value=4.0,
            rated_at=at + timedelta(seconds=number),
            revision=2,
        )
        for number in range(1, 10_001 + len(left))
        if number not in left
    ]
    chunks = [RatingsSet(ratings=told[start : start + 1000]) for start in range(0, 10_000, 1000)]
    await deliver(*((chunk, 1) for chunk in chunks))
    assert len(await ratings(database, 0)) == 10_000
    headers = authorization(sub=member(0))
    answer = await client.get("/v1/me/recommendations?limit=100", headers=headers)
    assert {item["movie"]["id"] for item in answer.json()["items"]} == left
    assert all(item["reasons"] for item in answer.json()["items"])
    home = await client.get("/v1/me/home", headers=headers)
    shown = [i["movie"]["id"] for row in home.json()["sections"] for i in row["items"]]
    assert set(shown) <= left


async def test_signals_stand_beside_ratings_and_follow_the_same_rules(
    database: Any, deliver: Any
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)

    def signal(movie: int, kind: Any) -> SignalSet:
        return SignalSet(user_id=member(0), movie_id=movie, kind=kind, at=at)

    await deliver((rating(0, 1, 4.0), 1), (signal(1, "like"), 2), (signal(1, "seen"), 1))
    await deliver((signal(2, "dislike"), 1), (signal(3, "seen"), 1))
    await deliver((SignalRemoved(user_id=member(0), movie_id=3), 2), (signal(3, "seen"), 1))
    bulk = SignalState(user_id=member(0), movie_id=2, kind="not_interested", at=at, revision=2)
    await deliver((SignalsSet(signals=[bulk]), 1))
    async with database.reading() as session:
        profile = await load_profile(session, member(0), [])
    known = {(event.item, event.kind, event.value) for event in profile.events}
    assert known == {(1, "rating", 4.0), (1, "like", None), (2, "not_interested", None)}
