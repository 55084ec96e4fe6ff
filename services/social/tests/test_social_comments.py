"""Comments in threads of any depth, and reactions to everything, over HTTP."""

import asyncio

import pytest
from sqlalchemy import text

from marquee_social.reactions.emoji import Emoji

WORDS = {"title": "A classic", "content": "Rosebud is a sled.", "is_positive": True}


@pytest.fixture
async def ann(new_person):
    return await new_person("ann")


@pytest.fixture
async def bob(new_person):
    return await new_person("bob")


@pytest.fixture
async def review(ann, films):
    """The path of Ann's review of the first film."""
    answer = await ann.post(f"/v1/movies/{films[0]}/reviews", WORDS)
    return f"/v1/reviews/{answer.json()['id']}"


async def comment(member, path, content="So true", **changes):
    """Comment on a review's path, or reply to a comment's."""
    suffix = "/comments" if path.startswith("/v1/reviews/") else "/replies"
    answer = await member.post(path + suffix, {"content": content, **changes})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/comments/{answer.json()['id']}"
    return answer.headers["location"]


def shape(answer):
    assert answer.status_code == 200, answer.text
    return [(item["content"], item["depth"], item["replies"]) for item in answer.json()["items"]]


async def walk(member, path):
    """Return the words of all pages of a thread."""
    seen, cursor = [], ""
    while cursor is not None:
        page = (await member.get(f"{path}{cursor}")).json()
        seen += [item["content"] for item in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    return seen


@pytest.fixture
async def thread(ann, bob, review):
    """A thread with branches: its paths by their words."""
    paths = {"review": review}
    for name, parent, member in (
        ("a", "review", bob),
        ("b", "review", ann),
        ("a1", "a", ann),
        ("a2", "a", bob),
        ("a11", "a1", bob),
        ("b1", "b", bob),
        ("a12", "a1", ann),
        ("c", "review", bob),
        ("a111", "a11", ann),
    ):
        paths[name] = await comment(member, paths[parent], name)
    return paths


READING_ORDER = ["a", "a1", "a11", "a111", "a12", "a2", "b", "b1", "c"]


async def test_direct_comments_are_listed_with_their_replies_counted(ann, thread, client):
    direct = await client.get(f"{thread['review']}/comments")
    assert shape(direct) == [("a", 1, 2), ("b", 1, 1), ("c", 1, 0)]
    replies = await client.get(f"{thread['a']}/replies")
    assert shape(replies) == [("a1", 2, 2), ("a2", 2, 0)]
    assert shape(await client.get(f"{thread['c']}/replies")) == []
    assert (await ann.get(thread["review"])).json()["comments"] == 9


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_thread_is_read_in_order_by_pages(client, thread, limit):
    whole = f"{thread['review']}/comments?depth=100&limit={limit}"
    assert await walk(client, whole) == READING_ORDER
    two_levels = f"{thread['review']}/comments?depth=2&limit={limit}"
    assert await walk(client, two_levels) == ["a", "a1", "a2", "b", "b1", "c"]
    under = f"{thread['a']}/replies?depth=100&limit={limit}"
    assert await walk(client, under) == READING_ORDER[1:6]
    under = f"{thread['a1']}/replies?depth=1&limit={limit}"
    assert await walk(client, under) == ["a11", "a12"]


async def test_thread_may_be_very_deep(ann, client, review, statements, no_limits):
    del no_limits
    path = review
    for level in range(60):
        path = await comment(ann, path, f"level {level + 1}")
    with statements() as seen:
        page = await client.get(f"{review}/comments?depth=1000&limit=100")
    assert len(seen) == 1
    assert [item["depth"] for item in page.json()["items"]] == list(range(1, 61))
    with statements() as seen:
        assert (await client.get(path)).json()["depth"] == 60
    assert len(seen) == 1
    assert await walk(client, f"{review}/comments?depth=1000&limit=7") == [
        f"level {level + 1}" for level in range(60)
    ]


async def test_comment_is_read_edited_and_guarded(ann, bob, client, review):
    path = await comment(bob, review, "First")
    read = await client.get(path)
    body = read.json()
    assert (body["user"]["username"], body["parent_id"], body["depth"]) == ("bob", None, 1)
    assert (await ann.patch(path, {"content": "Mine"})).status_code == 403
    assert (await ann.delete(path)).status_code == 403
    assert (await client.patch(path, json={"content": "Mine"})).status_code == 401
    edited = await bob.patch(path, {"content": "Better"}, **{"If-Match": read.headers["etag"]})
    assert (edited.json()["content"], edited.json()["edited"]) == ("Better", True)
    stale = await bob.patch(path, {"content": "Lost"}, **{"If-Match": read.headers["etag"]})
    assert stale.status_code == 412
    for wrong in ({"content": ""}, {"content": None}, {"parent_id": 1}, {"content": "x" * 5001}):
        assert (await bob.patch(path, wrong)).status_code == 422
    missing = await bob.patch("/v1/comments/999", {"content": "x"})
    assert (missing.status_code, missing.json()["code"]) == (404, "comment_not_found")


async def test_spoilers_in_comments_are_kept_too(ann, bob, client, review, films):
    path = await comment(bob, review, "The sled!", has_spoilers=True)
    for answer in (await client.get(path), await ann.get(path)):
        assert (answer.json()["content"], answer.json()["spoilers_hidden"]) == (None, True)
    assert (await client.get(f"{path}?spoilers=show")).json()["content"] == "The sled!"
    await ann.signal(films[0], "seen")
    assert shape(await ann.get(f"{review}/comments")) == [("The sled!", 1, 0)]


async def test_deletion_takes_the_subtree_and_its_reactions(ann, bob, thread, client, rows):
    for name in ("a1", "a111", "b"):
        assert (await bob.put(f"{thread[name]}/reactions/LIKE")).status_code == 201
    for _ in range(2):
        assert (await bob.delete(thread["a"])).status_code == 204
    for name in ("a", "a1", "a2", "a11", "a111", "a12"):
        assert (await client.get(thread[name])).status_code == 404
        answer = await bob.post(f"{thread[name]}/replies", {"content": "late"})
        assert (answer.status_code, answer.json()["code"]) == (404, "comment_not_found")
        assert (await bob.put(f"{thread[name]}/reactions/LIKE")).status_code == 404
    assert await walk(client, f"{thread['review']}/comments?depth=9") == ["b", "b1", "c"]
    assert (await client.get(thread["review"])).json()["comments"] == 3
    assert [row.target_id for row in await rows("SELECT * FROM reactions")] == [
        int(thread["b"].rsplit("/", 1)[1])
    ]
    assert (
        await rows("SELECT id FROM comments WHERE deleted_at IS NOT NULL AND content <> ''") == []
    )


async def test_deleted_review_takes_everything_with_it(ann, bob, thread, client, rows):
    await bob.put(f"{thread['review']}/reactions/LIKE")
    await bob.put(f"{thread['a11']}/reactions/LIKE")
    await ann.delete(thread["review"])
    for path in (thread["review"], thread["a11"], f"{thread['review']}/comments"):
        assert (await client.get(path)).status_code == 404
    assert await rows("SELECT * FROM reactions") == []


async def test_blocked_members_comments_are_stepped_over_and_not_counted(
    new_person, bob, thread, client, blocks
):
    eve = await new_person("eve")
    await eve.put(f"{thread['b']}/reactions/LIKE")
    await bob.put(f"{thread['b']}/reactions/LIKE")
    await blocks(eve, bob)
    # a, a2, a11, b1 and c are Bob's: with a goes all under it
    assert await walk(eve, f"{thread['review']}/comments?depth=9&limit=2") == ["b"]
    assert (await eve.get(thread["review"])).json()["comments"] == 1
    shown = (await eve.get(thread["b"])).json()
    assert (shown["replies"], shown["reactions"]) == (0, {"counts": {"LIKE": 1}, "mine": ["LIKE"]})
    for name in ("a", "a1", "a111", "b1"):
        assert (await eve.get(thread[name])).status_code == 404
        assert (await eve.get(f"{thread[name]}/replies")).status_code == 404
        assert (await eve.post(f"{thread[name]}/replies", {"content": "x"})).status_code == 404
        assert (await eve.put(f"{thread[name]}/reactions/LIKE")).status_code == 404
    assert await walk(client, f"{thread['review']}/comments?depth=9") == READING_ORDER


async def test_every_reaction_of_the_set_is_counted_once(ann, bob, review, client):
    for emoji in Emoji:
        for expected in (201, 200):
            answer = await bob.put(f"{review}/reactions/{emoji}")
            assert answer.status_code == expected
    await ann.put(f"{review}/reactions/LIKE")
    expected = {**{str(emoji): 1 for emoji in Emoji}, "LIKE": 2}
    assert (await ann.get(f"{review}/reactions")).json() == {"counts": expected, "mine": ["LIKE"]}
    assert (await client.get(review)).json()["reactions"] == {"counts": expected, "mine": []}
    for _ in range(2):
        assert (await bob.delete(f"{review}/reactions/LIKE")).status_code == 204
    counts = (await client.get(f"{review}/reactions")).json()["counts"]
    assert counts == {**expected, "LIKE": 1}
    for wrong in ("like", "HEART", "%00", "LIKE%20"):
        assert (await bob.put(f"{review}/reactions/{wrong}")).status_code == 422
    assert (await client.put(f"{review}/reactions/LIKE")).status_code == 401
    assert (await bob.put("/v1/reviews/999/reactions/LIKE")).json()["code"] == "review_not_found"
    assert (await bob.put("/v1/comments/999/reactions/LIKE")).json()["code"] == "comment_not_found"


async def test_reactions_at_once_are_counted_exactly(new_person, bob, review, client, rows):
    path = await comment(bob, review)
    people = [await new_person(f"m{n}") for n in range(15)]
    await asyncio.gather(
        *(person.put(f"{path}/reactions/LIKE") for person in people for _ in range(2)),
        *(person.put(f"{path}/reactions/FIRE") for person in people),
        *(person.delete(f"{path}/reactions/FIRE") for person in people),
        *(person.put(f"{review}/reactions/LIKE") for person in people),
    )
    for thing, target in ((path, "comment"), (review, "review")):
        held = await rows(
            "SELECT emoji, count(*) AS n FROM reactions WHERE target = :target GROUP BY emoji",
            target=target,
        )
        counts = (await client.get(f"{thing}/reactions")).json()["counts"]
        assert counts == {row.emoji: row.n for row in held}
        assert counts["LIKE"] == 15
    (stored,) = await rows("SELECT helpful FROM reviews")
    assert stored.helpful == 15


async def test_comments_and_deletions_at_once_leave_an_exact_count(
    new_person, ann, bob, review, client, rows
):
    branches = [await comment(bob, review, f"branch {n}") for n in range(6)]
    people = [await new_person(f"m{n}") for n in range(6)]
    await asyncio.gather(
        *(
            person.post(f"{branch}/replies", {"content": "reply"})
            for person, branch in zip(people, branches, strict=True)
            for _ in range(3)
        ),
        *(person.put(f"{branch}/reactions/STAR") for person in people for branch in branches),
        *(bob.delete(branch) for branch in branches[:3]),
        *(person.post(f"{review}/comments", {"content": "direct"}) for person in people),
    )
    (counted,) = await rows(
        "SELECT comments, (SELECT count(*) FROM comments WHERE deleted_at IS NULL) AS held "
        "FROM reviews"
    )
    assert counted.comments == counted.held == 3 + 9 + 6
    assert (await client.get(review)).json()["comments"] == counted.held
    orphans = await rows(
        "SELECT c.id FROM comments c JOIN comments p ON p.id = c.parent_id "
        "WHERE c.deleted_at IS NULL AND p.deleted_at IS NOT NULL"
    )
    assert orphans == []
    lost = await rows(
        "SELECT target_id FROM reactions JOIN comments c ON c.id = target_id "
        "WHERE target = 'comment' AND deleted_at IS NOT NULL"
    )
    assert lost == []
    uneven = await rows(
        "SELECT id FROM comments WHERE (reactions ->> 'STAR')::int <> (SELECT count(*) "
        "FROM reactions WHERE target = 'comment' AND target_id = comments.id)"
    )
    assert uneven == []


async def test_authors_are_told_of_comments_and_reactions(ann, bob, review, rows):
    path = await comment(bob, review)
    await comment(ann, path)
    await bob.put(f"{review}/reactions/LIKE")
    await bob.put(f"{path}/reactions/LIKE")
    told = await rows("SELECT * FROM notifications ORDER BY created_at, user_id")
    assert [(row.user_id, row.kind, row.actor_id, row.target_type) for row in told] == [
        (ann.id, "comment", bob.id, "comment"),
        (bob.id, "comment", ann.id, "comment"),
        (ann.id, "reaction", bob.id, "review"),
    ]
    assert told[2].data["emoji"] == "LIKE"
    assert told[0].data["movie"]["slug"] == "film-1"


@pytest.fixture
def rows(database):
    async def read(statement, **values):
        async with database.reading() as session:
            return (await session.execute(text(statement), values)).all()

    return read
