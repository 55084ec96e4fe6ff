"""Reviews over HTTP: writing, spoilers, history, sorts, and who sees them."""

import asyncio

import pytest
from sqlalchemy import text

from marquee_shared.events.catalog import MovieDeleted
from marquee_shared.events.social import ReviewCreated, ReviewDeleted, ReviewUpdated
from marquee_shared.testing.plugin import new_uuid
from marquee_social.reviews.republishing import republish_reviews

WORDS = {"title": "A classic", "content": "Rosebud is a sled.", "is_positive": True}
WATCHED = text(
    "INSERT INTO watched_movies (user_id, movie_id, milliseconds, coverage, last_position, "
    "last_at, completed_at, revision) VALUES (:user_id, 1, 1, 1, 1, now(), now(), 1)"
)


@pytest.fixture
async def ann(new_person):
    return await new_person("ann")


@pytest.fixture
async def bob(new_person):
    return await new_person("bob")


async def review(member, slug="film-1", **changes):
    answer = await member.post(f"/v1/movies/{slug}/reviews", {**WORDS, **changes})
    assert answer.status_code == 201, answer.text
    return answer.json()


def ids(answer):
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def test_review_is_written_told_and_read(ann, films, client, sink):
    answer = await ann.post(f"/v1/movies/{films[0]}/reviews", {**WORDS, "language": "en"})
    assert answer.status_code == 201
    body = answer.json()
    assert answer.headers["location"] == f"/v1/reviews/{body['id']}"
    assert body["movie"]["slug"] == films[0]
    assert body["user"] == {
        "id": str(ann.id),
        "username": "ann",
        "name": "Ann",
        "avatar_url": None,
    }
    assert {name: body[name] for name in WORDS} == WORDS
    assert (body["has_spoilers"], body["language"], body["edited"]) == (False, "en", False)
    assert (body["comments"], body["reactions"]) == (0, {"counts": {}, "mine": []})
    read = await client.get(f"/v1/reviews/{body['id']}")
    assert read.json() == body
    again = await client.get(
        f"/v1/reviews/{body['id']}", headers={"If-None-Match": read.headers["etag"]}
    )
    assert again.status_code == 304
    (event,) = await sink.events(ReviewCreated)
    assert (event.data.id, event.data.user_id, event.data.movie_id) == (body["id"], ann.id, 1)


async def test_one_live_review_a_member_and_film_and_another_after_deletion(ann, films, sink):
    first = await review(ann)
    second = await ann.post(f"/v1/movies/{films[0]}/reviews", WORDS)
    assert (second.status_code, second.json()["code"]) == (409, "review_exists")
    await review(ann, films[1])
    for _ in range(2):
        assert (await ann.delete(f"/v1/reviews/{first['id']}")).status_code == 204
    assert (await ann.get(f"/v1/reviews/{first['id']}")).status_code == 404
    anew = await review(ann)
    assert anew["id"] != first["id"]
    assert ids(await ann.get(f"/v1/movies/{films[0]}/reviews")) == [anew["id"]]
    assert len(await sink.events(ReviewDeleted)) == 1


async def test_reviews_of_one_film_at_once_leave_one(ann, films):
    answers = await asyncio.gather(
        *(ann.post(f"/v1/movies/{films[0]}/reviews", WORDS) for _ in range(12))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 11
    assert len(ids(await ann.get(f"/v1/movies/{films[0]}/reviews"))) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "x" * 129},
        {"title": "two\nlines"},
        {"title": "turned \u202e round"},
        {"content": "   "},
        {"content": "x" * 10_001},
        {"content": "a\x00b"},
        {"content": "turned \u202e round"},
        {"content": ["a"]},
        {"is_positive": None},
        {"is_positive": "yes"},
        {"language": "English"},
        {"user_id": str(new_uuid())},
        {"hidden_at": None},
    ],
)
async def test_what_is_no_review_is_422_and_changes_nothing(ann, films, wrong):
    answer = await ann.post(f"/v1/movies/{films[0]}/reviews", {**WORDS, **wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    kept = await review(ann)
    edited = await ann.patch(f"/v1/reviews/{kept['id']}", wrong)
    assert edited.status_code == 422
    assert (await ann.get(f"/v1/reviews/{kept['id']}")).json() == kept


async def test_lines_are_kept_and_newlines_made_alike(ann, films):
    body = await review(ann, content="one\r\ntwo\n\n\tthree\u200f ")
    assert body["content"] == "one\ntwo\n\n\tthree\u200f"


async def test_lone_surrogates_and_huge_numbers_are_refused(ann, films, client):
    raw = b'{"title": "\\ud800", "content": "x", "is_positive": true}'
    headers = {**ann.headers, "Content-Type": "application/json"}
    answer = await client.post(f"/v1/movies/{films[0]}/reviews", content=raw, headers=headers)
    assert answer.status_code == 422
    for path in (f"/v1/reviews/{2**63}", "/v1/reviews/0", "/v1/reviews/-1", "/v1/reviews/x"):
        assert (await client.get(path)).status_code == 422
    assert (await client.get(f"/v1/reviews/{2**63 - 1}")).json()["code"] == "review_not_found"


async def test_only_the_author_may_change_a_review(ann, bob, films, client, new_member):
    body = await review(ann)
    path = f"/v1/reviews/{body['id']}"
    for method in ("PATCH", "DELETE"):
        content = {"title": "Mine now"} if method == "PATCH" else None
        assert (await bob.call(method, path, content)).status_code == 403
        unverified = new_member(verified=False)
        answer = await unverified.call(method, path, content)
        assert answer.json()["code"] == "email_not_verified"
        assert (await bob.call(method, "/v1/reviews/999", content)).status_code == 404
    assert (await client.patch(path, json={"title": "Mine now"})).status_code == 401
    assert (await client.get(path)).json() == body


async def test_edits_keep_what_stood_before(ann, films, client, sink):
    body = await review(ann)
    path = f"/v1/reviews/{body['id']}"
    for number in (2, 3):
        answer = await ann.patch(path, {"title": f"Version {number}"})
        assert answer.status_code == 200
        assert answer.json()["edited"] is True
    unchanged = await ann.patch(path, {"title": "Version 3"})
    assert unchanged.headers["etag"] == answer.headers["etag"]
    assert (await ann.patch(path, {})).json() == answer.json()
    first = (await client.get(f"{path}/history?limit=1")).json()
    assert [item["title"] for item in first["items"]] == ["Version 2"]
    rest = (await client.get(f"{path}/history?limit=1&cursor={first['next_cursor']}")).json()
    assert [(item["title"], item["revision"]) for item in rest["items"]] == [("A classic", 1)]
    assert rest["next_cursor"] is None
    assert [event.revision for event in await sink.events(ReviewUpdated)] == [2, 3]
    await ann.delete(path)
    assert (await client.get(f"{path}/history")).status_code == 404


async def test_if_match_guards_a_review(ann, films):
    body = await review(ann)
    path = f"/v1/reviews/{body['id']}"
    etag = (await ann.get(path)).headers["etag"]
    assert (await ann.patch(path, {"title": "Later"}, **{"If-Match": etag})).status_code == 200
    assert (await ann.patch(path, {"title": "Lost"}, **{"If-Match": etag})).status_code == 412
    assert (await ann.delete(path, **{"If-Match": etag})).status_code == 412
    assert (await ann.get(path)).json()["title"] == "Later"


async def test_spoilers_are_kept_until_the_reader_knows_the_film(ann, bob, films, client, database):
    body = await review(ann, has_spoilers=True)
    path = f"/v1/reviews/{body['id']}"
    assert body["content"] == WORDS["content"]

    async def content(member, query=""):
        answers = [
            await (member.get(path + query) if member else client.get(path + query)),
            await (member or client).get(f"/v1/movies/{films[0]}/reviews{query}"),
            await (member or client).get(f"/v1/users/ann/reviews{query}"),
        ]
        shown = [answers[0].json(), *(answer.json()["items"][0] for answer in answers[1:])]
        assert len({(item["content"], item["spoilers_hidden"]) for item in shown}) == 1
        assert shown[0]["spoilers_hidden"] is (shown[0]["content"] is None)
        return shown[0]["content"]

    assert await content(None) is None
    assert await content(bob) is None
    assert await content(ann) == WORDS["content"]
    assert await content(None, "?spoilers=show") == WORDS["content"]
    await bob.signal(films[0], "like")
    assert await content(bob) is None
    await bob.signal(films[0], "seen")
    assert await content(bob) == WORDS["content"]
    await bob.unsignal(films[0])
    assert await content(bob) is None
    await bob.rate(films[0], 3)
    assert await content(bob) == WORDS["content"]
    await bob.unrate(films[0])
    assert await content(bob) is None
    async with database.transaction() as session:
        await session.execute(WATCHED, {"user_id": bob.id})
    assert await content(bob) == WORDS["content"]
    async with database.transaction() as session:
        await session.execute(text("UPDATE watched_movies SET completed_at = NULL"))
    assert await content(bob) is None
    await ann.patch(path, {"has_spoilers": False, "content": "No spoiler."})
    (before,) = (await bob.get(f"{path}/history")).json()["items"]
    assert (before["content"], before["spoilers_hidden"]) == (None, True)
    assert (await client.get(path + "?spoilers=hide")).status_code == 422


async def test_reviews_come_newest_first_and_by_cursor(new_person, films, client):
    written = [(await review(await new_person(f"m{n}")))["id"] for n in range(5)]
    seen, cursor = [], ""
    while cursor is not None:
        page = (await client.get(f"/v1/movies/{films[0]}/reviews?limit=2{cursor}")).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
        await review(await new_person(f"late{len(seen)}"))
    assert seen == written[::-1]
    foreign = (await client.get(f"/v1/movies/{films[0]}/reviews?limit=2")).json()["next_cursor"]
    answer = await client.get(f"/v1/movies/{films[0]}/reviews?sort=helpful&cursor={foreign}")
    assert answer.json()["code"] == "invalid_cursor"
    assert (await client.get(f"/v1/movies/{films[0]}/reviews?sort=best")).status_code == 422


async def test_helpful_goes_by_approval_less_disapproval(new_person, films, client):
    people = [await new_person(f"m{n}") for n in range(3)]
    first, second, third = [(await review(person))["id"] for person in people]
    for person, thing, emoji in (
        (people[0], second, "LIKE"),
        (people[2], second, "STAR"),
        (people[1], first, "TRASH"),
        (people[1], third, "SAD"),
    ):
        assert (await person.put(f"/v1/reviews/{thing}/reactions/{emoji}")).status_code == 201
    assert await every(client, f"/v1/movies/{films[0]}/reviews?sort=helpful&limit=1") == [
        second,
        third,
        first,
    ]
    await people[0].delete(f"/v1/reviews/{second}/reactions/LIKE")
    await people[2].delete(f"/v1/reviews/{second}/reactions/STAR")
    order = ids(await client.get(f"/v1/movies/{films[0]}/reviews?sort=helpful"))
    assert order == [third, second, first]


async def every(member, path):
    """Return the ids of all pages of a list."""
    seen, cursor = [], ""
    while cursor is not None:
        page = (await member.get(f"{path}{cursor}")).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    return seen


async def test_friends_first_then_all_others(new_person, ann, films, client, friends):
    people = [await new_person(f"m{n}") for n in range(6)]
    written = [(await review(person))["id"] for person in people]
    for number in (1, 3):
        await friends(ann, people[number])
    path = f"/v1/movies/{films[0]}/reviews?sort=friends"
    expected = [written[n] for n in (3, 1, 5, 4, 2, 0)]
    assert ids(await ann.get(path)) == expected
    for limit in (1, 2, 4):
        assert await every(ann, f"{path}&limit={limit}") == expected
    assert ids(await client.get(path)) == written[::-1]


async def test_blocked_members_reviews_do_not_exist(ann, bob, films, client, blocks):
    body = await review(bob)
    await blocks(ann, bob)
    for viewer, other in ((ann, bob), (bob, ann)):
        mine = viewer is bob
        assert (await viewer.get(f"/v1/reviews/{body['id']}")).status_code == (200 if mine else 404)
        for sort in ("newest", "helpful", "friends"):
            listed = await viewer.get(f"/v1/movies/{films[0]}/reviews?sort={sort}")
            assert ids(listed) == ([body["id"]] if mine else [])
        missing = await viewer.get(f"/v1/users/{other.username}/reviews")
        assert (missing.status_code, missing.json()["code"]) == (404, "user_not_found")
    for path in (f"/v1/reviews/{body['id']}/history", f"/v1/reviews/{body['id']}/comments"):
        assert (await ann.get(path)).status_code == 404
    assert (await ann.patch(f"/v1/reviews/{body['id']}", {"title": "x"})).status_code == 404
    assert (await client.get(f"/v1/reviews/{body['id']}")).status_code == 200


async def test_unknown_films_and_deleted_ones_have_no_reviews(ann, films, catalog, deliver):
    for answer in (
        await ann.get("/v1/movies/nothing/reviews"),
        await ann.post("/v1/movies/nothing/reviews", WORDS),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "movie_not_found")
    assert ids(await ann.get(f"/v1/movies/{films[0]}/reviews")) == []
    body = await review(ann)
    await deliver((MovieDeleted(id=1, slug=films[0]), 2))
    assert (await ann.get(f"/v1/reviews/{body['id']}")).status_code == 404
    assert ids(await ann.get("/v1/users/ann/reviews")) == []


async def test_author_whose_event_is_under_way_has_a_card(new_member, films):
    member = new_member(username="early")
    assert (await review(member))["user"]["username"] == "early"


async def test_idempotency_key_replays_the_first_answer(ann, films):
    path = f"/v1/movies/{films[0]}/reviews"
    first = await ann.post(path, WORDS, **{"Idempotency-Key": "one"})
    again = await ann.post(path, WORDS, **{"Idempotency-Key": "one"})
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"


async def test_republish_tells_each_review_as_it_stands(ann, bob, films, context, sink, database):
    numbers = []
    for member, slug in ((ann, films[0]), (ann, films[1]), (bob, films[0])):
        made = await member.post(f"/v1/movies/{slug}/reviews", WORDS)
        numbers.append(made.json()["id"])
    await ann.patch(f"/v1/reviews/{numbers[0]}", {"title": "Better"})
    await ann.delete(f"/v1/reviews/{numbers[1]}")
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE reviews SET hidden_at = now() WHERE id = :id"), {"id": numbers[2]}
        )
    before = len(await sink.events())
    assert await republish_reviews(context) == 3
    edited, gone, hidden = (await sink.events())[before:]
    assert (edited.data.type, edited.data.id, edited.revision, edited.data.hidden) == (
        "social.review.updated",
        numbers[0],
        2,
        False,
    )
    assert (gone.data.type, gone.data.id, gone.revision) == (
        "social.review.deleted",
        numbers[1],
        2,
    )
    assert (hidden.data.type, hidden.data.hidden) == ("social.review.updated", True)
