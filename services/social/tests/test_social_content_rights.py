"""What members wrote: exported whole, and erased with or without its words. And friends' ratings."""

import orjson
import pytest
from sqlalchemy import text

from marquee_shared.events.identity import UserDeleted
from marquee_shared.rights import EXPORT_SCOPE

WORDS = {"title": "A classic", "content": "Rosebud is a sled.", "is_positive": True}


@pytest.fixture
async def written(new_person, films):
    """Ann wrote, reacted and reported; Bob answered and wrote too."""
    ann, bob = await new_person("ann"), await new_person("bob")
    mine = (await ann.post(f"/v1/movies/{films[0]}/reviews", WORDS)).headers["location"]
    his = (await bob.post(f"/v1/movies/{films[0]}/reviews", WORDS)).headers["location"]
    under_mine = (await bob.post(f"{mine}/comments", {"content": "Bob's"})).headers["location"]
    under_his = (await ann.post(f"{his}/comments", {"content": "Ann's"})).headers["location"]
    answer = await bob.post(f"{under_his}/replies", {"content": "Reply"})
    reply = answer.headers["location"]
    await ann.put(f"{his}/reactions/LIKE")
    await bob.put(f"{his}/reactions/LIKE")
    await ann.put(f"{under_mine}/reactions/FIRE")
    his_number = int(his.rsplit("/", 1)[1])
    report = {"target": {"type": "review", "id": his_number}, "reason": "spam", "note": "hm"}
    assert (await ann.post("/v1/reports", report)).status_code == 201
    return {
        "ann": ann,
        "bob": bob,
        "mine": mine,
        "his": his,
        "under_mine": under_mine,
        "under_his": under_his,
        "reply": reply,
    }


async def test_what_a_member_wrote_is_exported(written, client, authorization):
    ann = written["ann"]
    await ann.patch(written["mine"], {"title": "Second thoughts"})
    headers = authorization(sub=str(ann.id), kind="service", scope=EXPORT_SCOPE)

    async def export(name):
        path = f"/internal/members/{ann.id}/datasets/{name}"
        answer = await client.get(path, headers=headers)
        return [orjson.loads(line) for line in answer.content.splitlines()]

    (review,) = await export("reviews")
    assert (review["title"], review["movie"]) == ("Second thoughts", "film-1")
    assert [version["title"] for version in review["versions"]] == ["A classic"]
    (comment,) = await export("comments")
    assert comment["content"] == "Ann's"
    assert {(row["target"], row["emoji"]) for row in await export("reactions")} == {
        ("review", "LIKE"),
        ("comment", "FIRE"),
    }
    (report,) = await export("reports")
    assert (report["part"], report["note"]) == ("made", "hm")


@pytest.mark.parametrize("mode", ["remove", "anonymise"])
async def test_erasure_leaves_nothing_that_tells_who_it_was(
    written, client, deliver, database, mode
):
    ann = written["ann"]
    await deliver((UserDeleted(id=ann.id, mode=mode), 9))
    his = (await client.get(written["his"])).json()
    assert his["reactions"]["counts"] == {"LIKE": 1}
    stays = mode == "anonymise"
    for name in ("mine", "under_mine", "under_his", "reply"):
        answer = await client.get(written[name])
        assert answer.status_code == (200 if stays else 404), name
        if stays and name in ("mine", "under_his"):
            assert answer.json()["user"] is None
    assert his["comments"] == (2 if stays else 0)
    async with database.reading() as session:
        for table, columns in (
            ("reviews", ["user_id"]),
            ("comments", ["user_id"]),
            ("reactions", ["user_id"]),
            ("reports", ["reporter_id", "author_id"]),
        ):
            for column in columns:
                held = await session.scalar(
                    text(f"SELECT count(*) FROM {table} WHERE {column} = :member"),  # noqa: S608 - constants
                    {"member": ann.id},
                )
                assert held == 0, (table, column)
        helpful = await session.scalar(text("SELECT max(helpful) FROM reviews"))
    assert helpful == 1


async def test_friends_ratings_are_listed_as_far_as_they_show_them(
    new_person, films, friends, blocks
):
    ann, bob, eve, zoe = [await new_person(name) for name in ("ann", "bob", "eve", "zoe")]
    path = f"/v1/movies/{films[0]}/ratings/friends"
    for number, member in enumerate((bob, eve, zoe), start=1):
        await member.rate(films[0], number)
        await member.rate(films[1], 5)
    assert (await ann.get(path)).json()["items"] == []
    await friends(ann, bob)
    await friends(ann, eve)

    async def listed(query=""):
        page = (await ann.get(path + query)).json()
        return [(item["user"]["username"], item["value"]) for item in page["items"]], page

    assert (await listed())[0] == [("eve", 2.0), ("bob", 1.0)]
    first, page = await listed("?limit=1")
    rest, last = await listed(f"?limit=1&cursor={page['next_cursor']}")
    assert (first + rest, last["next_cursor"]) == ([("eve", 2.0), ("bob", 1.0)], None)
    assert (await eve.patch("/v1/me/privacy", {"ratings": "private"})).is_success
    assert (await listed())[0] == [("bob", 1.0)]
    await bob.unrate(films[0])
    assert (await listed())[0] == []
    await bob.rate(films[0], 4)
    await blocks(ann, bob)
    assert (await listed())[0] == []
    missing = await ann.get("/v1/movies/nothing/ratings/friends")
    assert missing.json()["code"] == "movie_not_found"
