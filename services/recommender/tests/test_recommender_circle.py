from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from recommender_world import CRIME, ROMANCE, film, member, rating, taste
from sqlalchemy import text

from marquee_recommender.circle.repository import load_circle
from marquee_shared.events.catalog import MovieMerged, PersonMerged
from marquee_shared.events.identity import PeopleFollowed, TasteChanged, UserCreated, UserDeleted
from marquee_shared.events.social import (
    BlockRemoved,
    BlockSet,
    FriendshipRemoved,
    FriendshipSet,
    FriendshipsSet,
    FriendshipState,
    PrivacySet,
    WatchProgressed,
)
from marquee_shared.testing.plugin import new_uuid

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def friends(one: int, other: int, state: Any = "friends") -> FriendshipSet:
    return FriendshipSet(user_id=member(one), friend_id=member(other), state=state, at=NOW)


def privacy(number: int, ratings: Any) -> PrivacySet:
    return PrivacySet(
        user_id=member(number),
        ratings=ratings,
        activity="public",
        watch_time="public",
        stats="public",
        friends="public",
    )


def watched(number: int, movie: int, *, completed: bool = False, **changes: Any) -> WatchProgressed:
    values: dict[str, Any] = {
        "user_id": member(number),
        "movie_id": movie,
        "progress": 1.0 if completed else 0.5,
        "completed": completed,
        "seconds_watched": 60.0,
        "last_watched_at": NOW,
    }
    return WatchProgressed(**values | changes)


async def circle(database: Any, number: int) -> Any:
    async with database.reading() as session:
        return await load_circle(session, member(number))


async def ask(client: Any, headers: dict[str, str], query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/me/recommendations{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def films(items: list[dict[str, Any]]) -> list[int]:
    return [item["movie"]["id"] for item in items]


def kinds(item: dict[str, Any]) -> set[str]:
    return {reason["kind"] for reason in item["reasons"]}


async def test_friends_are_kept_in_any_order_of_events(database: Any, deliver: Any) -> None:
    for number in range(4):
        await deliver((UserCreated(id=member(number), username=f"m{number}", name="M"), 1))
    await deliver((friends(0, 1), 2), (friends(0, 1, "requested"), 1), (friends(2, 0), 1))
    assert set((await circle(database, 0)).friends) == {str(member(1)), str(member(2))}
    assert set((await circle(database, 2)).friends) == {str(member(0))}
    gone = FriendshipRemoved(user_id=member(1), friend_id=member(0))
    await deliver((gone, 3), (friends(0, 1), 2))
    bulk = FriendshipState(
        user_id=member(0), friend_id=member(3), state="friends", at=NOW, revision=1
    )
    await deliver((FriendshipsSet(friendships=[bulk]), 1))
    assert set((await circle(database, 0)).friends) == {str(member(2)), str(member(3))}


@pytest.mark.parametrize(("who", "whom"), [(0, 1), (1, 0)])
async def test_who_is_blocked_either_way_is_no_friend(
    database: Any, deliver: Any, who: int, whom: int
) -> None:
    for number in range(2):
        await deliver((UserCreated(id=member(number), username=f"m{number}", name="M"), 1))
    block = BlockSet(user_id=member(who), blocked_id=member(whom), at=NOW)
    await deliver((friends(0, 1), 1), (block, 1))
    assert not (await circle(database, 0)).friends
    await deliver((BlockRemoved(user_id=member(who), blocked_id=member(whom)), 2))
    assert set((await circle(database, 0)).friends) == {str(member(1))}


async def test_friends_favourites_count_and_are_named(
    client: Any, world: Any, authorization: Any, deliver: Any
) -> None:
    del world
    headers = authorization(sub=member(0))
    before = films(await ask(client, headers, "?limit=40"))
    favourite = next(m for m in reversed(before) if m in ROMANCE)
    fans = (2, 4, 6)
    await deliver(
        *((friends(0, fan), 1) for fan in fans),
        *((rating(fan, favourite, 5.0), 9) for fan in fans),
    )
    after = await ask(client, headers, "?limit=40")
    assert films(after).index(favourite) < before.index(favourite)
    (shown,) = (item for item in after if item["movie"]["id"] == favourite)
    (reason,) = (reason for reason in shown["reasons"] if reason["kind"] == "friends")
    assert reason["text"] == "3 friends rated it 4 or more"
    assert {user["username"] for user in reason["users"]} == {f"member{fan}" for fan in fans}
    german = await ask(client, headers, "?limit=40&lang=de")
    assert "3 Freunde haben ihn mit 4 oder mehr bewertet" in str(german)


async def test_a_friends_private_ratings_never_show(
    client: Any, world: Any, authorization: Any, deliver: Any
) -> None:
    del world
    headers = authorization(sub=member(0))
    before = await ask(client, headers, "?limit=40")
    await deliver((friends(0, 2), 1), (privacy(2, "private"), 1))
    hidden = await ask(client, headers, "?limit=40")
    assert hidden == before
    assert "member2" not in str(hidden)
    await deliver((privacy(2, "friends"), 2))
    shown = await ask(client, headers, "?limit=40")
    assert any("friends" in kinds(item) for item in shown)
    await deliver((privacy(2, "private"), 3))
    assert await ask(client, headers, "?limit=40") == before


async def test_followed_people_count_and_are_said_to_be_followed(
    client: Any, world: Any, authorization: Any, deliver: Any
) -> None:
    del world
    who = new_uuid()
    headers = authorization(sub=who)
    before = films(await ask(client, headers, "?limit=40"))
    await deliver((PeopleFollowed(user_id=who, people=["bob"]), 1))
    after = await ask(client, headers, "?limit=40")

    def places(order: list[int]) -> int:
        return sum(place for place, movie in enumerate(order) if movie in ROMANCE)

    assert places(films(after)) < places(before)
    said = {reason["text"] for item in after for reason in item["reasons"]}
    assert "Directed by Bob, whom you follow" in said
    why = (await client.get("/v1/movies/film-25/why", headers=headers)).json()
    assert why["parts"]["boosts"] == pytest.approx(0.4, abs=0.01)
    assert sum(why["parts"].values()) == pytest.approx(why["score"], abs=0.01)
    await deliver((PeopleFollowed(user_id=who, people=[]), 2))
    assert films(await ask(client, headers, "?limit=40")) == before


async def test_a_merged_person_is_followed_under_their_new_name(
    client: Any, world: Any, authorization: Any, deliver: Any
) -> None:
    del world
    who = new_uuid()
    headers = authorization(sub=who)
    await deliver((PeopleFollowed(user_id=who, people=["robert"]), 1))
    assert "whom you follow" not in str(await ask(client, headers))
    await deliver((PersonMerged(id=77, slug="robert", into=78), 1))
    await deliver((PersonMerged(id=78, slug="rob", into=0), 1))  # 0 is Bob's id
    assert "Directed by Bob, whom you follow" in str(await ask(client, headers))


async def test_taste_decides_for_who_has_rated_nothing(
    client: Any, world: Any, authorization: Any, deliver: Any
) -> None:
    del world
    for chosen, expected in (("crime", CRIME), ("romance", ROMANCE)):
        who = new_uuid()
        told = TasteChanged(user_id=who, genres=[chosen], platforms=[], people=[])
        await deliver((told, 1))
        items = await ask(client, authorization(sub=who), "?limit=6")
        assert set(films(items)) <= set(expected)
        assert any("taste" in kinds(item) for item in items)


async def test_the_chosen_platforms_and_the_country_count(
    client: Any, world: Any, authorization: Any, deliver: Any
) -> None:
    who = new_uuid()
    world.catalog.put(film(9, countries=["PT"]), (1, 2))
    told = TasteChanged(user_id=who, genres=[], platforms=["flix"], people=[], country="PT")
    before = films(await ask(client, authorization(sub=who), "?limit=40"))
    await deliver((told, 1))
    after = await ask(client, authorization(sub=who), "?limit=40")
    said = {reason["text"] for item in after for reason in item["reasons"]}
    assert {"On Flix, which you chose", "From your country"} <= said
    assert films(after).index(9) < before.index(9)


async def test_what_was_watched_is_seen_and_what_was_begun_is_left_out(
    client: Any, world: Any, authorization: Any, deliver: Any
) -> None:
    del world
    headers = authorization(sub=member(0))
    first, second = films(await ask(client, headers, "?limit=2"))
    await deliver((watched(0, first, completed=True), 1), (watched(0, second), 1))
    assert {first, second}.isdisjoint(films(await ask(client, headers, "?limit=100")))
    for movie, code in ((first, "seen"), (second, "watching")):
        why = (await client.get(f"/v1/movies/film-{movie}/why", headers=headers)).json()
        assert [obstacle["code"] for obstacle in why["obstacles"]] == [code]


async def test_what_was_watched_follows_a_merged_film(database: Any, deliver: Any) -> None:
    await deliver((watched(0, 2, completed=True), 4), (watched(0, 1), 7))
    merged = MovieMerged(id=2, slug="film-2", into=1)
    await deliver((merged, 2))
    await deliver((merged, 2))
    (watch,) = (await circle(database, 0)).watches
    assert (watch.movie_id, watch.progress, watch.completed) == (1, 1.0, True)


async def test_an_erased_member_leaves_no_surroundings(database: Any, deliver: Any) -> None:
    told = TasteChanged(user_id=member(0), genres=["crime"], platforms=[], people=["ann"])
    follows = PeopleFollowed(user_id=member(0), people=["bob"])
    block = BlockSet(user_id=member(2), blocked_id=member(0), at=NOW)
    await deliver((told, 1), (follows, 1), (friends(0, 1), 1), (block, 1))
    await deliver((privacy(0, "private"), 1), (watched(0, 1), 1))
    await deliver((UserDeleted(id=member(0)), 2))
    await deliver((told, 2), (follows, 2), (friends(0, 1), 2), (block, 2))
    await deliver((privacy(0, "private"), 2), (watched(0, 1), 2))
    tables = ("tastes", "follows", "friendships", "blocks", "privacy", "watches")
    async with database.reading() as session:
        for table in tables:
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table  # noqa: S608


async def test_an_answer_is_kept_until_something_behind_it_changes(
    client: Any, world: Any, authorization: Any, deliver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from marquee_recommender.recommendations import service

    made: list[Any] = []
    ranked = service.ranked

    def counted(*given: Any) -> Any:
        made.append(given)
        return ranked(*given)

    monkeypatch.setattr(service, "ranked", counted)
    headers = authorization(sub=member(0))
    first = await ask(client, headers)
    assert await ask(client, headers) == first
    assert len(made) == 1
    await ask(client, headers, "?limit=5")
    await ask(client, authorization(sub=member(1)))
    assert len(made) == 3
    await deliver((rating(0, 30, 1.0), 1))
    await ask(client, headers)
    world.catalog.put(film(9, title="Changed"), (1, 2))
    await ask(client, headers)
    assert len(made) == 5


async def test_the_dial_of_diversity_changes_the_page(
    client: Any, world: Any, authorization: Any
) -> None:
    del world
    headers = authorization(sub=member(0))
    plain = films(await ask(client, headers, "?limit=5&diversity=0"))
    varied = films(await ask(client, headers, "?limit=5&diversity=1"))
    assert set(plain) <= set(CRIME)
    assert set(varied) & set(ROMANCE)
    for bad in ("-0.1", "1.1", "nan", "x"):
        answer = await client.get(f"/v1/me/recommendations?diversity={bad}", headers=headers)
        assert answer.status_code == 422


async def test_one_place_in_ten_goes_to_a_newer_film_of_a_liked_genre(
    client: Any, world: Any, authorization: Any
) -> None:
    world.catalog.put(film(301, genres=film(1).genres), (1, 1))
    world.catalog.put(film(302, genres=film(30).genres, popularity=999.0), (1, 1))
    items = await ask(client, authorization(sub=member(0)), "?limit=10")
    assert films(items)[9] == 301
    assert items[9]["reasons"] == []
    assert len(items) == 10


async def test_why_not_names_the_filters(client: Any, world: Any, authorization: Any) -> None:
    del world
    movie = next(movie for movie in CRIME if movie not in taste(0))
    headers = authorization(sub=member(0))
    path = f"/v1/movies/film-{movie}/why"
    out = (await client.get(f"{path}?genre=romance&lang=fr", headers=headers)).json()
    assert [(o["code"], o["text"]) for o in out["obstacles"]] == [
        ("filtered", "Vos filtres l'excluent.")
    ]
    assert not out["recommended"]
    assert (await client.get(f"{path}?genre=crime", headers=headers)).json()["recommended"]


async def test_without_the_named_film_the_score_is_lower(
    client: Any, world: Any, authorization: Any, deliver: Any
) -> None:
    from marquee_shared.events.social import RatingRemoved

    del world
    headers = authorization(sub=member(0))
    item, named = next(
        (item, reason["movie"]["id"])
        for item in await ask(client, headers)
        for reason in item["reasons"]
        if reason["kind"] == "because_you_rated"
    )
    path = f"/v1/movies/{item['movie']['slug']}/why"
    before = (await client.get(path, headers=headers)).json()
    contributed = {film["movie"]["id"]: film["contribution"] for film in before["films"]}
    assert contributed[named] > 0
    await deliver((RatingRemoved(user_id=member(0), movie_id=named), 9))
    assert (await client.get(path, headers=headers)).json()["score"] < before["score"]


async def test_reading_the_surroundings_is_one_statement(
    database: Any, deliver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        user = UserCreated(id=member(number), username=f"m{number}", name="M")
        await deliver((user, 1), (rating(number, 1, 5.0), 1))
    await deliver(*((friends(0, number), 1) for number in range(1, 5)))
    statements: list[UUID] = []
    async with database.reading() as session:
        execute = session.execute

        async def counted(statement: Any, parameters: Any) -> Any:
            statements.append(parameters["user_id"])
            return await execute(statement, parameters)

        monkeypatch.setattr(session, "execute", counted)
        found = await load_circle(session, member(0))
    assert statements == [member(0)]
    assert found.favourites[1].friends == 4
