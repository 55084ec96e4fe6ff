"""Films that turn out to be one: what members said of the double follows."""

from marquee_shared.events.catalog import MovieDeleted, MovieMerged
from marquee_shared.events.social import RatingsSet, SignalsSet

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
