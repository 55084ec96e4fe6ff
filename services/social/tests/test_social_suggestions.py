"""Whom a member may know: who, in which order, why, in one round trip."""

import pytest


@pytest.fixture
async def circle(new_person):
    """Ann with friends Bob and Cat; Dan knows both, Eve knows Cat; Fay knows nobody."""
    people = {name: await new_person(name) for name in ("fay", "eve", "dan", "cat", "bob", "ann")}
    for one, other in (
        ("ann", "bob"),
        ("ann", "cat"),
        ("dan", "bob"),
        ("dan", "cat"),
        ("eve", "cat"),
    ):
        await people[one].befriend(people[other])
    return people


async def suggested(member, query=""):
    items = (await member.get(f"/v1/me/friend-suggestions{query}")).json()["items"]
    return [(item["user"]["username"], item["reason"]["mutual_friends"]) for item in items]


async def test_most_mutual_friends_come_first_then_new_members(circle):
    assert await suggested(circle["ann"]) == [("dan", 2), ("eve", 1), ("fay", 0)]


async def test_equally_many_mutual_friends_go_by_recency(circle, new_person):
    gil = await new_person("gil")
    await gil.befriend(circle["bob"])
    assert await suggested(circle["ann"]) == [("dan", 2), ("gil", 1), ("eve", 1), ("fay", 0)]


async def test_reason_names_the_friends_in_common(circle):
    answer = (await circle["ann"].get("/v1/me/friend-suggestions")).json()
    first, _, last = answer["items"]
    assert first["reason"]["kind"] == "mutual_friends"
    assert [user["username"] for user in first["reason"]["users"]] == ["cat", "bob"]
    assert (last["reason"]["kind"], last["reason"]["users"]) == ("new_member", [])


async def test_pending_friends_and_blocked_are_left_out_on_either_side(circle):
    ann, dan, eve, fay = (circle[name] for name in ("ann", "dan", "eve", "fay"))
    await ann.put("/v1/users/dan/friend-request")
    assert await suggested(ann) == [("eve", 1), ("fay", 0)]
    assert "ann" not in dict(await suggested(dan))
    await eve.block(ann)
    assert await suggested(ann) == [("fay", 0)]
    assert "ann" not in dict(await suggested(eve))
    await ann.block(fay)
    assert await suggested(ann) == []
    assert "ann" not in dict(await suggested(fay))


async def test_friends_who_hide_their_friends_give_none_away(circle):
    await circle["cat"].patch("/v1/me/privacy", {"friends": "private"})
    assert await suggested(circle["ann"]) == [("dan", 1), ("eve", 0), ("fay", 0)]


async def test_pages_join_without_gap_or_double(circle):
    seen, cursor = [], ""
    while cursor is not None:
        page = await circle["ann"].get(f"/v1/me/friend-suggestions?limit=1{cursor}")
        seen += [item["user"]["username"] for item in page.json()["items"]]
        cursor = page.json()["next_cursor"] and f"&cursor={page.json()['next_cursor']}"
    assert seen == ["dan", "eve", "fay"]
