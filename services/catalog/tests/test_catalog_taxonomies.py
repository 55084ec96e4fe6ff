"""Genres, platforms, awards, tags and people as editors write them."""

import asyncio

import pytest

from marquee_catalog.movies import retelling
from marquee_shared.events.catalog import (
    GenreDeleted,
    GenreUpdated,
    MovieUpdated,
    PersonCreated,
    PersonDeleted,
    PersonMerged,
    PersonUpdated,
)
from marquee_shared.jobs import run_job, unfinished_jobs


@pytest.fixture
def editor(authorization):
    return authorization(roles=["editor"], username="eve")


@pytest.fixture
def administrator(authorization):
    return authorization(roles=["administrator"])


@pytest.fixture
def retell(context, service):
    """Run the jobs that tell films anew."""

    async def run():
        for job_id in await unfinished_jobs(context):
            await run_job(context, service.jobs, job_id)

    return run


@pytest.fixture
def post(client, editor):
    async def send(path, **body):
        answer = await client.post(path, json=body, headers=editor)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return send


KINDS = ["genres", "platforms", "awards", "tags"]


@pytest.mark.parametrize("kind", KINDS)
async def test_lives_from_creation_to_destruction(client, editor, administrator, post, kind, sink):
    path = f"/v1/{kind}"
    created = await client.post(path, json={"name": "Néo Noir"}, headers=editor)
    assert created.headers["location"] == f"{path}/neo-noir"
    body = created.json()
    assert (body["slug"], body["film_count"], body["translations"]) == ("neo-noir", 0, {})
    again = await client.post(path, json={"name": "Neo-Noir"}, headers=editor)
    assert (again.status_code, again.json()["code"]) == (409, "slug_taken")
    read = await client.get(f"{path}/neo-noir")
    headers = {**editor, "If-Match": read.headers["etag"]}
    change = {"name": "Neo-Noir", "slug": "new-noir"}
    changed = await client.patch(f"{path}/neo-noir", json=change, headers=headers)
    assert (changed.status_code, changed.json()["name"]) == (200, "Neo-Noir")
    stale = await client.patch(f"{path}/new-noir", json={"name": "X"}, headers=headers)
    assert stale.status_code == 412
    moved = await client.get(f"{path}/neo-noir")
    assert (moved.status_code, moved.headers["location"]) == (308, f"{path}/new-noir")
    found = (await client.get(f"{path}?q=NEO&page=1")).json()
    assert (found["total"], found["items"][0]["slug"]) == (1, "new-noir")
    for _ in range(2):
        assert (await client.delete(f"{path}/new-noir", headers=editor)).status_code == 204
    assert (await client.get(f"{path}/new-noir")).status_code == 404
    restored = await client.post(f"{path}/new-noir/restore", headers=editor)
    assert restored.status_code == 200
    refused = await client.delete(f"{path}/new-noir?hard=true", headers=editor)
    assert refused.status_code == 403
    for _ in range(2):
        gone = await client.delete(f"{path}/new-noir?hard=true", headers=administrator)
        assert gone.status_code == 204
    assert (await client.get(f"{path}/neo-noir")).status_code == 404
    trail = (await client.get(f"{path}/new-noir/audit", headers=editor)).json()["items"]
    assert [entry["action"] for entry in trail] == [
        "destroyed", "restored", "deleted", "updated", "created",
    ]  # fmt: skip
    kinds = [event.type for event in await sink.events()]
    one = kind.removesuffix("s")
    assert kinds == [
        f"catalog.{one}.updated", f"catalog.{one}.updated", f"catalog.{one}.deleted",
        f"catalog.{one}.updated", f"catalog.{one}.deleted",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": None}, {"name": "a\u202eb"}, {"name": "x", "slug": "A"},
             {"name": ["x"]}, {"name": "x", "colour": 1}, []],
)  # fmt: skip
async def test_bad_bodies_are_422_and_strangers_403(client, editor, authorization, kind, body):
    answer = await client.post(f"/v1/{kind}", json=body, headers=editor)
    assert answer.status_code == 422
    stranger = await client.post(f"/v1/{kind}", json={"name": "x"}, headers=authorization())
    assert stranger.status_code == 403


async def test_lists_count_films_and_sort_by_them(client, editor, post):
    for name in ("Alpha", "Beta", "Gamma"):
        await post("/v1/tags", name=name)
    await post("/v1/movies", title="One", tags=["alpha", "beta"])
    await post("/v1/movies", title="Two", tags=["beta"])

    async def counts(query=""):
        items = (await client.get(f"/v1/tags{query}")).json()["items"]
        return [(item["slug"], item["film_count"]) for item in items]

    assert await counts() == [("beta", 2), ("alpha", 1), ("gamma", 0)]
    assert await counts("?sort=name") == [("alpha", 1), ("beta", 2), ("gamma", 0)]
    first = (await client.get("/v1/tags?limit=2")).json()
    second = await client.get(f"/v1/tags?limit=2&cursor={first['next_cursor']}")
    assert [item["slug"] for item in second.json()["items"]] == ["gamma"]
    await client.patch("/v1/movies/one", json={"tags": ["gamma"]}, headers=editor)
    assert await counts() == [("gamma", 1), ("beta", 1), ("alpha", 0)]
    await client.delete("/v1/movies/one", headers=editor)
    assert dict(await counts())["gamma"] == 0
    await client.post("/v1/movies/one/restore", headers=editor)
    assert dict(await counts())["gamma"] == 1
    assert (await client.get("/v1/tags?sort=size")).status_code == 422


async def test_counts_stay_right_under_concurrent_edits(client, editor, post):
    await post("/v1/tags", name="Alpha")
    for number in range(8):
        await post("/v1/movies", title=f"Film {number}")
    await asyncio.gather(
        *(
            client.patch(f"/v1/movies/film-{n}", json={"tags": ["alpha"]}, headers=editor)
            for n in range(8)
        )
    )
    assert (await client.get("/v1/tags/alpha")).json()["film_count"] == 8
    await asyncio.gather(
        *(client.delete(f"/v1/movies/film-{n}", headers=editor) for n in range(5)),
        *(
            client.patch(f"/v1/movies/film-{n}", json={"tags": []}, headers=editor)
            for n in range(5, 7)
        ),
    )
    assert (await client.get("/v1/tags/alpha")).json()["film_count"] == 1


async def test_films_follow_a_genre_that_changes(client, editor, post, retell, sink):
    await post("/v1/genres", name="Drama")
    await post("/v1/genres", name="Tragedy")
    await post("/v1/movies", title="One", genres=["drama"])
    await client.patch("/v1/genres/drama", json={"name": "Serious"}, headers=editor)
    put = await client.put(
        "/v1/genres/drama/translations/de", json={"name": "Ernst"}, headers=editor
    )
    assert put.status_code == 201
    await retell()
    told = (await sink.events(MovieUpdated))[-1].data
    assert [genre.name for genre in told.genres] == ["Serious"]
    german = (await client.get("/v1/movies/one?lang=de")).json()
    assert german["genres"][0]["name"] == "Ernst"
    assert (await sink.events(GenreUpdated))[-1].data.names == {"de": "Ernst"}
    merged = await client.post("/v1/genres/drama/merge", json={"into": "tragedy"}, headers=editor)
    assert merged.json()["film_count"] == 1
    assert (await client.get("/v1/genres/drama")).status_code == 308
    await retell()
    told = (await sink.events(MovieUpdated))[-1].data
    assert [genre.slug for genre in told.genres] == ["tragedy"]
    await client.delete("/v1/genres/tragedy", headers=editor)
    await retell()
    assert (await sink.events(MovieUpdated))[-1].data.genres == []
    assert len(await sink.events(GenreDeleted)) == 2
    gone = await client.delete("/v1/genres/drama/translations/de", headers=editor)
    assert gone.status_code in (308, 404)


async def test_translated_tag_is_found(client, editor, post, retell):
    await post("/v1/tags", name="Robot")
    await post("/v1/movies", title="One", tags=["robot"])
    body = {"name": "Maschinenmensch"}
    await client.put("/v1/tags/robot/translations/de", json=body, headers=editor)
    await retell()
    items = (await client.get("/v1/movies?q=maschinenmensh")).json()["items"]
    assert [item["slug"] for item in items] == ["one"]
    assert (await client.get("/v1/movies/one?lang=de")).json()["tags"][0]["name"] == body["name"]


async def test_people_live_and_their_films_follow(
    client, editor, administrator, post, retell, sink
):
    person = await post("/v1/people", name="Ann Other", birthday="1950-01-01", country="GB")
    assert (person["slug"], person["roles"], person["film_count"]) == ("ann-other", [], 0)
    double = await post("/v1/people", name="Ann Other", biography="Hers.")
    assert double["slug"] == "ann-other-2"
    await post("/v1/movies", title="One", credits=[{"person": "ann-other", "job": "director"}])
    await post("/v1/movies", title="Two", credits=[{"person": "ann-other-2", "job": "actor"}])
    change = {"name": "Ann Another", "slug": "ann-another", "gender": "female"}
    changed = await client.patch("/v1/people/ann-other", json=change, headers=editor)
    assert (changed.status_code, changed.json()["film_count"]) == (200, 1)
    moved = await client.get("/v1/people/ann-other/movies?role=director")
    assert moved.headers["location"] == "/v1/people/ann-another/movies?role=director"
    await retell()
    found = (await client.get("/v1/movies?q=another")).json()["items"]
    assert [item["slug"] for item in found] == ["one"]
    merged = await client.post(
        "/v1/people/ann-other-2/merge", json={"into": "ann-another"}, headers=editor
    )
    assert merged.status_code == 200, merged.text
    assert (merged.json()["film_count"], merged.json()["biography"]) == (2, "Hers.")
    await retell()
    two = (await client.get("/v1/movies/two?include=credits")).json()
    assert two["credits"][0]["person"]["slug"] == "ann-another"
    path = "/v1/people/ann-another/translations/es"
    assert (await client.put(path, json={"biography": "Ella."}, headers=editor)).status_code == 201
    spanish = (await client.get("/v1/people/ann-another?lang=es&include=translations")).json()
    assert (spanish["biography"], spanish["translations"]) == ("Ella.", {"es": "Ella."})
    assert (await client.get("/v1/people/ann-another?lang=fr")).json()["biography"] == "Hers."
    assert (await client.delete(path, headers=editor)).status_code == 204
    await client.delete("/v1/people/ann-another", headers=editor)
    await retell()
    assert (await client.get("/v1/movies/one?include=credits")).json()["credits"] == []
    assert (await client.get("/v1/movies?q=another")).json()["items"] == []
    await client.post("/v1/people/ann-another/restore", headers=editor)
    await retell()
    one = (await client.get("/v1/movies/one")).json()
    assert [person["slug"] for person in one["directors"]] == ["ann-another"]
    refused = await client.delete("/v1/people/ann-another?hard=true", headers=editor)
    assert refused.status_code == 403
    await client.delete("/v1/people/ann-another?hard=true", headers=administrator)
    await retell()
    assert (await client.get("/v1/movies/one")).json()["directors"] == []
    trail = (await client.get("/v1/people/ann-another/audit", headers=editor)).json()["items"]
    assert trail[0]["action"] == "destroyed"
    assert trail[-1]["changes"]["name"]["after"] == "Ann Other"
    assert len(await sink.events(PersonCreated)) == 2
    assert [event.data.into for event in await sink.events(PersonMerged)] == [1]
    assert len(await sink.events(PersonDeleted)) == 3
    assert len(await sink.events(PersonUpdated)) == 5


async def test_prizes_of_people(client, editor, post):
    await post("/v1/awards", name="Palm")
    award = {"slug": "palm", "category": "Life's work", "year": 2001, "won": True}
    person = await post("/v1/people", name="Ann", awards=[award])
    assert [(a["name"], a["won"]) for a in person["awards"]] == [("Palm", True)]
    bad = {"awards": [{**award, "slug": "none"}]}
    answer = await client.patch("/v1/people/ann", json=bad, headers=editor)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/awards/0/slug")
    cleared = await client.patch("/v1/people/ann", json={"awards": []}, headers=editor)
    assert cleared.json()["awards"] == []


@pytest.mark.parametrize(
    "change",
    [{"name": None}, {"name": ""}, {"deathday": "1900-01-01"}, {"country": "gb"}, {"slug": "A"},
     {"birthday": "0001-01-01"}, {"job": "actor"}, {"biography": "\x00"}],
)  # fmt: skip
async def test_bad_edits_of_people_are_422(client, editor, post, sink, change):
    await post("/v1/people", name="Ann", birthday="1950-01-01")
    answer = await client.patch("/v1/people/ann", json=change, headers=editor)
    assert answer.status_code == 422, answer.text
    assert await sink.events(PersonUpdated) == []


def test_the_job_has_its_kind(service):
    assert service.jobs.function(retelling.KIND) is retelling.run_retell
