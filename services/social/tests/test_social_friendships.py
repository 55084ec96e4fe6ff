"""Friendships, blocks, mutes and privacy settings over HTTP."""

import pytest

from marquee_shared.events.identity import UserDeleted
from marquee_shared.events.social import (
    BlockRemoved,
    BlockSet,
    BlocksSet,
    FriendshipRemoved,
    FriendshipSet,
    FriendshipsSet,
    PrivacySet,
)
from marquee_shared.testing.plugin import new_uuid
from marquee_social.app import republish


@pytest.fixture
async def ann(new_person):
    return await new_person("ann")


@pytest.fixture
async def bob(new_person):
    return await new_person("bob")


def request_of(member):
    return f"/v1/users/{member.username}/friend-request"


async def names(member, path):
    return [item.get("user", item)["username"] for item in (await member.get(path)).json()["items"]]


async def test_request_is_sent_seen_from_both_sides_and_accepted(ann, bob, sink):
    sent = await ann.put(request_of(bob))
    assert (sent.status_code, sent.json()["friendship"]) == (201, "requested")
    assert sent.json()["user"]["username"] == "bob"
    assert (await ann.put(request_of(bob))).status_code == 200
    assert await names(ann, "/v1/me/friend-requests?direction=outgoing") == ["bob"]
    assert await names(bob, "/v1/me/friend-requests") == ["ann"]
    assert await names(ann, "/v1/me/friend-requests") == []
    accepted = await bob.put(request_of(ann))
    assert (accepted.status_code, accepted.json()["friendship"]) == (200, "friends")
    assert await names(bob, "/v1/me/friend-requests") == []
    assert await names(ann, "/v1/me/friend-requests?direction=outgoing") == []
    assert await names(ann, "/v1/me/friends") == ["bob"]
    assert await names(bob, "/v1/me/friends") == ["ann"]
    told = await sink.events(FriendshipSet)
    assert [(e.data.user_id, e.data.state, e.revision) for e in told] == [
        (ann.id, "requested", 1),
        (bob.id, "friends", 2),
    ]


@pytest.mark.parametrize("who", ["asker", "asked"])
async def test_request_ends_by_either_side_and_may_be_made_again(ann, bob, sink, who):
    await ann.put(request_of(bob))
    actor, other = (ann, bob) if who == "asker" else (bob, ann)
    for _ in range(2):
        assert (await actor.delete(request_of(other))).status_code == 204
    assert await names(bob, "/v1/me/friend-requests") == []
    assert len(await sink.events(FriendshipRemoved)) == 1
    again = await bob.put(request_of(ann))
    assert (again.status_code, again.json()["friendship"]) == (201, "requested")


async def test_friends_part_and_may_ask_again(ann, bob):
    await ann.befriend(bob)
    assert (await ann.delete(request_of(bob))).status_code == 204
    assert await names(ann, "/v1/me/friends") == ["bob"]
    for _ in range(2):
        assert (await bob.delete("/v1/me/friends/ann")).status_code == 204
    assert await names(ann, "/v1/me/friends") == []
    assert (await ann.put(request_of(bob))).status_code == 201
    assert (await bob.delete("/v1/me/friends/ann")).status_code == 204
    assert await names(bob, "/v1/me/friend-requests") == ["ann"]


async def test_block_ends_a_friendship_and_hides_both(ann, bob, sink):
    await ann.befriend(bob)
    blocked = await ann.put("/v1/me/blocks/BOB")
    assert (blocked.status_code, blocked.json()["username"]) == (201, "bob")
    assert (await ann.put("/v1/me/blocks/bob")).status_code == 200
    for one, other in ((ann, bob), (bob, ann)):
        assert await names(one, "/v1/me/friends") == []
        for answer in (
            await one.put(request_of(other)),
            await one.delete(request_of(other)),
            await one.delete(f"/v1/me/friends/{other.username}"),
            await one.get(f"/v1/users/{other.username}/friends"),
            await one.put(f"/v1/me/mutes/{other.username}"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "user_not_found")
    assert await names(ann, "/v1/me/blocks") == ["bob"]
    assert await names(bob, "/v1/me/blocks") == []
    hidden = await bob.put("/v1/me/blocks/ann")
    nobody = await bob.put("/v1/me/blocks/nobody")
    assert hidden.status_code == nobody.status_code == 404
    assert hidden.json()["code"] == nobody.json()["code"]
    assert len(await sink.events(BlockSet)) == len(await sink.events(FriendshipRemoved)) == 1
    for _ in range(2):
        assert (await ann.delete("/v1/me/blocks/bob")).status_code == 204
    assert len(await sink.events(BlockRemoved)) == 1
    assert await names(ann, "/v1/me/friends") == []
    assert (await bob.put(request_of(ann))).status_code == 201


async def test_mute_is_listed_and_lifted_and_nobody_is_told(ann, bob, sink):
    assert (await ann.put("/v1/me/mutes/bob")).status_code == 201
    assert (await ann.put("/v1/me/mutes/bob")).status_code == 200
    assert await names(ann, "/v1/me/mutes") == ["bob"]
    assert await names(bob, "/v1/me/mutes") == []
    assert (await bob.get("/v1/users/ann/friends")).status_code == 200
    for _ in range(2):
        assert (await ann.delete("/v1/me/mutes/bob")).status_code == 204
    assert await names(ann, "/v1/me/mutes") == []
    assert await sink.events() == []


@pytest.mark.parametrize(
    "path", ["/v1/users/ann/friend-request", "/v1/me/blocks/ann", "/v1/me/mutes/ann"]
)
async def test_nobody_does_it_to_themselves(ann, path):
    answer = await ann.put(path)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_with_yourself")


@pytest.mark.parametrize("username", ["nobody", "%00", "%ED%A0%80", "a%2Fb", "x" * 300, "..%2f"])
async def test_names_that_are_nobodys_are_refused(ann, username):
    for answer in (
        await ann.put(f"/v1/users/{username}/friend-request"),
        await ann.put(f"/v1/me/blocks/{username}"),
    ):
        assert answer.status_code in (404, 422)


async def test_writing_needs_a_verified_member(new_person, ann, client):
    unverified = await new_person("newcomer", verified=False)
    assert (await unverified.put(request_of(ann))).json()["code"] == "email_not_verified"
    assert (await client.put(request_of(ann))).status_code == 401


async def test_member_whose_event_is_under_way_can_be_befriended(ann, identity, deliver):
    newcomer = new_uuid()
    identity.users["newcomer"] = {"id": str(newcomer), "username": "newcomer", "name": "New"}
    answer = await ann.put("/v1/users/newcomer/friend-request")
    assert (answer.status_code, answer.json()["user"]["name"]) == (201, "New")


async def test_lists_go_on_where_they_ended(new_person, ann):
    for number in range(5):
        await ann.befriend(await new_person(f"friend{number}"))
    seen, cursor = [], ""
    while cursor is not None:
        page = (await ann.get(f"/v1/me/friends?limit=2{cursor}")).json()
        seen += [item["username"] for item in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert seen == [f"friend{number}" for number in (4, 3, 2, 1, 0)]


async def test_if_match_guards_a_request(ann, bob):
    tag = (await ann.put(request_of(bob))).headers["etag"]
    await bob.put(request_of(ann))
    assert (await ann.delete("/v1/me/friends/bob", **{"If-Match": tag})).status_code == 412
    assert await names(ann, "/v1/me/friends") == ["bob"]


async def test_friends_of_others_by_privacy_and_without_the_blocked(new_person, ann, bob, client):
    cat, dan = await new_person("cat"), await new_person("dan")
    for friend in (bob, cat):
        await ann.befriend(friend)
    await dan.block(bob)
    path = "/v1/users/ann/friends"
    assert [u["username"] for u in (await client.get(path)).json()["items"]] == ["cat", "bob"]
    assert await names(dan, path) == ["cat"]
    await ann.patch("/v1/me/privacy", {"friends": "friends"})
    assert (await client.get(path)).json()["items"] == []
    assert await names(dan, path) == []
    assert await names(bob, path) == ["cat", "bob"]
    await ann.patch("/v1/me/privacy", {"friends": "private"})
    assert await names(bob, path) == []
    assert await names(ann, path) == ["cat", "bob"]


async def test_privacy_settings_start_with_defaults_and_change_one_by_one(ann, sink):
    read = await ann.get("/v1/me/privacy")
    assert read.json() == {
        "ratings": "public",
        "activity": "friends",
        "watch_time": "friends",
        "stats": "friends",
        "friends": "public",
        "updated_at": None,
    }
    tag = read.headers["etag"]
    changed = await ann.patch("/v1/me/privacy", {"ratings": "private"}, **{"If-Match": tag})
    assert (changed.json()["ratings"], changed.json()["activity"]) == ("private", "friends")
    stale = await ann.patch("/v1/me/privacy", {"stats": "public"}, **{"If-Match": tag})
    assert stale.status_code == 412
    for same in ({"ratings": "private"}, {}):
        again = await ann.patch("/v1/me/privacy", same)
        assert (again.json(), again.headers["etag"]) == (changed.json(), changed.headers["etag"])
    assert (await ann.get("/v1/me/privacy")).json() == changed.json()
    (event,) = await sink.events(PrivacySet)
    assert (event.data.user_id, event.data.ratings, event.revision) == (ann.id, "private", 1)


@pytest.mark.parametrize("wrong", [{"ratings": "all"}, {"ratings": None}, {"user_id": "x"}, [], 1])
async def test_what_is_no_privacy_is_422(ann, wrong):
    assert (await ann.patch("/v1/me/privacy", wrong)).status_code == 422


async def test_erasure_leaves_nothing_of_a_member_and_tells_so(ann, bob, deliver, sink):
    await ann.befriend(bob)
    await bob.put("/v1/me/mutes/ann")
    await ann.patch("/v1/me/privacy", {"ratings": "private"})
    await deliver((UserDeleted(id=ann.id), 2))
    assert await names(bob, "/v1/me/friends") == []
    assert await names(bob, "/v1/me/mutes") == []
    (friendships,) = await sink.events(FriendshipsSet)
    (pair,) = friendships.data.friendships
    assert ({pair.user_id, pair.friend_id}, pair.state, pair.revision) == (
        {ann.id, bob.id},
        "none",
        3,
    )
    assert (await bob.put(request_of(ann))).status_code == 404


async def test_republish_carries_every_pair_with_its_revision(new_person, ann, bob, context, sink):
    cat = await new_person("cat")
    await ann.befriend(bob)
    await cat.put(request_of(ann))
    await cat.block(bob)
    await ann.patch("/v1/me/privacy", {"stats": "public"})
    before = len(await sink.events())
    assert await republish(context) == len(await sink.events()) - before == 3
    (friendships,) = await sink.events(FriendshipsSet)
    states = {(p.user_id, p.friend_id): (p.state, p.revision) for p in friendships.data.friendships}
    assert states[cat.id, ann.id] == ("requested", 1)
    assert states[min(ann.id, bob.id), max(ann.id, bob.id)] == ("friends", 2)
    (blocks,) = await sink.events(BlocksSet)
    blocked = [(b.user_id, b.blocked_id) for b in blocks.data.blocks if b.blocked]
    assert blocked == [(cat.id, bob.id)]
