"""Films that turn out to be one: what members said of the double follows."""

import pytest
from sqlalchemy import text

from marquee_shared.events.catalog import MovieDeleted, MovieMerged
from marquee_shared.events.social import (
    PlayerEvent,
    RatingsSet,
    ReviewDeleted,
    ReviewUpdated,
    SignalsSet,
    WatchBatchReceived,
    WatchProgressed,
)
from marquee_social.ratings.repository import STATEMENTS as RATING_STATEMENTS
from marquee_social.signals.repository import STATEMENTS as SIGNAL_STATEMENTS
from marquee_social.watch_time.service import add_batches

MERGED = (MovieMerged(id=2, slug="film-2", into=1), 2)
GONE = (MovieDeleted(id=2, slug="film-2"), 2)


async def test_marks_of_a_double_follow_and_the_newest_counts(
    new_member, films, deliver, histograms, sink
):
    only, both, newer = new_member(), new_member(), new_member()
    await only.rate("film-2", 4)
    await only.signal("film-2", "like")
    await both.rate("film-1", 1)
    await both.rate("film-2", 5)
    await newer.rate("film-2", 2)
    await newer.rate("film-1", 3)
    taken_back = new_member()
    await taken_back.rate("film-2", 2)
    await taken_back.rate("film-1", 2)
    await taken_back.unrate("film-1")
    await deliver(MERGED, GONE)
    for member, value in ((only, 4), (both, 5), (newer, 3)):
        assert (await member.get("/v1/movies/film-1/rating")).json()["value"] == value
    assert (await taken_back.get("/v1/movies/film-1/rating")).status_code == 404
    assert (await only.get("/v1/movies/film-1/signal")).json()["kind"] == "like"
    rows, counters = await histograms(1)
    assert rows == counters
    assert sum(rows) == 3
    rows, counters = await histograms(2)
    assert rows == counters == [0] * 10
    told = [rating for event in await sink.events(RatingsSet) for rating in event.data.ratings]
    assert {(r.user_id, r.movie_id, r.value) for r in told} == {
        (only.id, 1, 4.0), (both.id, 1, 5.0), (only.id, 2, None), (both.id, 2, None),
        (newer.id, 2, None), (taken_back.id, 2, None),
    }  # fmt: skip
    assert len(await sink.events(SignalsSet)) == 2


async def test_a_merge_told_again_changes_nothing(new_member, films, deliver, histograms, sink):
    await new_member().rate("film-2", 4)
    await deliver(MERGED, GONE)
    before = len(await sink.events())
    await deliver(MERGED, GONE)
    assert len(await sink.events()) == before
    assert sum((await histograms(1))[0]) == 1


def review(title):
    return {"title": title, "content": "Words", "is_positive": True}


async def test_reviews_follow_and_of_two_the_films_own_stays(new_person, films, deliver, sink):
    ann, bob = await new_person("ann"), await new_person("bob")
    kept = (await ann.post("/v1/movies/film-1/reviews", review("kept"))).json()
    double = (await ann.post("/v1/movies/film-2/reviews", review("double"))).json()
    moved = (await bob.post("/v1/movies/film-2/reviews", review("moved"))).json()
    await ann.post(f"/v1/reviews/{double['id']}/comments", {"content": "gone too"})
    await deliver(MERGED, GONE)
    items = (await ann.get("/v1/movies/film-1/reviews")).json()["items"]
    assert [item["id"] for item in items] == [moved["id"], kept["id"]]
    assert items[0]["movie"]["slug"] == "film-1"
    assert items[0]["edited"] is False
    assert (await ann.get(f"/v1/reviews/{double['id']}")).status_code == 404
    assert (await bob.post("/v1/movies/film-1/reviews", review("again"))).status_code == 409
    activity = (await bob.get("/v1/users/bob/activity")).json()["items"]
    assert [item["movie"]["slug"] for item in activity] == ["film-1"]
    (gone,) = await sink.events(ReviewDeleted)
    (told,) = await sink.events(ReviewUpdated)
    assert gone.data.id == double["id"]
    assert (told.data.id, told.data.movie_id, told.revision) == (moved["id"], 1, 2)


async def test_list_entries_follow_without_doubles(new_person, films, deliver):
    ann = await new_person("ann")
    await ann.post("/v1/me/lists", {"name": "Both"})
    both = "/v1/users/ann/lists/both"
    await ann.put(f"{both}/movies/film-2", {"note": "of the double"})
    await ann.put(f"{both}/movies/film-3")
    await ann.put(f"{both}/movies/film-1")
    await ann.put("/v1/me/watchlist/film-2")
    before = (await ann.get(both)).headers["etag"]
    cursor = (await ann.get("/v1/me/changes")).json()["next_cursor"]
    await deliver(MERGED, GONE)
    await deliver(MERGED, GONE)
    items = (await ann.get(f"{both}/movies")).json()["items"]
    assert [(i["movie"]["slug"], i["note"]) for i in items] == [
        ("film-1", "of the double"), ("film-3", None),
    ]  # fmt: skip
    watchlist = (await ann.get("/v1/me/watchlist")).json()["items"]
    assert [i["movie"]["slug"] for i in watchlist] == ["film-1"]
    assert (await ann.get(both)).headers["etag"] != before
    changes = (await ann.get(f"/v1/me/changes?cursor={cursor}")).json()["items"]
    assert {c["data"]["slug"] for c in changes if c["type"] == "list"} == {"both", "watchlist"}


@pytest.mark.parametrize(
    ("of_double", "of_film", "kept"), [(None, 1, None), (1, None, None), (1, 2, 1), (2, 1, 1)]
)
async def test_undoing_a_fill_leaves_what_was_there_otherwise(
    new_person, films, deliver, database, of_double, of_film, kept
):
    ann = await new_person("ann")
    await ann.post("/v1/me/lists", {"name": "Both"})
    both = "/v1/users/ann/lists/both"
    await ann.put(f"{both}/movies/film-2")
    await ann.put(f"{both}/movies/film-1")
    filled = text("UPDATE list_movies SET fill = :fill WHERE movie_id = :movie")
    async with database.transaction() as session:
        await session.execute(text("UPDATE lists SET fills = 2"))
        await session.execute(filled, {"fill": of_double, "movie": 2})
        await session.execute(filled, {"fill": of_film, "movie": 1})
    await deliver(MERGED, GONE)
    async with database.reading() as session:
        assert list(await session.scalars(text("SELECT fill FROM list_movies"))) == [kept]
    assert (await ann.delete(f"{both}/fill")).is_success
    assert len((await ann.get(f"{both}/movies")).json()["items"]) == 1


def played(member, movie, session, since):
    events = [
        PlayerEvent(
            session_id=session, sequence=n, movie_id=movie, position=n * 10_000,
            kind="progress" if n else "start", at=since + n * 10_000, speed=1.0,
        )
        for n in range(4)
    ]  # fmt: skip
    return WatchBatchReceived(user_id=member.id, received_at=since + 60_000, events=events)


async def test_watch_time_follows_and_no_second_counts_twice(
    new_person, films, deliver, database, sink
):
    ann, bob = await new_person("ann"), await new_person("bob")
    noon = 1_700_000_000_000
    async with database.transaction() as session:
        await add_batches(
            session,
            [
                played(ann, 1, "evening", noon),
                played(ann, 2, "evening", noon + 100_000),
                played(ann, 2, "other-device", noon + 100_000),
                played(bob, 2, "bobs", noon),
            ],
        )
    total = (await ann.get("/v1/users/ann/watch-time")).json()
    assert total["seconds_watched"] == 60
    await deliver(MERGED, GONE)
    before = len(await sink.events())
    await deliver(MERGED, GONE)
    assert len(await sink.events()) == before
    after = (await ann.get("/v1/users/ann/watch-time")).json()
    assert after["seconds_watched"] == 60
    assert (total["movies"], after["movies"]) == (2, 1)
    of_film = (await ann.get("/v1/users/ann/watch-time/film-1")).json()
    assert (of_film["seconds_watched"], of_film["coverage_seconds"]) == (60, 30)
    all_members = (await ann.get("/v1/movies/film-1/watch-time")).json()
    assert (all_members["seconds_watched"], all_members["viewers"]) == (90, 2)
    async with database.reading() as session:
        left = (await session.execute(text("SELECT * FROM movie_watch_totals"))).all()
    assert {(row.movie_id, row.milliseconds, row.viewers) for row in left} == {
        (1, 90_000, 2), (2, 0, 0),
    }  # fmt: skip
    told = [e.data for e in await sink.events(WatchProgressed) if e.data.movie_id == 1]
    assert {(t.user_id, t.seconds_watched) for t in told[-2:]} == {(ann.id, 60), (bob.id, 30)}


async def test_what_was_under_way_follows_when_the_merge_is_told_again(
    new_person, films, deliver, database, histograms
):
    ann = await new_person("ann")
    await deliver(MERGED)
    await ann.rate("film-2", 4)
    await deliver(GONE)
    async with database.transaction() as session:
        await add_batches(session, [played(ann, 2, "evening", 1_700_000_000_000)])
    await deliver(MERGED, GONE)
    assert (await ann.get("/v1/movies/film-1/rating")).json()["value"] == 4
    assert (await histograms(2))[1] == [0] * 10
    assert (await ann.get("/v1/users/ann/watch-time/film-1")).json()["seconds_watched"] == 30


async def test_a_member_who_did_everything_with_both_did_it_with_one(
    new_person, deliver, film, database, histograms
):
    await deliver(*((film(number, runtime=1), 1) for number in (1, 2)))
    ann, bob = await new_person("ann"), await new_person("bob")
    noon = 1_700_000_000_000
    for number in (1, 2):
        slug = f"film-{number}"
        await ann.rate(slug, number)
        await ann.signal(slug, "seen" if number == 2 else "like")
        await ann.post(f"/v1/movies/{slug}/reviews", review(slug))
        await ann.put(f"/v1/me/watchlist/{slug}")
        async with database.transaction() as session:
            await add_batches(session, [played(ann, number, slug, noon + number * 600_000)])
    await ann.patch("/v1/me/privacy", {"activity": "public"})
    await deliver(MERGED, GONE)
    assert (await ann.get("/v1/movies/film-1/rating")).json()["value"] == 2
    assert (await ann.get("/v1/movies/film-1/signal")).json()["kind"] == "seen"
    for path in ("/v1/me/ratings", "/v1/me/signals", "/v1/me/watchlist", "/v1/me/history",
                 "/v1/users/ann/reviews"):  # fmt: skip
        items = (await ann.get(path)).json()["items"]
        assert [item["movie"]["slug"] for item in items] == ["film-1"], path
    done = [
        (item["kind"], item["movie"]["slug"])
        for item in (await bob.get("/v1/users/ann/activity")).json()["items"]
    ]
    assert sorted(done) == sorted(set(done))
    assert {slug for _, slug in done} == {"film-1"}
    assert {kind for kind, _ in done} >= {"rating", "review"}
    for number, count in ((1, 1), (2, 0)):
        rows, counters = await histograms(number)
        assert rows == counters
        assert sum(rows) == count
    exported = (await ann.get("/v1/me/history/export")).json()
    assert [movie["slug"] for movie in exported["movies"]] == ["film-1"]
    assert (await ann.get("/v1/users/ann/stats")).json()["movies"] == 1


async def test_marks_of_a_film_are_found_by_an_index(database):
    async with database.transaction() as session:
        for table, column in (("ratings", "half_steps, created_at, rated_at"),
                              ("signals", "kind, created_at, signalled_at")):  # fmt: skip
            value = "8" if table == "ratings" else "'like'"
            await session.execute(
                text(
                    f"INSERT INTO {table} (user_id, movie_id, {column}, revision) "  # noqa: S608 - constants
                    f"SELECT gen_random_uuid(), n % 500, {value}, now(), now(), 1 "
                    "FROM generate_series(1, 20000) AS n"
                )
            )
            await session.execute(text(f"ANALYZE {table}"))
        for statements, index in (
            (RATING_STATEMENTS, "ix_ratings_movie"),
            (SIGNAL_STATEMENTS, "ix_signals_movie"),
        ):
            for statement in (statements.take, statements.leave):
                values = {"gone": 7, "into": 8} if statement is statements.take else {"gone": 7}
                plan = await session.scalars(text(f"EXPLAIN {statement.text}"), values)
                assert index in "\n".join(plan)
