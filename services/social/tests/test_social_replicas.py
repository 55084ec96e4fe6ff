"""Replicas of films and members, fed twice, in reverse and too late."""

import pytest
from sqlalchemy import text

from marquee_shared.events.catalog import MovieDeleted, MovieUpdated
from marquee_shared.events.identity import UserCreated, UserDeleted, UserUpdated
from marquee_shared.testing.plugin import as_event, new_uuid


@pytest.fixture
def rows(database):
    async def read(table):
        async with database.reading() as session:
            found = await session.execute(text(f"SELECT * FROM {table} ORDER BY id"))  # noqa: S608 - a test's own word
            return [dict(row) for row in found.mappings()]

    return read


def updated(film, title):
    return MovieUpdated(**film(1, title=title).model_dump())


async def test_reversed_events_leave_the_newest_film(deliver, film, rows):
    for event in ((updated(film, "Third"), 3), (updated(film, "Second"), 2), (film(1), 1)):
        await deliver(event)
    (row,) = await rows("movies")
    assert (row["title"], row["revision"]) == ("Third", 3)


async def test_many_versions_in_one_batch_leave_the_newest_film(deliver, film, rows):
    await deliver((updated(film, "Third"), 3), (film(1), 1), (updated(film, "Second"), 2))
    (row,) = await rows("movies")
    assert (row["title"], row["revision"]) == ("Third", 3)


async def test_raised_epoch_goes_before_any_revision(deliver, film, rows):
    await deliver((updated(film, "Lost"), 9))
    await deliver((updated(film, "Restored"), 2), epoch=2)
    await deliver((updated(film, "Lost again"), 10))
    (row,) = await rows("movies")
    assert (row["title"], row["epoch"], row["revision"]) == ("Restored", 2, 2)


async def test_deletion_before_creation_leaves_a_tombstone(deliver, film, rows, client, catalog):
    await deliver((MovieDeleted(id=1, slug="film-1"), 2))
    await deliver((film(1), 1))
    (row,) = await rows("movies")
    assert row["deleted"] is True
    assert (await client.get("/v1/movies/film-1/ratings")).status_code == 404
    assert catalog.asked == ["film-1"]


async def test_restored_film_is_back(deliver, film, client, catalog):
    await deliver((film(1), 1), (MovieDeleted(id=1, slug="film-1"), 2), (film(1), 3))
    assert (await client.get("/v1/movies/film-1/ratings")).status_code == 200
    assert catalog.asked == []


async def test_same_event_twice_changes_nothing(service, context, film, rows):
    from marquee_shared.outbox import Consumer

    consumer = Consumer(service.name, context.database, context.redis, service.handlers)
    event = as_event(film(1), 1)
    await consumer.handle([event])
    before = await rows("movies")
    await consumer.handle([event, event])
    assert await rows("movies") == before


async def test_members_are_kept_and_erased(deliver, rows):
    member = new_uuid()
    created = UserCreated(id=member, username="ann", name="Ann", avatar_url="/ann.webp")
    await deliver((created, 1))
    (row,) = await rows("users")
    assert (row["username"], row["name"], row["avatar_url"]) == ("ann", "Ann", "/ann.webp")
    await deliver((UserDeleted(id=member), 3))
    await deliver((UserUpdated(id=member, username="anna", name="Anna"), 2))
    (row,) = await rows("users")
    assert row["deleted"] is True
    assert (row["username"], row["name"], row["avatar_url"]) == (None, None, None)


CATALOG_ANSWER = {
    "id": 8,
    "slug": "early",
    "title": "Early",
    "year": 2001,
    "cover_url": "/covers/early.webp",
    "genres": [{"id": 1, "slug": "drama", "name": "Drama"}],
    "status": "released",
    "synopsis": "not kept here",
    "rating": {"average": None, "count": 0},
}


async def test_film_whose_event_is_under_way_can_be_rated(new_member, catalog, deliver, film):
    catalog.movies["early"] = CATALOG_ANSWER
    member = new_member()
    assert (await member.get("/v1/movies/early/ratings")).json()["count"] == 0
    assert (await member.get("/v1/movies/early/rating")).json()["code"] == "rating_not_found"
    assert (await member.unrate("early")).status_code == 204
    answer = await member.rate("early", 4)
    assert answer.status_code == 201
    assert answer.json()["movie"]["cover_url"] == "/covers/early.webp"
    asked = len(catalog.asked)
    assert (await member.get("/v1/movies/early/rating")).json()["value"] == 4
    assert (await member.get("/v1/movies/early/ratings")).json()["count"] == 1
    assert len(catalog.asked) == asked
    await deliver((film(8, slug="early", title="As told"), 1))
    read = await member.get("/v1/movies/early/rating")
    assert read.json()["movie"]["title"] == "As told"


async def test_what_the_catalog_answers_does_not_undo_a_deletion(new_member, catalog, deliver):
    catalog.movies["early"] = CATALOG_ANSWER
    await deliver((MovieDeleted(id=8, slug="early"), 4))
    answer = await new_member().rate("early", 4)
    assert (answer.status_code, answer.json()["code"]) == (404, "movie_not_found")


async def test_renamed_film_is_found_by_its_former_slug(new_member, catalog, films):
    catalog.movies["once-called"] = {**CATALOG_ANSWER, "id": 1, "slug": films[0]}
    member = new_member()
    answer = await member.rate("once-called", 2)
    assert (answer.status_code, answer.json()["movie"]["slug"]) == (201, films[0])
    assert (await member.get(f"/v1/movies/{films[0]}/rating")).json()["value"] == 2


async def test_catalog_out_of_reach_is_503_and_no_false_404(new_member, catalog, sink):
    catalog.reachable = False
    member = new_member()
    answer = await member.rate("early", 4)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"]
    assert (await member.get("/v1/movies/early/ratings")).status_code == 503
    assert await sink.events() == []
