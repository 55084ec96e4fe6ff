"""Changes for clients that keep a copy."""

import asyncio

import pytest
from sqlalchemy import text

from marquee_shared.events.catalog import ImportedRating, RatingsImported
from marquee_shared.events.identity import UserCreated, UserDeleted
from marquee_shared.testing.plugin import new_uuid


async def changes(member, cursor=None, limit=100):
    query = f"?limit={limit}" + (f"&cursor={cursor}" if cursor else "")
    answer = await member.get(f"/v1/me/changes{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def short(page):
    return [(item["type"], item["id"], item["op"]) for item in page["items"]]


async def test_everything_first_then_only_what_is_new(new_member, films):
    member, other = new_member(), new_member()
    await member.rate(films[0], 4)
    await member.signal(films[1], "like")
    await other.rate(films[2], 1)
    first = await changes(member)
    assert short(first) == [("rating", "1", "upsert"), ("signal", "2", "upsert")]
    assert first["items"][0]["data"]["value"] == 4
    assert first["items"][0]["data"]["movie"]["slug"] == "film-1"
    again = await changes(member, first["next_cursor"])
    assert (again["items"], again["more"]) == ([], False)
    await member.rate(films[0], 5)
    await member.unsignal(films[1])
    second = await changes(member, again["next_cursor"])
    assert short(second) == [("rating", "1", "upsert"), ("signal", "2", "delete")]
    assert second["items"][0]["data"]["value"] == 5
    assert second["items"][1].get("data") is None


async def test_the_same_again_is_no_change(new_member, films):
    member = new_member()
    await member.rate(films[0], 4)
    cursor = (await changes(member))["next_cursor"]
    await member.rate(films[0], 4)
    assert (await changes(member, cursor))["items"] == []


async def test_pages_join_without_gaps(new_member, films):
    member = new_member()
    for film in films:
        await member.rate(film, 3)
        await member.signal(film, "seen")
    seen, cursor = [], None
    while True:
        page = await changes(member, cursor, limit=1)
        seen += short(page)
        cursor = page["next_cursor"]
        if not page["more"]:
            break
    assert len(seen) == len(set(seen)) == 6


async def test_what_commits_late_is_not_missed(new_member, films, database):
    """A transaction that began first and commits last, with the cursor moved on in between."""
    member = new_member()
    async with database.transaction() as late:
        await late.execute(
            text(
                "INSERT INTO ratings (user_id, movie_id, half_steps, created_at, rated_at, revision)"
                " VALUES (:user, 1, 8, now(), now(), 1)"
            ),
            {"user": member.id},
        )
        await member.rate(films[1], 3)
        before = await changes(member)
        assert before["items"] == []  # nothing above a transaction that is still open
    after = await changes(member, before["next_cursor"])
    assert short(after) == [("rating", "1", "upsert"), ("rating", "2", "upsert")]


async def test_a_reader_beside_many_writers_ends_with_the_truth(new_member, films):
    member = new_member()
    copy, cursor = {}, None
    writing = asyncio.Event()

    async def write(film):
        for value in (1, 2, None, 3, 4, None, 5):
            await (member.unrate(film) if value is None else member.rate(film, value))

    async def read():
        nonlocal cursor
        while True:
            done = writing.is_set()
            page = await changes(member, cursor, limit=2)
            cursor = page["next_cursor"]
            for item in page["items"]:
                copy[item["id"]] = item["data"]["value"] if item["op"] == "upsert" else None
            if done and not page["items"]:
                return

    reader = asyncio.create_task(read())
    await asyncio.gather(*(write(film) for film in films))
    writing.set()
    await reader
    assert copy == {"1": 5, "2": 5, "3": 5}


async def test_members_of_data_sets_are_not_recorded(new_member, films, deliver, database):
    ghost = "5f0c1c52-7f63-5a5e-9d55-0c2b7e0a1b11"
    found = RatingsImported(
        import_id=new_uuid(),
        chunk=1,
        source="movielens",
        ratings=[ImportedRating(user_id=ghost, movie_id=1, value=4, at=1)],
    )
    await deliver((found, 1))
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM ratings")) == 1
        assert await session.scalar(text("SELECT count(*) FROM member_changes")) == 0


@pytest.fixture
async def pair(new_member, deliver):
    ana, bob = new_member(username="ana"), new_member(username="bob")
    for member, name in ((ana, "ana"), (bob, "bob")):
        await deliver((UserCreated(id=member.id, username=name, name=name.title()), 1))
    return ana, bob


async def test_friendships_are_told_from_each_side(pair):
    ana, bob = pair
    send = await ana.client.put("/v1/users/bob/friend-request", headers=ana.headers)
    assert send.status_code == 201, send.text
    (mine,) = (await changes(ana))["items"]
    (theirs,) = (await changes(bob))["items"]
    assert (mine["data"]["state"], mine["data"]["user"]["username"]) == ("requested", "bob")
    assert (theirs["data"]["state"], theirs["data"]["user"]["username"]) == ("requested_you", "ana")
    cursor = (await changes(ana))["next_cursor"]
    await bob.client.put("/v1/users/ana/friend-request", headers=bob.headers)
    (mine,) = (await changes(ana, cursor))["items"]
    assert mine["data"]["state"] == "friends"


async def test_being_blocked_by_a_stranger_leaves_no_trace(pair):
    ana, bob = pair
    cursor = (await changes(ana))["next_cursor"]
    blocked = await bob.client.put("/v1/me/blocks/ana", headers=bob.headers)
    assert blocked.status_code in (200, 201), blocked.text
    assert (await changes(ana, cursor))["items"] == []
    assert short(await changes(bob)) == [("block", str(ana.id), "upsert")]


async def test_reviews_comments_and_reactions_are_told(pair, films):
    ana, _ = pair
    http, headers = ana.client, ana.headers
    body = {"title": "Good", "content": "Very.", "is_positive": True, "has_spoilers": False}
    review = await http.post("/v1/movies/film-1/reviews", json=body, headers=headers)
    number = review.json()["id"]
    path = f"/v1/reviews/{number}"
    comment = await http.post(f"{path}/comments", json={"content": "Indeed"}, headers=headers)
    cursor = (await changes(ana))["next_cursor"]
    await http.put(f"{path}/reactions/FIRE", headers=headers)
    page = await changes(ana, cursor)
    assert short(page) == [("reaction", f"review:{number}:FIRE", "upsert")]
    await http.delete(path, headers=headers)
    page = await changes(ana, page["next_cursor"])
    assert sorted(short(page)) == [
        ("comment", str(comment.json()["id"]), "delete"),
        ("reaction", f"review:{number}:FIRE", "delete"),
        ("review", str(number), "delete"),
    ]


async def test_lists_are_told_with_what_stands_in_them(pair, films):
    ana, _ = pair
    made = await ana.client.post("/v1/me/lists", json={"name": "Best"}, headers=ana.headers)
    number = str(made.json()["id"])
    first = await changes(ana)
    (told,) = [item for item in first["items"] if item["id"] == number]
    assert (told["data"]["name"], told["data"]["movies"]) == ("Best", [])
    await ana.client.put(
        f"/v1/users/ana/lists/best/movies/{films[0]}", json={}, headers=ana.headers
    )
    second = await changes(ana, first["next_cursor"])
    (told,) = second["items"]
    assert [place["movie"]["slug"] for place in told["data"]["movies"]] == [films[0]]
    await ana.client.delete("/v1/users/ana/lists/best", headers=ana.headers)
    assert short(await changes(ana, second["next_cursor"])) == [("list", number, "delete")]


async def test_a_restored_database_begins_anew(new_member, films, database):
    member = new_member()
    await member.rate(films[0], 4)
    cursor = (await changes(member))["next_cursor"]
    async with database.transaction() as session:
        await session.execute(text("UPDATE relay_state SET epoch = epoch + 1"))
    assert short(await changes(member, cursor)) == [("rating", "1", "upsert")]


async def test_cursors_of_others_are_refused_and_strangers_too(new_member, client):
    member = new_member()
    assert (await client.get("/v1/me/changes")).status_code == 401
    bad = await member.get("/v1/me/changes?cursor=AAAA")
    assert (bad.status_code, bad.json()["code"]) == (422, "invalid_cursor")


async def test_an_erased_member_leaves_no_changes(new_member, films, deliver, database):
    member = new_member()
    await member.rate(films[0], 4)
    await deliver((UserDeleted(id=member.id, receipt_id=new_uuid()), 2))
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM member_changes")) == 0
