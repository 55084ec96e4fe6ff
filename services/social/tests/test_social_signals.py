"""Signals about films, over HTTP."""

import asyncio
from uuid import UUID

import pytest

from marquee_shared.events.identity import UserDeleted
from marquee_shared.events.social import SignalRemoved, SignalSet, SignalsSet
from marquee_social.app import republish

KINDS = ["like", "dislike", "not_interested", "seen"]


@pytest.mark.parametrize("kind", KINDS)
async def test_signal_is_given_told_and_read(new_member, films, sink, kind):
    member = new_member()
    answer = await member.signal(films[0], kind)
    assert answer.status_code == 201
    assert answer.json()["kind"] == kind
    assert answer.json()["movie"]["slug"] == films[0]
    read = await member.get(f"/v1/movies/{films[0]}/signal")
    assert read.json() == answer.json()
    assert read.headers["etag"] == answer.headers["etag"]
    (event,) = await sink.events(SignalSet)
    assert (event.data.user_id, event.data.movie_id, event.data.kind, event.revision) == (
        member.id,
        1,
        kind,
        1,
    )
    assert answer.headers["marquee-events"] == str(event.id)


async def test_new_signal_takes_the_place_of_the_one_before(new_member, films, sink):
    member = new_member()
    first = (await member.signal(films[0], "like")).json()
    answer = await member.signal(films[0], "dislike")
    again = await member.signal(films[0], "dislike")
    assert (answer.status_code, again.status_code) == (200, 200)
    assert again.json() == answer.json()
    assert answer.json()["created_at"] == first["created_at"]
    told = [(event.data.kind, event.revision) for event in await sink.events(SignalSet)]
    assert told == [("like", 1), ("dislike", 2)]


async def test_signal_is_taken_back_once_and_can_be_given_again(new_member, films, sink):
    member = new_member()
    await member.signal(films[0], "seen")
    for _ in range(2):
        assert (await member.unsignal(films[0])).status_code == 204
    missing = await member.get(f"/v1/movies/{films[0]}/signal")
    assert (missing.status_code, missing.json()["code"]) == (404, "signal_not_found")
    assert (await member.signal(films[0], "seen")).status_code == 201
    assert [event.revision for event in await sink.events()] == [1, 2, 3]
    assert len(await sink.events(SignalRemoved)) == 1


@pytest.mark.parametrize("kind", ["love", "", None, 1, ["like"], "LIKE"])
async def test_what_is_no_signal_is_422(new_member, films, kind):
    member = new_member()
    answer = await member.signal(films[0], kind)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert (await member.get(f"/v1/movies/{films[0]}/signal")).status_code == 404


async def test_anonymous_unverified_and_unknown_films_are_refused(new_member, client, films):
    path = f"/v1/movies/{films[0]}/signal"
    assert (await client.put(path, json={"kind": "like"})).status_code == 401
    unverified = new_member(verified=False)
    for answer in (await unverified.signal(films[0], "like"), await unverified.unsignal(films[0])):
        assert (answer.status_code, answer.json()["code"]) == (403, "email_not_verified")
    member = new_member()
    for answer in (
        await member.signal("nothing", "like"),
        await member.unsignal("nothing"),
        await member.get("/v1/movies/nothing/signal"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "movie_not_found")


async def test_if_match_guards_a_signal(new_member, films):
    member = new_member()
    etag = (await member.signal(films[0], "like")).headers["etag"]
    await member.signal(films[0], "seen")
    stale = {"If-Match": etag}
    assert (await member.signal(films[0], "dislike", **stale)).status_code == 412
    assert (await member.unsignal(films[0], **stale)).status_code == 412
    assert (await member.get(f"/v1/movies/{films[0]}/signal")).json()["kind"] == "seen"


async def test_signals_are_listed_newest_first_and_by_kind(new_member, films):
    member = new_member()
    for slug, kind in zip(films, ("like", "seen", "like"), strict=True):
        await member.signal(slug, kind)
    seen, cursor = [], ""
    while cursor is not None:
        page = (await member.get(f"/v1/me/signals?limit=2{cursor}")).json()
        seen += [item["movie"]["slug"] for item in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert seen == films[::-1]
    liked = (await member.get("/v1/me/signals?kind=like")).json()["items"]
    assert [item["movie"]["slug"] for item in liked] == [films[2], films[0]]
    assert (await member.get("/v1/me/signals?kind=love")).status_code == 422


async def test_signals_at_once_end_in_the_state_of_the_highest_revision(new_member, films, sink):
    member = new_member()
    await asyncio.gather(
        *(
            member.unsignal(films[0]) if n % 5 == 4 else member.signal(films[0], KINDS[n % 4])
            for n in range(30)
        )
    )
    events = sorted(await sink.events(), key=lambda event: event.revision)
    assert [event.revision for event in events] == list(range(1, len(events) + 1))
    answer = await member.get(f"/v1/movies/{films[0]}/signal")
    last = events[-1].data
    assert answer.json().get("kind") == getattr(last, "kind", None)


async def test_erasure_and_republish_carry_every_signal(new_member, films, deliver, context, sink):
    leaving, staying = new_member(), new_member()
    await leaving.signal(films[0], "like")
    await staying.signal(films[0], "seen")
    await staying.unsignal(films[0])
    await staying.signal(films[1], "dislike")
    await deliver((UserDeleted(id=leaving.id), 2))
    (erased,) = await sink.events(SignalsSet)
    assert states(erased) == [(leaving.id, 1, None, 2)]
    assert await republish(context) == 1
    told = (await sink.events(SignalsSet))[-1]
    assert states(told) == [(staying.id, 1, None, 2), (staying.id, 2, "dislike", 1)]
    assert (await leaving.signal(films[0], "like")).status_code == 401


def states(event) -> list[tuple[UUID, int, str | None, int]]:
    return [(row.user_id, row.movie_id, row.kind, row.revision) for row in event.data.signals]
