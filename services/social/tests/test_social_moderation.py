"""Reports, decisions, appeals, suspension and limits, over HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from marquee_shared.events.social import MemberRestored, MemberSuspended, ReviewUpdated
from marquee_social import limits
from marquee_social.moderation.republishing import republish_standings

WORDS = {"title": "A classic", "content": "Rosebud is a sled.", "is_positive": True}


@pytest.fixture
async def ann(new_person):
    return await new_person("ann")


@pytest.fixture
async def bob(new_person):
    return await new_person("bob")


@pytest.fixture
async def moderator(new_person):
    return await new_person("mod", roles=["member", "moderator"])


@pytest.fixture
async def review(ann, films):
    """Ann's review of the first film: its number."""
    return (await ann.post(f"/v1/movies/{films[0]}/reviews", WORDS)).json()["id"]


async def report(member, kind, thing, reason="abuse", **more):
    body = {"target": {"type": kind, "id": thing}, "reason": reason, **more}
    return await member.post("/v1/reports", body)


async def decide(moderator, number, state, action=None, note="Because.", **more):
    body = {"state": state, "action": action, "note": note, **more}
    return await moderator.patch(f"/v1/moderation/reports/{number}", body)


async def codes(answer):
    return (answer.status_code, answer.json().get("code"))


async def test_report_keeps_the_words_as_they_stood(ann, bob, moderator, review):
    answer = await report(bob, "review", review, note="Rude")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["target"], body["state"]) == ({"type": "review", "id": review}, "open")
    assert answer.headers["location"] == f"/v1/reports/{body['id']}"
    assert (await bob.get(answer.headers["location"])).json() == body
    assert (await ann.get(answer.headers["location"])).json()["code"] == "report_not_found"
    await ann.patch(f"/v1/reviews/{review}", {"content": "Harmless."})
    (queued,) = (await moderator.get("/v1/moderation/reports")).json()["items"]
    assert queued["snapshot"] == {"title": "A classic", "content": "Rosebud is a sled."}
    assert (queued["reporter"]["username"], queued["author"]["username"]) == ("bob", "ann")
    assert (queued["open_reports"], queued["note"]) == (1, "Rude")


async def test_wrong_reports_are_refused(ann, bob, review, client, new_member, blocks):
    assert await codes(await report(ann, "review", review)) == (403, "own_content")
    assert await codes(await report(ann, "user", "ann")) == (403, "own_content")
    assert (await report(bob, "review", review)).status_code == 201
    assert await codes(await report(bob, "review", review)) == (409, "already_reported")
    assert await codes(await report(bob, "review", 999)) == (404, "review_not_found")
    assert await codes(await report(bob, "comment", 999)) == (404, "comment_not_found")
    assert await codes(await report(bob, "user", "nobody")) == (404, "user_not_found")
    for wrong in (
        {"target": {"type": "review", "id": "ann"}, "reason": "spam"},
        {"target": {"type": "user", "id": 1}, "reason": "spam"},
        {"target": {"type": "review", "id": 2**63}, "reason": "spam"},
        {"target": {"type": "review", "id": True}, "reason": "spam"},
        {"target": {"type": "movie", "id": 1}, "reason": "spam"},
        {"target": {"type": "review", "id": review}, "reason": "dislike"},
        {"target": {"type": "review", "id": review}, "reason": "spam", "note": "x" * 2001},
        {"target": [], "reason": "spam"},
    ):
        assert (await bob.post("/v1/reports", wrong)).status_code == 422
    unverified = new_member(verified=False)
    assert await codes(await report(unverified, "review", review)) == (403, "email_not_verified")
    assert (await client.post("/v1/reports", json={})).status_code == 401
    eve = new_member(username="eve")
    await blocks(eve, ann)
    assert (await report(eve, "review", review)).status_code == 404


async def test_only_moderators_see_and_decide(ann, bob, review, client, authorization):
    number = (await report(bob, "review", review)).json()["id"]
    paths = (
        "/v1/moderation/reports",
        f"/v1/moderation/reports/{number}",
        "/v1/moderation/log",
    )
    editor = authorization(roles=["member", "editor"])
    administrator = authorization(roles=["member", "administrator"])
    for path in paths:
        assert (await bob.get(path)).status_code == 403
        assert (await client.get(path, headers=editor)).status_code == 403
        assert (await client.get(path)).status_code == 401
        assert (await client.get(path, headers=administrator)).status_code == 200
    assert (await decide(bob, number, "dismissed")).status_code == 403
    assert (await decide(ann, number, "dismissed")).status_code == 403


async def test_hidden_content_exists_for_its_author_and_moderators_alone(
    ann, bob, moderator, review, films, client, sink
):
    comment = (await ann.post(f"/v1/reviews/{review}/comments", {"content": "Me"})).json()["id"]
    reply = (await bob.post(f"/v1/comments/{comment}/replies", {"content": "You"})).json()["id"]
    for kind, thing, paths in (
        ("comment", comment, [f"/v1/comments/{comment}", f"/v1/comments/{reply}"]),
        ("review", review, [f"/v1/reviews/{review}"]),
    ):
        number = (await report(bob, kind, thing)).json()["id"]
        answer = await decide(moderator, number, "actioned", "hide")
        assert answer.status_code == 200, answer.text
        assert (answer.json()["state"], answer.json()["action"]) == ("actioned", "hide")
        for path in paths:
            assert (await bob.get(path)).status_code == 404
            assert (await client.get(path)).status_code == 404
        for member in (ann, moderator):
            assert (await member.get(paths[0])).json()["hidden"] is True
        if kind == "comment":
            assert (await bob.get(f"/v1/reviews/{review}")).json()["comments"] == 0
            assert (await ann.get(f"/v1/reviews/{review}")).json()["comments"] == 2
            assert (await bob.get(f"/v1/reviews/{review}/comments")).json()["items"] == []
    for sort in ("newest", "helpful", "friends"):
        listed = f"/v1/movies/{films[0]}/reviews?sort={sort}"
        assert (await bob.get(listed)).json()["items"] == []
        assert len((await ann.get(listed)).json()["items"]) == 1
    assert (await bob.get("/v1/users/ann/reviews")).json()["items"] == []
    for path in ("comments", "reactions", "history"):
        assert (await bob.get(f"/v1/reviews/{review}/{path}")).status_code == 404
    late = await bob.post(f"/v1/reviews/{review}/comments", {"content": "x"})
    assert late.status_code == 404
    (told,) = await sink.events(ReviewUpdated)
    assert told.data.hidden is True
    restored = await decide(moderator, number, "actioned", "restore")
    assert restored.json()["action"] == "restore"
    assert (await client.get(f"/v1/reviews/{review}")).json()["hidden"] is False
    assert (await sink.events(ReviewUpdated))[-1].data.hidden is False


async def test_one_decision_closes_all_open_reports_of_the_target(
    bob, moderator, review, new_person
):
    numbers = [
        (await report(person, "review", review)).json()["id"]
        for person in (bob, *[await new_person(f"m{n}") for n in range(3)])
    ]
    shown = await moderator.get(f"/v1/moderation/reports/{numbers[0]}")
    assert shown.json()["open_reports"] == 4
    await decide(moderator, numbers[0], "actioned", "warn")
    assert (await moderator.get("/v1/moderation/reports")).json()["items"] == []
    done = (await moderator.get("/v1/moderation/reports?state=actioned")).json()["items"]
    assert [item["id"] for item in done] == numbers
    assert [item["action"] for item in done] == ["warn", None, None, None]
    assert (await report(bob, "review", review)).status_code == 201


async def test_decisions_at_once_leave_one(bob, review, new_person, sink):
    other = await new_person("other")
    numbers = [(await report(who, "review", review)).json()["id"] for who in (bob, other)]
    moderators = [await new_person(f"mod{n}", roles=["moderator"]) for n in range(4)]
    answers = await asyncio.gather(
        *(
            decide(moderator, number, "actioned", "suspend")
            for moderator in moderators
            for number in numbers
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert len(await sink.events(MemberSuspended)) == 1
    log = (await moderators[0].get("/v1/moderation/log")).json()["items"]
    assert len(log) == 1


async def test_suspended_members_write_nothing_and_are_restored(
    ann, bob, moderator, review, films, sink
):
    number = (await report(bob, "review", review, "spam")).json()["id"]
    until = datetime.now(UTC) + timedelta(days=2)
    answer = await decide(moderator, number, "actioned", "suspend", until=until.isoformat())
    assert answer.status_code == 200
    (told,) = await sink.events(MemberSuspended)
    assert (told.data.user_id, told.data.until, told.data.reason) == (ann.id, until, "spam")

    async def writes():
        return [
            await ann.rate(films[1], 4),
            await ann.unrate(films[1]),
            await ann.signal(films[1], "like"),
            await ann.unsignal(films[1]),
            await ann.post(f"/v1/movies/{films[1]}/reviews", WORDS),
            await ann.patch(f"/v1/reviews/{review}", {"title": "Changed"}),
            await ann.post(f"/v1/reviews/{review}/comments", {"content": "x"}),
            await ann.put(f"/v1/reviews/{review}/reactions/LIKE"),
            await report(ann, "user", "bob"),
        ]

    for refused in await writes():
        assert await codes(refused) == (403, "suspended")
    assert (await ann.get(f"/v1/movies/{films[1]}/rating")).status_code == 404
    await decide(moderator, number, "actioned", "restore")
    assert {answer.is_success for answer in await writes()} == {True}
    (restored,) = await sink.events(MemberRestored)
    assert (restored.data.user_id, restored.revision > told.revision) == (ann.id, True)


async def test_suspension_ends_by_itself_or_never(ann, bob, moderator, review, database, sink):
    number = (await report(bob, "user", "ann")).json()["id"]
    await decide(moderator, number, "actioned", "suspend")
    (told,) = await sink.events(MemberSuspended)
    assert told.data.until is None
    path = f"/v1/reviews/{review}/comments"
    assert (await ann.post(path, {"content": "x"})).status_code == 403
    (mine,) = (await ann.get("/v1/me/moderation")).json()["items"]
    assert (mine["action"], mine["suspended_until"]) == ("suspend", None)
    async with database.transaction() as session:
        await session.execute(text("UPDATE users SET suspended_until = now()"))
    assert (await ann.post(path, {"content": "x"})).status_code == 201


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "open"},
        {"state": "actioned"},
        {"state": "actioned", "action": "delete"},
        {"state": "dismissed", "action": "hide"},
        {"state": "actioned", "action": "hide", "until": "2999-01-01T00:00:00Z"},
        {"state": "actioned", "action": "suspend", "until": "2001-01-01T00:00:00Z"},
        {"state": "actioned", "action": "suspend", "until": "9999-12-31T23:59:59-12:00"},
        {"state": "actioned", "action": "suspend", "until": "2030-01-01T00:00:00"},
        {"state": "actioned", "action": "warn", "note": None},
    ],
)
async def test_what_is_no_decision_is_422(bob, moderator, review, wrong):
    number = (await report(bob, "review", review)).json()["id"]
    answer = await moderator.patch(f"/v1/moderation/reports/{number}", wrong)
    assert answer.status_code == 422
    assert len((await moderator.get("/v1/moderation/reports")).json()["items"]) == 1
    assert await codes(await decide(moderator, 999, "dismissed")) == (404, "report_not_found")


async def test_member_cannot_be_hidden_and_nobody_judges_their_own(ann, bob, moderator, films):
    number = (await report(bob, "user", "ann")).json()["id"]
    assert (await decide(moderator, number, "actioned", "hide")).status_code == 422
    mine = (await moderator.post(f"/v1/movies/{films[0]}/reviews", WORDS)).json()["id"]
    number = (await report(ann, "review", mine)).json()["id"]
    assert await codes(await decide(moderator, number, "dismissed")) == (403, "own_content")


async def test_if_match_guards_a_decision(bob, moderator, review):
    path = f"/v1/moderation/reports/{(await report(bob, 'review', review)).json()['id']}"
    etag = (await moderator.get(path)).headers["etag"]
    body = {"state": "actioned", "action": "hide"}
    decided = await moderator.patch(path, body, **{"If-Match": etag})
    assert decided.headers["etag"] == (await moderator.get(path)).headers["etag"]
    late = {"state": "actioned", "action": "restore"}
    assert (await moderator.patch(path, late, **{"If-Match": etag})).status_code == 412


async def test_author_appeals_once_and_is_heard(ann, bob, moderator, review, client):
    number = (await report(bob, "review", review, note="by bob")).json()["id"]
    path = f"/v1/reports/{number}/appeal"
    early = await ann.post(path, {"note": "Why?"})
    assert await codes(early) == (404, "report_not_found")
    await decide(moderator, number, "actioned", "hide", note="Too rude")
    page = await ann.get("/v1/me/moderation")
    assert "bob" not in page.text
    (decision,) = page.json()["items"]
    assert (decision["id"], decision["note"], decision["can_appeal"]) == (number, "Too rude", True)
    assert await codes(await bob.post(path, {"note": "x"})) == (404, "report_not_found")
    assert (await ann.post(path, {"note": " "})).status_code == 422
    answer = await ann.post(path, {"note": "It is a quotation."})
    assert (answer.status_code, answer.json()["state"]) == (200, "appealed")
    assert await codes(await ann.post(path, {"note": "Again"})) == (409, "nothing_to_appeal")
    assert (await moderator.get("/v1/moderation/reports")).json()["items"] == []
    (queued,) = (await moderator.get("/v1/moderation/reports?state=appealed")).json()["items"]
    assert queued["appeal"] == "It is a quotation."
    upheld = await decide(moderator, number, "dismissed", note="You are right.")
    assert (upheld.json()["state"], upheld.json()["action"]) == ("dismissed", "restore")
    assert (await client.get(f"/v1/reviews/{review}")).status_code == 200
    again = await decide(moderator, number, "actioned", "hide")
    assert await codes(again) == (409, "report_decided")
    log = (await moderator.get(f"/v1/moderation/log?report={number}")).json()["items"]
    assert [(entry["action"], entry["note"]) for entry in log] == [
        ("restore", "You are right."),
        ("hide", "Too rude"),
    ]
    assert {entry["moderator"]["username"] for entry in log} == {"mod"}


async def test_appeal_may_change_nothing_and_comes_too_late(ann, bob, moderator, review, database):
    number = (await report(bob, "review", review)).json()["id"]
    await decide(moderator, number, "actioned", "hide")
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE reports SET decided_at = decided_at - interval '31 days'")
        )
    late = await ann.post(f"/v1/reports/{number}/appeal", {"note": "x"})
    assert await codes(late) == (409, "nothing_to_appeal")
    async with database.transaction() as session:
        await session.execute(text("UPDATE reports SET decided_at = now()"))
    await ann.post(f"/v1/reports/{number}/appeal", {"note": "x"})
    kept = await decide(moderator, number, "actioned")
    assert (kept.json()["state"], kept.json()["action"]) == ("actioned", "hide")
    assert (await bob.get(f"/v1/reviews/{review}")).status_code == 404
    assert (await ann.get("/v1/me/moderation")).json()["items"][0]["can_appeal"] is False


async def test_writing_is_limited_over_all_replicas(ann, review, monkeypatch, redis):
    monkeypatch.setitem(limits.LIMITS, "comment", (5, 60))
    path = f"/v1/reviews/{review}/comments"
    answers = await asyncio.gather(*(ann.post(path, {"content": str(n)}) for n in range(12)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] * 5 + [429] * 7
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    (key,) = await redis.keys("social:writing:comment:*")
    await redis.delete(key)
    assert (await ann.post(path, {"content": "later"})).status_code == 201


async def test_without_redis_each_replica_counts_for_itself(ann, review, monkeypatch, app):
    from redis.exceptions import ConnectionError as OutOfReach

    async def gone(*_args):
        raise OutOfReach

    monkeypatch.setattr(app.state.context.redis, "eval", gone)
    monkeypatch.setitem(limits.LIMITS, "comment", (3, 60))
    path = f"/v1/reviews/{review}/comments"
    answers = [await ann.post(path, {"content": str(n)}) for n in range(5)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429, 429]


def test_local_counters_end_with_their_window(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: clock[0])
    counters = limits.LocalCounters()
    assert [counters.count("a", 60)[0] for _ in range(3)] == [1, 2, 3]
    assert counters.count("b", 60) == (1, 60)
    clock[0] = 61.0
    assert counters.count("a", 60) == (1, 60)


async def test_lists_are_reported_hidden_and_restored(ann, bob, moderator, films):
    made = await ann.post("/v1/me/lists", {"name": "Rude", "description": "Ruder"})
    path, number = made.headers["location"], made.json()["id"]
    await ann.put(f"{path}/movies/{films[0]}", {"note": "Rudest"})
    await ann.post("/v1/me/lists", {"name": "Secret", "privacy": "private"})
    assert await codes(await report(bob, "list", number + 1)) == (404, "list_not_found")
    assert await codes(await report(ann, "list", number)) == (403, "own_content")
    made = (await report(bob, "list", number)).json()
    assert made["target"] == {"type": "list", "id": number}
    (queued,) = (await moderator.get("/v1/moderation/reports?target=list")).json()["items"]
    assert queued["snapshot"] == {"name": "Rude", "description": "Ruder", "notes": ["Rudest"]}
    assert queued["author"]["username"] == "ann"
    assert (await decide(moderator, made["id"], "actioned", "hide")).status_code == 200
    for hidden in (path, f"{path}/movies"):
        assert (await ann.get(hidden)).status_code == 200
        assert (await bob.get(hidden)).status_code == 404
    for everywhere in ("/v1/lists", "/v1/users/ann/lists"):
        assert (await bob.get(everywhere)).json()["items"] == []
    assert (await bob.get("/v1/lists?page=1")).json()["total"] == 0
    assert (await decide(moderator, made["id"], "dismissed", "restore")).status_code == 200
    assert (await bob.get(path)).status_code == 200


async def test_author_is_told_of_a_decision_and_not_by_whom(ann, bob, moderator, review):
    number = (await report(bob, "review", review)).json()["id"]
    await decide(moderator, number, "actioned", "warn")
    (told,) = (await ann.get("/v1/me/notifications")).json()["items"]
    assert (told["kind"], told["actor"]) == ("moderation", None)
    assert told["target"] == {
        "type": "review",
        "id": str(review),
        "data": {"report_id": number, "action": "warn"},
    }
    assert (await ann.get("/v1/me/notifications/unread")).json() == {"unread": 1}
    read = await ann.put(f"/v1/me/notifications/{told['id']}/read")
    assert read.json()["actor"] is None
    (decision,) = (await ann.get("/v1/me/moderation")).json()["items"]
    assert decision["id"] == told["target"]["data"]["report_id"]
    for nobody in (bob, moderator):
        assert (await nobody.get("/v1/me/notifications")).json()["items"] == []


async def test_dismissed_report_is_not_told_to_its_author(ann, bob, moderator, review):
    number = (await report(bob, "review", review)).json()["id"]
    await decide(moderator, number, "dismissed")
    assert (await ann.get("/v1/me/notifications")).json()["items"] == []


async def test_republish_tells_whose_access_was_taken_and_who_has_it_back(
    ann, bob, moderator, context, sink
):
    for name in ("ann", "bob"):
        number = (await report(moderator, "user", name)).json()["id"]
        assert (await decide(moderator, number, "actioned", "suspend")).status_code == 200
    number = (await report(moderator, "user", "bob")).json()["id"]
    assert (await decide(moderator, number, "actioned", "restore")).status_code == 200
    first = [
        (event.data, event.revision) for event in await sink.events(MemberSuspended, MemberRestored)
    ]
    await republish_standings(context)
    again = [
        (event.data, event.revision)
        for event in (await sink.events(MemberSuspended, MemberRestored))[len(first) :]
    ]
    assert sorted(again, key=str) == sorted((first[0], first[2]), key=str)
