"""Notifications: who gets which, read and unread."""

import asyncio

import pytest

from marquee_shared.auth.principals import Principal
from marquee_shared.events.identity import UserDeleted
from marquee_shared.events.social import NotificationCreated
from marquee_social.notifications.service import Target, notify


@pytest.fixture
async def ann(new_person):
    return await new_person("ann")


@pytest.fixture
async def bob(new_person):
    return await new_person("bob")


def principal(member):
    return Principal(
        id=member.id,
        username=member.username,
        kind="member",
        roles=frozenset(),
        scopes=frozenset(),
        verified=True,
        boarded=True,
        language=None,
        session_id=None,
        expires_at=0,
    )


@pytest.fixture
def tell(database):
    """Notify as a module would, in a transaction of its own."""

    async def send(kind, actor, recipients, target_id="1"):
        async with database.transaction() as session:
            about = Target("comment", target_id, {"review_id": 7})
            await notify(session, kind, principal(actor), [who.id for who in recipients], about)

    return send


async def told(member, query=""):
    return (await member.get(f"/v1/me/notifications{query}")).json()["items"]


async def test_request_and_acceptance_are_told_to_the_other(ann, bob):
    await ann.befriend(bob)
    (request,) = await told(bob)
    assert (request["kind"], request["actor"]["username"], request["read_at"]) == (
        "friend_request",
        "ann",
        None,
    )
    (accepted,) = await told(ann)
    assert (accepted["kind"], accepted["actor"]["username"]) == ("friend_accepted", "bob")
    assert accepted["target"] == {"type": "user", "id": str(bob.id), "data": {}}


async def test_withdrawing_and_asking_again_does_not_pile_up(ann, bob):
    for _ in range(3):
        await ann.put("/v1/users/bob/friend-request")
        await ann.delete("/v1/users/bob/friend-request")
    (only,) = await told(bob)
    await bob.put(f"/v1/me/notifications/{only['id']}/read")
    await ann.put("/v1/users/bob/friend-request")
    assert [item["kind"] for item in await told(bob)] == ["friend_request"] * 2


async def test_notification_is_read_once_and_counted(ann, bob, tell):
    for number in range(3):
        await tell("comment", bob, [ann], str(number))
    assert (await ann.get("/v1/me/notifications/unread")).json() == {"unread": 3}
    newest, *_ = await told(ann)
    path = f"/v1/me/notifications/{newest['id']}/read"
    read = await ann.put(path)
    assert read.status_code == 200
    assert read.json()["read_at"] is not None
    assert (await ann.put(path)).json() == read.json()
    assert [item["id"] for item in await told(ann, "?unread=true")] == [2, 1]
    left = await ann.put("/v1/me/notifications/read?until=1")
    assert left.json() == {"unread": 1}
    assert (await ann.put("/v1/me/notifications/read")).json() == {"unread": 0}
    assert len(await told(ann)) == 3


async def test_nobody_reads_or_marks_anothers(ann, bob, tell):
    await tell("comment", ann, [bob])
    assert await told(ann) == []
    missing = await ann.put("/v1/me/notifications/1/read")
    assert (missing.status_code, missing.json()["code"]) == (404, "notification_not_found")
    assert (await bob.get("/v1/me/notifications/unread")).json() == {"unread": 1}


@pytest.mark.parametrize("wrong", ["0", "-1", "x", str(2**63), "9" * 400])
async def test_ids_that_are_none_are_422(ann, wrong):
    assert (await ann.put(f"/v1/me/notifications/{wrong}/read")).status_code == 422


async def test_muted_blocked_erased_and_oneself_never_notify(ann, bob, new_person, tell, deliver):
    cat, dan, eve = [await new_person(name) for name in ("cat", "dan", "eve")]
    await ann.put("/v1/me/mutes/bob")
    await cat.block(ann)
    await ann.block(dan)
    for actor in (ann, bob, cat, dan):
        await tell("comment", actor, [ann])
    assert await told(ann) == []
    await tell("comment", eve, [ann])
    assert len(await told(ann)) == 1
    await deliver((UserDeleted(id=eve.id), 2))
    assert await told(ann) == []


async def test_what_was_told_before_a_block_or_mute_is_hidden_after_it(ann, bob, new_person, tell):
    cat = await new_person("cat")
    await tell("comment", bob, [ann])
    await tell("comment", cat, [ann])
    await ann.block(bob)
    await ann.put("/v1/me/mutes/cat")
    assert await told(ann) == []
    assert (await ann.get("/v1/me/notifications/unread")).json() == {"unread": 0}
    assert (await ann.put("/v1/me/notifications/1/read")).status_code == 404


async def test_numbers_come_without_gap_or_double_however_many_tell_at_once(
    ann, bob, new_person, tell, sink
):
    people = [await new_person(f"actor{number}") for number in range(10)]
    await asyncio.gather(
        *(
            tell("comment", actor, pair, f"{actor.username}-{number}")
            for actor in people
            for number, pair in enumerate([(ann, bob), (bob, ann)])
        )
    )
    for member in (ann, bob):
        items = await told(member, "?limit=100")
        assert [item["id"] for item in items] == list(range(20, 0, -1))
    events = await sink.events(NotificationCreated)
    assert sorted(m.sequence for e in events for m in e.data.members if m.user_id == ann.id) == (
        list(range(1, 21))
    )


async def test_same_notice_at_once_is_told_once(ann, bob, tell):
    await asyncio.gather(*(tell("comment", bob, [ann]) for _ in range(10)))
    assert len(await told(ann)) == 1


async def test_pages_join(ann, bob, tell):
    for number in range(5):
        await tell("comment", bob, [ann], str(number))
    seen, cursor = [], ""
    while cursor is not None:
        page = (await ann.get(f"/v1/me/notifications?limit=2{cursor}")).json()
        seen += [item["target"]["id"] for item in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert seen == ["4", "3", "2", "1", "0"]
