"""A member's rating of a film, over HTTP."""

import asyncio
from decimal import Decimal

import pytest

from marquee_shared.events.catalog import MovieDeleted
from marquee_shared.events.social import RatingRemoved, RatingSet

HALVES = [step / 2 for step in range(1, 11)]


async def test_first_rating_is_201_and_shows_the_film(new_member, films):
    member = new_member()
    answer = await member.rate(films[0], 4.5)
    assert answer.status_code == 201
    body = answer.json()
    assert body["value"] == 4.5
    assert body["movie"] == {
        "id": 1,
        "slug": "film-1",
        "title": "Film 1",
        "year": 1991,
        "cover_url": None,
        "genres": [{"id": 7, "slug": "drama", "name": "Drama"}],
    }
    assert body["created_at"] == body["updated_at"]
    read = await member.get("/v1/movies/film-1/rating")
    assert read.json() == body
    assert read.headers["etag"] == answer.headers["etag"]


@pytest.mark.parametrize("value", HALVES)
async def test_every_half_step_is_kept_exactly(new_member, films, value):
    member = new_member()
    written = await member.rate(films[0], value)
    read = await member.get(f"/v1/movies/{films[0]}/rating")
    for answer in (written, read):
        assert b'"value":%.1f,' % value in answer.content
    summary = await member.get(f"/v1/movies/{films[0]}/ratings")
    assert summary.json()["histogram"] == {f"{v:.1f}": int(v == value) for v in HALVES}


@pytest.mark.parametrize(
    "body",
    [
        b'{"value": 0}', b'{"value": 5.5}', b'{"value": 3.3}', b'{"value": "4"}',
        b'{"value": NaN}', b'{"value": Infinity}', b'{"value": 1e400}', b'{"value": null}',
        b'{"value": true}', b'{"value": -4}', b'{"value": [4]}', b"{}", b"[]", b"null",
        b'{"value": 1' + b"0" * 400 + b"}", b'{"value": 4, "movie": 2}', b"",
    ],
)  # fmt: skip
async def test_what_is_no_rating_is_422_and_stores_nothing(new_member, films, body):
    member = new_member()
    headers = {**member.headers, "Content-Type": "application/json"}
    answer = await member.client.put(f"/v1/movies/{films[0]}/rating", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert (await member.get(f"/v1/movies/{films[0]}/ratings")).json()["count"] == 0


async def test_changed_rating_is_200_keeps_created_at_and_counts_the_revision(
    new_member, films, sink
):
    member = new_member()
    first = (await member.rate(films[0], 2)).json()
    answer = await member.rate(films[0], 3.5)
    assert answer.status_code == 200
    second = answer.json()
    assert second["created_at"] == first["created_at"]
    assert second["updated_at"] > first["updated_at"]
    events = await sink.events(RatingSet)
    assert [(event.data.value, event.revision) for event in events] == [(2, 1), (3.5, 2)]
    assert events[1].data.user_id == member.id
    assert events[1].data.rated_at.isoformat().replace("+00:00", "Z") == second["updated_at"]
    assert answer.headers["marquee-events"] == str(events[1].id)


async def test_same_rating_again_changes_and_tells_nothing(new_member, films, sink):
    member = new_member()
    first = await member.rate(films[0], 4)
    again = await member.rate(films[0], 4)
    assert again.status_code == 200
    assert again.json() == first.json()
    assert again.headers["etag"] == first.headers["etag"]
    assert "marquee-events" not in again.headers
    assert len(await sink.events()) == 1


async def test_no_rating_is_404_by_its_own_code(new_member, films):
    answer = await new_member().get(f"/v1/movies/{films[0]}/rating")
    assert (answer.status_code, answer.json()["code"]) == (404, "rating_not_found")


async def test_ratings_belong_to_their_member(new_member, films):
    one, other = new_member(), new_member()
    await one.rate(films[0], 5)
    assert (await other.get(f"/v1/movies/{films[0]}/rating")).status_code == 404
    assert (await other.unrate(films[0])).status_code == 204
    assert (await one.get(f"/v1/movies/{films[0]}/rating")).json()["value"] == 5


async def test_deletion_is_idempotent_and_told_once(new_member, films, sink):
    member = new_member()
    await member.rate(films[0], 5)
    for _ in range(2):
        answer = await member.unrate(films[0])
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await member.get(f"/v1/movies/{films[0]}/rating")).status_code == 404
    (removed,) = await sink.events(RatingRemoved)
    assert (removed.data.user_id, removed.data.movie_id, removed.revision) == (member.id, 1, 2)


async def test_rating_again_after_deletion_goes_on_counting(new_member, films, sink):
    member = new_member()
    first = (await member.rate(films[0], 5)).json()
    await member.unrate(films[0])
    again = await member.rate(films[0], 5)
    assert again.status_code == 201
    assert again.json()["created_at"] > first["created_at"]
    assert [event.revision for event in await sink.events()] == [1, 2, 3]


async def test_anonymous_is_401_and_unverified_may_read_and_not_write(new_member, client, films):
    path = f"/v1/movies/{films[0]}/rating"
    assert (await client.get(path)).status_code == 401
    assert (await client.put(path, json={"value": 4})).status_code == 401
    assert (await client.delete(path)).status_code == 401
    unverified = new_member(verified=False)
    for answer in (await unverified.rate(films[0], 4), await unverified.unrate(films[0])):
        assert (answer.status_code, answer.json()["code"]) == (403, "email_not_verified")
    assert (await unverified.get(path)).json()["code"] == "rating_not_found"


async def test_unreleased_film_may_be_rated(new_member, deliver, film):
    await deliver((film(9, status="announced", year=2030), 1))
    assert (await new_member().rate("film-9", 3)).status_code == 201


async def test_unknown_and_deleted_films_are_404_for_every_method(new_member, films, deliver):
    await deliver((MovieDeleted(id=2, slug="film-2"), 2))
    member = new_member()
    for slug in ("nothing", "film-2", "..", "a b", "x" * 200):
        path = f"/v1/movies/{slug.replace('.', '%2e').replace(' ', '%20')}"
        answers = [
            await member.get(f"{path}/rating"),
            await member.get(f"{path}/ratings"),
            await member.client.put(f"{path}/rating", json={"value": 4}, headers=member.headers),
            await member.client.delete(f"{path}/rating", headers=member.headers),
        ]
        codes = {(answer.status_code, answer.json()["code"]) for answer in answers}
        assert codes == {(404, "movie_not_found")}, slug
    assert films


async def test_writes_purge_the_ratings_and_the_page_of_the_film(new_member, films):
    member = new_member()
    for answer in (await member.rate(films[0], 4), await member.unrate(films[0])):
        assert answer.headers["cache-purge"] == "movie-ratings:1,movie:1"
    read = await member.get(f"/v1/movies/{films[0]}/ratings")
    assert read.headers["cache-tag"] == "movie-ratings:1,movie:1"


async def test_if_match_guards_changes_and_removals(new_member, films, sink):
    member = new_member()
    etag = (await member.rate(films[0], 2)).headers["etag"]
    changed = await member.rate(films[0], 3, **{"If-Match": etag})
    assert changed.status_code == 200
    stale = {"If-Match": etag}
    for answer in (await member.rate(films[0], 5, **stale), await member.unrate(films[0], **stale)):
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert (await member.get(f"/v1/movies/{films[0]}/rating")).json()["value"] == 3
    assert (await member.get(f"/v1/movies/{films[0]}/ratings")).json()["count"] == 1
    fresh = {"If-Match": changed.headers["etag"]}
    assert (await member.unrate(films[0], **fresh)).status_code == 204
    # what is gone matches nothing, not even `*`
    assert (await member.rate(films[0], 4, **{"If-Match": "*"})).status_code == 412
    assert len(await sink.events()) == 3


async def test_if_none_match_gives_304_until_the_rating_changes(new_member, films):
    member = new_member()
    etag = (await member.rate(films[0], 2)).headers["etag"]
    path = f"/v1/movies/{films[0]}/rating"
    assert (await member.get(path, **{"If-None-Match": etag})).status_code == 304
    await member.rate(films[0], 3)
    assert (await member.get(path, **{"If-None-Match": etag})).status_code == 200


async def test_summary_of_an_unrated_film_is_empty(client, films, catalog):
    del catalog
    answer = (await client.get(f"/v1/movies/{films[0]}/ratings")).json()
    assert answer == {
        "average": None,
        "count": 0,
        "histogram": {f"{value:.1f}": 0 for value in HALVES},
    }


async def test_average_and_histogram_follow_every_change(new_member, films):
    members = [new_member() for _ in range(3)]
    for member, value in zip(members, (0.5, 4.0, 4.5), strict=True):
        await member.rate(films[0], value)
    await members[0].rate(films[0], 1.0)
    await members[1].unrate(films[0])
    answer = (await members[0].get(f"/v1/movies/{films[0]}/ratings")).json()
    assert (answer["average"], answer["count"]) == (2.75, 2)
    assert {value: n for value, n in answer["histogram"].items() if n} == {"1.0": 1, "4.5": 1}


async def test_two_puts_at_once_by_one_member_leave_one_rating(new_member, films, histograms, sink):
    member = new_member()
    values = [0.5, 2.0, 3.5, 5.0] * 5
    answers = await asyncio.gather(*(member.rate(films[0], value) for value in values))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(201) == 1
    assert set(statuses) == {200, 201}
    by_rows, by_counters = await histograms(1)
    assert by_rows == by_counters
    assert sum(by_rows) == 1
    events = await sink.events(RatingSet)
    assert sorted(event.revision for event in events) == list(range(1, len(events) + 1))
    last = max(events, key=lambda event: event.revision)
    shown = (await member.get(f"/v1/movies/{films[0]}/rating")).json()
    assert last.data.value == shown["value"]


async def test_put_against_delete_ends_in_the_state_of_the_highest_revision(
    new_member, films, histograms, sink
):
    member = new_member()
    actions = [member.rate(films[0], 1 + n % 4) if n % 3 else member.unrate(films[0])
               for n in range(30)]  # fmt: skip
    answers = await asyncio.gather(*actions)
    assert {answer.status_code for answer in answers} <= {200, 201, 204}
    by_rows, by_counters = await histograms(1)
    assert by_rows == by_counters
    events = await sink.events()
    assert sorted(event.revision for event in events) == list(range(1, len(events) + 1))
    last = max(events, key=lambda event: event.revision)
    assert sum(by_rows) == isinstance(last.data, RatingSet)


async def test_many_members_on_one_film_are_counted_exactly(new_member, films, histograms):
    members = [new_member() for _ in range(200)]
    answers = await asyncio.gather(
        *(member.rate(films[0], HALVES[n % 10]) for n, member in enumerate(members))
    )
    assert {answer.status_code for answer in answers} == {201}
    await asyncio.gather(
        *(
            member.unrate(films[0]) if n % 4 == 0 else member.rate(films[0], HALVES[n % 7])
            for n, member in enumerate(members)
        )
    )
    by_rows, by_counters = await histograms(1)
    assert by_rows == by_counters
    assert sum(by_rows) == 150
    summary = (await members[0].get(f"/v1/movies/{films[0]}/ratings")).json()
    assert list(summary["histogram"].values()) == by_rows
    exact = sum(Decimal(step) * n for step, n in enumerate(by_rows, start=1)) / 2 / 150
    assert summary["average"] == float(round(exact, 3))


async def test_own_ratings_are_listed_newest_first(new_member, films, deliver, film):
    member = new_member()
    for slug in films:
        await member.rate(slug, 4)
    await member.rate(films[0], 3)
    await member.unrate(films[1])
    await deliver((film(4), 1))
    seen = []
    path = "/v1/me/ratings?limit=1"
    cursor = ""
    while cursor is not None:
        page = (await member.get(path + (cursor and f"&cursor={cursor}"))).json()
        seen += [(item["movie"]["slug"], item["value"]) for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [("film-1", 3), ("film-3", 4)]
    assert (await new_member().get("/v1/me/ratings")).json() == {"items": [], "next_cursor": None}
