import asyncio

import pytest
from sqlalchemy import text

from marquee_shared.events.catalog import (
    MovieCreated,
    MovieDeleted,
    MovieRatingChanged,
    MovieUpdated,
)
from marquee_shared.events.social import MovieRatingsChanged


@pytest.fixture
def editor(authorization):
    return authorization(roles=["editor"])


async def create(client, editor, **fields):
    answer = await client.post("/v1/movies", json={"title": "Heat", **fields}, headers=editor)
    assert answer.status_code == 201, answer.text
    return answer


async def test_created_film_can_be_read_found_and_is_told(client, editor, sink):
    answer = await create(client, editor, release_date="1995-12-15", runtime=170)
    assert answer.headers["location"] == "/v1/movies/heat-1995"
    assert answer.headers["cache-purge"] == "movie:1,movies"
    assert answer.json()["year"] == 1995
    assert (await client.get("/v1/movies?q=heta")).json()["items"][0]["slug"] == "heat-1995"
    (event,) = await sink.events(MovieCreated)
    assert (event.revision, event.data.title, event.data.runtime) == (1, "Heat", 170)
    assert answer.headers["marquee-events"] == str(event.id)


async def test_prizes_a_film_won_are_counted_in_what_is_told(client, editor, sink):
    await client.post("/v1/awards", json={"name": "Palm"}, headers=editor)
    awards = [
        {"slug": "palm", "category": category, "year": 1995, "won": category != "Sound"}
        for category in ("Film", "Script", "Sound")
    ]
    await create(client, editor, awards=awards)
    (event,) = await sink.events(MovieCreated)
    assert event.data.awards_won == 2


async def test_homonyms_get_slugs_of_their_own_also_at_once(client, editor):
    answers = await asyncio.gather(*(create(client, editor, year=1995) for _ in range(6)))
    slugs = {answer.json()["slug"] for answer in answers}
    assert slugs == {"heat-1995", *(f"heat-1995-{n}" for n in range(2, 7))}


async def test_edit_changes_what_was_given_and_tells_the_whole_film(
    client, editor, sink, run_import, dataset
):
    await run_import(source="movielens", path=str(dataset()))
    change = {"synopsis": "A hacker wakes up.", "genres": ["drama", "sci-fi"], "tags": ["pixar"],
              "external_ids": {"tmdb": None, "imdb": "0133093"}}  # fmt: skip
    answer = await client.patch("/v1/movies/the-matrix-1999", json=change, headers=editor)
    assert answer.status_code == 200, answer.text
    film = answer.json()
    assert [genre["slug"] for genre in film["genres"]] == ["drama", "sci-fi"]
    assert [tag["slug"] for tag in film["tags"]] == ["pixar"]
    assert film["external_ids"] == {"imdb": "tt0133093", "tmdb": None, "movielens": "2"}
    assert film["title"] == "The Matrix"
    event = (await sink.events(MovieUpdated))[-1]
    assert event.revision == 2
    assert event.data.synopsis == "A hacker wakes up."
    assert [genre.slug for genre in event.data.genres] == ["drama", "sci-fi"]
    found = (await client.get("/v1/movies?q=pixar")).json()["items"]
    assert "the-matrix-1999" in {item["slug"] for item in found}


async def test_of_edits_of_one_version_exactly_one_wins(client, editor, sink):
    await create(client, editor)
    etag = (await client.get("/v1/movies/heat")).headers["etag"]
    answers = await asyncio.gather(*(
        client.patch("/v1/movies/heat", json={"tagline": f"tagline {n}"},
                     headers={**editor, "If-Match": etag})
        for n in range(8)
    ))  # fmt: skip
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [412] * 7
    assert len(await sink.events(MovieUpdated)) == 1


async def test_a_new_average_does_not_refuse_an_edit(client, editor, deliver):
    await create(client, editor)
    etag = (await client.get("/v1/movies/heat")).headers["etag"]
    await deliver((ratings(1, 4.0, 3), 7))
    answer = await client.patch(
        "/v1/movies/heat", json={"runtime": 170}, headers={**editor, "If-Match": etag}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"title": None}, {"title": ""}, {"runtime": 0}, {"genres": ["no-such"]}, {"year": 3000},
        {"languages": ["english"]}, {"credits": [{"person": "nobody", "job": "actor"}]},
        {"colour": "red"}, {"external_ids": {"imdb": "x"}}, {"awards": [{"slug": "x"}]},
    ],
)  # fmt: skip
async def test_bad_edits_are_422_and_change_nothing(client, editor, sink, change):
    await create(client, editor)
    answer = await client.patch("/v1/movies/heat", json=change, headers=editor)
    assert answer.status_code == 422, answer.text
    assert await sink.events(MovieUpdated) == []


async def test_foreign_id_of_another_film_is_409(client, editor):
    await create(client, editor, external_ids={"imdb": "0113277"})
    body = {"title": "Heat", "external_ids": {"imdb": "tt0113277"}}
    answer = await client.post("/v1/movies", json=body, headers=editor)
    assert (answer.status_code, answer.json()["code"]) == (409, "external_id_taken")
    assert answer.json()["errors"][0]["pointer"] == "/external_ids/imdb"


async def test_only_editors_write(client, authorization):
    body = {"title": "Heat"}
    assert (await client.post("/v1/movies", json=body)).status_code == 401
    member = await client.post("/v1/movies", json=body, headers=authorization())
    assert member.status_code == 403
    admin = authorization(roles=["administrator"])
    assert (await client.post("/v1/movies", json=body, headers=admin)).status_code == 201


async def test_deleted_film_is_gone_told_and_can_come_back(client, editor, sink):
    await create(client, editor)
    assert (await client.delete("/v1/movies/heat", headers=editor)).status_code == 204
    assert (await client.delete("/v1/movies/heat", headers=editor)).status_code == 204
    assert (await client.get("/v1/movies/heat")).status_code == 404
    assert (await client.get("/v1/movies")).json()["items"] == []
    (gone,) = await sink.events(MovieDeleted)
    assert gone.revision == 2
    restored = await client.post("/v1/movies/heat/restore", headers=editor)
    assert restored.status_code == 200
    assert (await sink.events(MovieUpdated))[-1].revision == 3
    assert (await client.get("/v1/movies/heat")).status_code == 200
    missing = await client.delete("/v1/movies/never", headers=editor)
    assert missing.status_code == 404


async def test_slug_of_a_deleted_film_is_free_and_stays_with_who_took_it(client, editor):
    await create(client, editor)
    await client.delete("/v1/movies/heat", headers=editor)
    second = await create(client, editor)
    assert second.json()["slug"] == "heat"
    back = await client.post("/v1/movies/heat/restore", headers=editor)
    assert back.json()["id"] == second.json()["id"]


def ratings(movie_id, average, count):
    return MovieRatingsChanged(movie_id=movie_id, count=count, average=average, histogram=[0] * 10)


async def test_averages_follow_the_newest_event_only(client, editor, deliver, sink):
    await create(client, editor)
    await deliver((ratings(1, 3.0, 1), 1), (ratings(1, 4.0, 2), 2))
    await deliver((ratings(1, 1.0, 9), 1))
    film = (await client.get("/v1/movies/heat")).json()
    assert film["rating"] == {"average": 4.0, "count": 2}
    await deliver((ratings(1, None, 0), 3), (ratings(99, 4.0, 1), 1))
    film = (await client.get("/v1/movies/heat")).json()
    assert film["rating"] == {"average": None, "count": 0}
    told = await sink.events(MovieRatingChanged)
    assert [(event.data.average, event.revision) for event in told] == [(4.0, 2), (None, 3)]


async def test_republish_tells_every_film_at_its_revision(client, editor, context, service, sink):
    await create(client, editor)
    await create(client, editor, year=2000)
    await client.delete("/v1/movies/heat", headers=editor)
    async with context.database.transaction() as session:
        await session.execute(text("DELETE FROM outbox"))
    assert await service.republish(context) == 2
    events = await sink.events()
    assert {(event.type, event.subject, event.revision) for event in events} == {
        ("catalog.movie.deleted", "movie:1", 2), ("catalog.movie.updated", "movie:2", 1),
    }  # fmt: skip
