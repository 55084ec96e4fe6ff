from typing import Any

import pytest
from recommender_world import CRIME, ROMANCE, member, taste
from test_recommender_circle import friends, privacy, watched

from marquee_shared.events.social import BlockSet
from marquee_shared.testing.plugin import new_uuid

PATH = "/v1/recommendations/group"


@pytest.fixture
def me(authorization: Any) -> dict[str, str]:
    headers: dict[str, str] = authorization(sub=member(0), username="member0")
    return headers


async def ask(client: Any, headers: dict[str, str], *names: str, **body: Any) -> Any:
    return await client.post(PATH, json={"usernames": list(names), **body}, headers=headers)


async def test_picks_what_nobody_has_seen_and_all_can_enjoy(
    client: Any, world: Any, me: Any, deliver: Any
) -> None:
    del world
    begun = next(m for m in ROMANCE if m not in taste(1))
    await deliver((friends(0, 1), 1), (friends(2, 0), 1), (watched(1, begun), 1))
    answer = await ask(client, me, "MEMBER1", "member2", limit=40)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    shown = {item["movie"]["id"] for item in items}
    assert shown == (set(CRIME) | set(ROMANCE)) - set(taste(0)) - set(taste(1)) - set(taste(2)) - {
        begun
    }
    scores = [item["score"] for item in items]
    assert scores == sorted(scores, reverse=True)
    for item in items:
        fit = item["fit"]
        assert set(fit) == {"member0", "member1", "member2"}
        assert all(0 <= value <= 1 for value in fit.values())
        blend = 0.5 * min(fit.values()) + 0.5 * sum(fit.values()) / 3
        assert item["score"] == pytest.approx(blend, abs=1e-3)
    crime = next(item for item in items if item["movie"]["id"] in CRIME)
    assert crime["fit"]["member0"] > crime["fit"]["member1"]


async def test_friends_of_one_taste_get_films_of_it(
    client: Any, world: Any, me: Any, deliver: Any
) -> None:
    del world
    await deliver((friends(0, 2), 1))
    items = (await ask(client, me, "member2", limit=3)).json()["items"]
    assert {item["movie"]["id"] for item in items} <= set(CRIME)


async def test_only_friends_can_be_asked_for(
    client: Any, world: Any, me: Any, deliver: Any
) -> None:
    del world
    await deliver((friends(0, 1), 1), (friends(0, 3, "requested"), 1))
    answer = await ask(client, me, "member1", "member3", "nobody", "member0")
    assert answer.status_code == 422
    assert answer.json()["code"] == "not_your_friend"
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        "/usernames/1",
        "/usernames/2",
        "/usernames/3",
    ]
    block = BlockSet(user_id=member(1), blocked_id=member(0), at=friends(0, 1).at)
    await deliver((block, 1))
    assert (await ask(client, me, "member1")).json()["code"] == "not_your_friend"


async def test_who_keeps_ratings_private_is_not_part_of_it(
    client: Any, world: Any, me: Any, deliver: Any
) -> None:
    del world
    await deliver((friends(0, 1), 1), (privacy(1, "private"), 1))
    answer = await ask(client, me, "member1")
    assert answer.status_code == 422
    assert answer.json()["code"] == "keeps_ratings_private"
    await deliver((privacy(1, "friends"), 2))
    assert (await ask(client, me, "member1")).status_code == 200


async def test_before_a_model_popular_films_are_picked(
    client: Any, fill: Any, serving: Any, me: Any, deliver: Any
) -> None:
    await fill()
    await serving.load()
    serving.charts._known.clear()
    await deliver((friends(0, 1), 1))
    body = (await ask(client, me, "member1", limit=5)).json()
    assert body["model"] is None
    assert len(body["items"]) == 5
    own = set(taste(0)) | set(taste(1))
    assert own.isdisjoint({item["movie"]["id"] for item in body["items"]})
    assert body["items"][0]["fit"] == {"member0": 0.5, "member1": 0.5}


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"usernames": []},
        {"usernames": "ann"},
        {"usernames": [1]},
        {"usernames": ["a\x00b"]},
        {"usernames": ["a"] * 11},
        {"usernames": ["a"], "limit": 0},
        {"usernames": ["a"], "colour": "red"},
    ],
)
async def test_bad_questions_are_refused(client: Any, me: Any, body: Any) -> None:
    assert (await client.post(PATH, json=body, headers=me)).status_code == 422


async def test_needs_a_member(client: Any, authorization: Any) -> None:
    assert (await client.post(PATH, json={"usernames": ["a"]})).status_code == 401
    service = authorization(sub=new_uuid(), kind="service")
    assert (await client.post(PATH, json={"usernames": ["a"]}, headers=service)).status_code in (
        401,
        403,
    )
