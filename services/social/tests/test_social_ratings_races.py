"""Imports, members, erasure and totals at the same moment, on real connections."""

import asyncio

import pytest

from marquee_shared.events.catalog import ImportedRating, RatingsImported
from marquee_shared.events.identity import UserDeleted
from marquee_shared.events.social import MovieRatingsChanged, RatingSet, RatingsSet
from marquee_shared.outbox import Consumer
from marquee_shared.testing.plugin import as_event, new_uuid

LONG_AGO = 1_000_000_000


@pytest.fixture
def consume(service, context):
    """Handle events as one of several workers would."""

    async def handle(*events):
        worker = Consumer(service.name, context.database, context.redis, service.handlers)
        await worker.handle([as_event(data, revision) for data, revision in events])

    return handle


async def test_no_higher_revision_of_a_total_carries_an_older_sum(
    new_member, films, consume, sink, histograms
):
    async def rate_and_tell(number):
        member = new_member()
        await member.rate(films[0], 1 + number % 5)
        told = RatingSet(user_id=member.id, movie_id=1, value=1, rated_at="2026-01-01T00:00:00Z")
        await consume((told, 1))

    await asyncio.gather(*(rate_and_tell(number) for number in range(60)))
    totals = sorted(await sink.events(MovieRatingsChanged), key=lambda event: event.revision)
    assert [event.revision for event in totals] == list(range(1, len(totals) + 1))
    counts = [event.data.count for event in totals]
    assert counts == sorted(counts)
    assert counts[-1] == 60
    assert totals[-1].data.histogram == (await histograms(1))[0]


async def test_imports_and_members_at_once_leave_what_the_members_chose(
    new_member, films, consume, sink, histograms
):
    members = [new_member() for _ in range(40)]

    def found(chunk):
        ratings = [
            ImportedRating(user_id=member.id, movie_id=movie, value=5, at=LONG_AGO + chunk)
            for member in members
            for movie in (1, 2, 3)
        ]
        return RatingsImported(import_id=new_uuid(), chunk=chunk, source="t", ratings=ratings), 1

    answers = await asyncio.gather(
        *(member.rate(slug, 0.5) for member in members[:20] for slug in films),
        *(consume(found(chunk)) for chunk in range(3)),
        *(member.rate(slug, 1.5) for member in members[20:] for slug in films[:2]),
    )
    assert {answer.status_code for answer in answers if answer is not None} <= {200, 201}
    for movie, expected in ((1, (20, 20, 0)), (2, (20, 20, 0)), (3, (20, 0, 20))):
        by_rows, by_counters = await histograms(movie)
        assert by_rows == by_counters
        assert (by_rows[0], by_rows[2], by_rows[9]) == expected
    # whoever follows the events by revision ends with the same
    newest = {}
    for event in await sink.events(RatingSet, RatingsSet):
        if isinstance(event.data, RatingSet):
            rows = [(event.data.user_id, event.data.movie_id, event.revision, event.data.value)]
        else:
            rows = [(r.user_id, r.movie_id, r.revision, r.value) for r in event.data.ratings]
        for user, movie, revision, value in rows:
            key = (user, movie)
            newest[key] = max(newest.get(key, (0, 0)), (revision, value))
    for movie in (1, 2, 3):
        values = [value for (_, film), (_, value) in newest.items() if film == movie]
        assert [values.count(step / 2) for step in range(1, 11)] == (await histograms(movie))[0]


async def test_erasure_beside_other_members_ratings_keeps_the_counters(
    new_member, films, consume, histograms
):
    leaving, staying = new_member(), [new_member() for _ in range(20)]
    for slug in films:
        await leaving.rate(slug, 5)
    await asyncio.gather(
        consume((UserDeleted(id=leaving.id), 2)),
        *(member.rate(slug, 2) for member in staying for slug in films),
    )
    for movie in (1, 2, 3):
        assert await histograms(movie) == ([0, 0, 0, 20, 0, 0, 0, 0, 0, 0],) * 2
