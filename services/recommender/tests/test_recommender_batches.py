from typing import Any

import pytest
from recommender_world import CRIME, ROMANCE, member, taste
from test_recommender_circle import watched

from marquee_shared.events.identity import TasteChanged

SCIENTIST = {"scope": "recommender"}


async def post(client: Any, path: str, body: Any, headers: dict[str, str]) -> Any:
    return await client.post(f"/v1/recommender/{path}", json=body, headers=headers)


async def test_many_members_in_the_order_asked(client: Any, world: Any, authorization: Any) -> None:
    headers = authorization(**SCIENTIST)
    asked = ["member1", str(member(0)), "MEMBER2"]
    answer = await post(client, "recommend", {"users": asked, "limit": 5}, headers)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert [item["user"] for item in items] == asked
    assert {item["model"] for item in items} == {world.model.current.version}
    for item, number, liked in zip(items, (1, 0, 2), (ROMANCE, CRIME, CRIME), strict=True):
        movies = {each["movie"]["id"] for each in item["recommendations"]}
        assert movies <= set(liked) - set(taste(number))
        assert all(each["reasons"] for each in item["recommendations"])


async def test_a_batch_equals_the_members_own_answer(
    client: Any, world: Any, authorization: Any, deliver: Any
) -> None:
    del world
    begun, seen = [movie for movie in ROMANCE if movie not in taste(3)][:2]
    await deliver(
        (watched(3, begun), 1),
        (watched(3, seen, completed=True), 1),
        (TasteChanged(user_id=member(3), genres=["crime"], platforms=[], people=[]), 1),
    )
    own = await client.get("/v1/me/recommendations?limit=7", headers=authorization(sub=member(3)))
    headers = authorization(**SCIENTIST)
    batch = await post(client, "recommend", {"users": ["member3"], "limit": 7}, headers)
    listed = batch.json()["items"][0]["recommendations"]
    assert listed == own.json()["items"]
    assert {begun, seen}.isdisjoint(item["movie"]["id"] for item in listed)


async def test_a_profile_of_nobody_in_the_system(
    client: Any, world: Any, authorization: Any
) -> None:
    del world
    headers = authorization(**SCIENTIST)
    profile = {"ratings": [{"movie": "film-21", "value": 5}, {"movie": 22, "value": 4.5}]}
    body = {"profile": profile, "limit": 10, "exclude": ["film-23"], "reasons": False}
    answer = (await post(client, "recommend", body, headers)).json()["items"]
    movies = [each["movie"]["id"] for each in answer[0]["recommendations"]]
    assert set(movies) <= set(ROMANCE) - {21, 22, 23}
    narrowed = {**body, "filters": {"genres": ["crime"]}}
    answer = (await post(client, "recommend", narrowed, headers)).json()["items"]
    assert {each["movie"]["id"] for each in answer[0]["recommendations"]} <= set(CRIME)


async def test_scores_order_films_as_recommendations_do(
    client: Any, world: Any, authorization: Any
) -> None:
    del world
    headers = authorization(**SCIENTIST)
    body = {"user": "member0", "movies": ["film-1", "film-30", 2]}
    scores = [
        item["score"] for item in (await post(client, "score", body, headers)).json()["items"]
    ]
    assert scores[0] > scores[1]
    assert scores[2] > scores[1]


async def test_neighbours_of_many(client: Any, world: Any, authorization: Any) -> None:
    del world
    headers = authorization(**SCIENTIST)
    body = {"movies": ["film-1", 30], "limit": 5}
    items = (await post(client, "similar", body, headers)).json()["items"]
    assert [item["movie"]["id"] for item in items] == [1, 30]
    assert {each["movie"]["id"] for each in items[0]["similar"]} <= set(CRIME)
    assert {each["movie"]["id"] for each in items[1]["similar"]} <= set(ROMANCE)


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("recommend", {"users": ["member0", "nobody"]}, "/users/1"),
        ("recommend", {"users": ["member0"], "exclude": ["nonesuch"]}, "/exclude/0"),
        ("recommend", {"users": ["member0"], "variant": "b"}, "/variant"),
        ("recommend", {"users": ["member0"], "profile": {"ratings": []}}, "/"),
        ("recommend", {}, "/"),
        ("recommend", {"users": []}, "/users"),
        (
            "recommend",
            {"profile": {"ratings": [{"movie": 1, "value": 4.2}]}},
            "/profile/ratings/0/value",
        ),
        ("score", {"user": "member0", "movies": [999]}, "/movies/0"),
        ("score", {"user": "member0", "movies": [True]}, "/movies/0"),
        ("similar", {"movies": ["nonesuch"]}, "/movies/0"),
    ],
)
async def test_what_does_not_exist_is_named(
    client: Any, world: Any, authorization: Any, path: str, body: Any, pointer: str
) -> None:
    del world
    answer = await post(client, path, body, authorization(**SCIENTIST))
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_before_the_first_model_there_is_nothing_to_ask(
    client: Any, authorization: Any
) -> None:
    answer = await post(client, "similar", {"movies": [1]}, authorization(**SCIENTIST))
    assert (answer.status_code, answer.json()["code"]) == (409, "no_model")
    assert (await post(client, "score", {}, authorization())).status_code == 403
