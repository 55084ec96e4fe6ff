"""Imported ratings, totals, erasure, republish: what happens to many rows at once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from marquee_shared.events.catalog import ImportedRating, RatingsImported
from marquee_shared.events.identity import UserCreated, UserDeleted
from marquee_shared.events.social import (
    MovieRatingsChanged,
    RatingRemoved,
    RatingSet,
    RatingsSet,
)
from marquee_shared.testing.plugin import new_uuid
from marquee_social.app import republish

ANN, BOB = UUID(int=1), UUID(int=2)
DAY = 86_400


def found(*rows, chunk=1):
    ratings = [
        ImportedRating(user_id=user, movie_id=movie, value=value, at=at)
        for user, movie, value, at in rows
    ]
    return RatingsImported(import_id=new_uuid(), chunk=chunk, source="test", ratings=ratings), 1


def states(events):
    return [
        (row.user_id, row.movie_id, row.value, row.revision)
        for event in events
        for row in event.data.ratings
    ]


@pytest.fixture
def stored(database):
    async def read():
        async with database.reading() as session:
            rows = await session.execute(
                text("SELECT * FROM ratings ORDER BY movie_id, user_id, rated_at")
            )
            return [tuple(row) for row in rows]

    return read


async def test_import_stores_counts_and_tells_in_bulk(deliver, stored, histograms, sink):
    await deliver(found((ANN, 1, 4.5, DAY), (BOB, 1, 0.5, DAY), (ANN, 2, 3, 2 * DAY)))
    rows = await stored()
    at = datetime.fromtimestamp(DAY, UTC)
    assert rows[0] == (ANN, 1, 9, at, at, 1)
    assert await histograms(1) == ([1, 0, 0, 0, 0, 0, 0, 0, 1, 0],) * 2
    (event,) = await sink.events()
    assert sorted(states([event])) == [(ANN, 1, 4.5, 1), (ANN, 2, 3, 1), (BOB, 1, 0.5, 1)]


async def test_same_import_again_changes_and_tells_nothing(deliver, stored, histograms, sink):
    rows = [(ANN, 1, 4.5, DAY), (BOB, 1, 0.5, DAY)]
    await deliver(found(*rows))
    before = await stored(), await histograms(1), await sink.raw()
    await deliver(found(*rows), found(*rows, chunk=2))
    assert (await stored(), await histograms(1), await sink.raw()) == before


async def test_newest_of_several_ratings_wins_in_any_order(deliver, stored, histograms, sink):
    newest = (ANN, 1, 2.0, 3 * DAY)
    older = [(ANN, 1, 4.0, DAY), (ANN, 1, 5.0, 2 * DAY)]
    await deliver(found(older[1], newest, older[0]))
    await deliver(found(*older))
    ((_, _, steps, _, _, revision),) = await stored()
    assert (steps, revision) == (4, 1)
    await deliver(found((ANN, 1, 3.0, 4 * DAY)))
    assert await histograms(1) == ([0, 0, 0, 0, 0, 1, 0, 0, 0, 0],) * 2
    assert [state[2:] for state in states(await sink.events())] == [(2.0, 1), (3.0, 2)]


async def test_equally_new_ratings_end_the_same_in_any_order(deliver, stored):
    low, high = (ANN, 1, 2.0, DAY), (ANN, 1, 4.0, DAY)
    await deliver(found(low))
    await deliver(found(high))
    await deliver(found(low))
    ((_, _, steps, *_),) = await stored()
    assert steps == 8


async def test_equal_newer_value_is_no_change(deliver, stored, sink):
    await deliver(found((ANN, 1, 2.0, DAY)))
    before = await stored(), await sink.raw()
    await deliver(found((ANN, 1, 2.0, 2 * DAY)))
    assert (await stored(), await sink.raw()) == before


async def test_what_a_member_chose_or_took_back_stays(new_member, films, deliver, sink, histograms):
    member = new_member()
    await member.rate(films[0], 1)
    await member.rate(films[1], 1)
    await member.unrate(films[1])
    told = await sink.raw()
    await deliver(found((member.id, 1, 5, DAY), (member.id, 2, 5, DAY)))
    assert (await member.get(f"/v1/movies/{films[0]}/rating")).json()["value"] == 1
    assert (await member.get(f"/v1/movies/{films[1]}/rating")).status_code == 404
    assert await sink.raw() == told
    assert await histograms(2) == ([0] * 10,) * 2


async def test_time_in_the_future_goes_before_nothing(new_member, films, deliver, sink):
    member = new_member()
    ahead = int((datetime.now(UTC) + timedelta(days=365)).timestamp())
    await deliver(found((member.id, 1, 5, ahead), (member.id, 2, 5, ahead)))
    assert (await member.rate(films[0], 2.5)).status_code == 200
    await deliver(found((member.id, 1, 5, ahead + DAY), (member.id, 2, 3, DAY)))
    shown = (await member.get("/v1/me/ratings")).json()["items"]
    assert [(item["movie"]["id"], item["value"]) for item in shown] == [(1, 2.5), (2, 3)]
    assert all(item["updated_at"] < datetime.now(UTC).isoformat() for item in shown)
    assert (await sink.events(RatingSet))[0].revision == 2


async def test_rating_off_the_scale_refuses_the_whole_chunk(deliver, stored):
    with pytest.raises(ValueError, match=r"3\.3"):
        await deliver(found((ANN, 1, 4, DAY), (ANN, 2, 3.3, DAY)))
    assert await stored() == []


async def test_bulk_events_hold_at_most_a_thousand_rows(deliver, sink):
    await deliver(found(*((UUID(int=n), 1, 4, DAY) for n in range(1, 2502))))
    events = await sink.events(RatingsSet)
    assert [len(event.data.ratings) for event in events] == [1000, 1000, 501]


async def test_totals_are_told_once_per_film_and_batch_with_growing_revisions(
    new_member, films, deliver, sink, histograms
):
    members = [new_member() for _ in range(3)]
    for member in members:
        await member.rate(films[0], 4)
    await members[0].rate(films[1], 1)
    told = await sink.events(RatingSet)
    await deliver(*((event.data, event.revision) for event in told))
    totals = await sink.events(MovieRatingsChanged)
    assert [(e.data.movie_id, e.data.count, e.data.average, e.revision) for e in totals] == [
        (1, 3, 4.0, 1),
        (2, 1, 1.0, 1),
    ]
    await members[0].unrate(films[0])
    (removed,) = await sink.events(RatingRemoved)
    await deliver((removed.data, removed.revision))
    last = (await sink.events(MovieRatingsChanged))[-1]
    assert (last.data.count, last.revision) == (2, 2)
    assert last.data.histogram == (await histograms(1))[0]


async def test_repeated_and_reversed_rating_events_tell_no_total_twice(
    new_member, films, deliver, sink
):
    member = new_member()
    for value in (1, 2, 3):
        await member.rate(films[0], value)
    told = await sink.events(RatingSet)
    for event in reversed([*told, *told]):
        await deliver((event.data, event.revision))
    (total,) = await sink.events(MovieRatingsChanged)
    assert (total.data.average, total.revision) == (3.0, 1)


async def test_total_of_a_film_without_ratings_left_is_told(new_member, films, deliver, sink):
    member = new_member()
    await member.rate(films[0], 4)
    (event,) = await sink.events()
    await deliver((event.data, event.revision))
    await member.unrate(films[0])
    (removed,) = await sink.events(RatingRemoved)
    await deliver((removed.data, removed.revision))
    last = (await sink.events(MovieRatingsChanged))[-1]
    assert (last.data.count, last.data.average, last.data.histogram) == (0, None, [0] * 10)


async def test_erased_member_leaves_no_rating_and_no_count(
    new_member, films, deliver, stored, sink, histograms
):
    member, other = new_member(), new_member()
    await deliver((UserCreated(id=member.id, username="ann", name="Ann"), 1))
    await member.rate(films[0], 5)
    await member.rate(films[1], 5)
    await member.unrate(films[1])
    await other.rate(films[0], 2)
    await deliver((UserDeleted(id=member.id), 2))
    assert [row[0] for row in await stored()] == [other.id]
    assert await histograms(1) == ([0, 0, 0, 1, 0, 0, 0, 0, 0, 0],) * 2
    (event,) = await sink.events(RatingsSet)
    assert states([event]) == [(member.id, 1, None, 2)]
    # neither a second telling nor an import brings anything back
    await deliver((UserDeleted(id=member.id), 2), found((member.id, 1, 5, DAY)))
    assert [row[0] for row in await stored()] == [other.id]
    assert len(await sink.events(RatingsSet)) == 1
    assert (await member.rate(films[0], 5)).status_code == 401
    assert [row[0] for row in await stored()] == [other.id]


async def test_republish_tells_every_rating_tombstone_and_total_as_it_is(
    new_member, films, deliver, context, sink
):
    member = new_member()
    await member.rate(films[0], 5)
    await member.rate(films[0], 4)
    await member.rate(films[1], 3)
    await member.unrate(films[1])
    told = [(event.data, event.revision) for event in await sink.events()]
    await deliver(*told)
    before = len(await sink.raw())
    assert await republish(context) == 2
    ratings, total = (await sink.events())[before:]
    assert states([ratings]) == [(member.id, 1, 4, 2), (member.id, 2, None, 2)]
    assert isinstance(total.data, MovieRatingsChanged)
    assert (total.data.movie_id, total.data.histogram[7], total.revision) == (1, 1, 1)
    # its own worker hears the bulk event too, and has nothing to add
    await deliver((ratings.data, ratings.revision))
    assert len(await sink.raw()) == before + 2


async def test_republish_walks_past_one_chunk(deliver, context, sink):
    await deliver(found(*((UUID(int=n), n % 7 + 1, 4, DAY) for n in range(1, 2002))))
    assert await republish(context) == 3
    events = (await sink.events(RatingsSet))[3:]
    assert len({state[0] for state in states(events)}) == 2001
