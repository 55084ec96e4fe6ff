"""Renames, merges, deletions for good, translations and the audit trail of films."""

import asyncio

import pytest

from marquee_shared.events.catalog import MovieDeleted, MovieMerged, MovieUpdated


@pytest.fixture
def editor(authorization):
    return authorization(roles=["editor"], username="eve")


@pytest.fixture
def administrator(authorization):
    return authorization(roles=["administrator"], username="ada")


@pytest.fixture
def create(client, editor):
    async def make(title="Heat", **fields):
        answer = await client.post("/v1/movies", json={"title": title, **fields}, headers=editor)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


async def test_renamed_film_is_found_under_its_former_slugs(client, editor, create):
    await create()
    for slug in ("heat-la", "heat-1995"):
        old = {"heat-la": "heat", "heat-1995": "heat-la"}[slug]
        answer = await client.patch(f"/v1/movies/{old}", json={"slug": slug}, headers=editor)
        assert (answer.status_code, answer.json()["slug"]) == (200, slug)
    for former in ("heat", "heat-la"):
        moved = await client.get(f"/v1/movies/{former}?include=credits&lang=de")
        assert moved.status_code == 308
        assert moved.headers["location"] == "/v1/movies/heat-1995?include=credits&lang=de"
        assert moved.json()["code"] == "moved"
    write = await client.patch("/v1/movies/heat", json={"runtime": 1}, headers=editor)
    assert (write.status_code, write.headers["location"]) == (308, "/v1/movies/heat-1995")
    again = await create()
    assert again["slug"] == "heat-2"  # a former slug is nobody else's


@pytest.mark.parametrize("slug", ["lookup", "other"])
async def test_slug_of_another_or_of_the_api_is_409(client, editor, create, slug):
    await create()
    await create("Other")
    answer = await client.patch("/v1/movies/heat", json={"slug": slug}, headers=editor)
    assert (answer.status_code, answer.json()["code"]) == (409, "slug_taken")


@pytest.mark.parametrize("slug", ["", "Heat", "a b", "a--b", "-a", None, "x" * 121])
async def test_bad_slugs_are_422(client, editor, create, slug):
    await create()
    answer = await client.patch("/v1/movies/heat", json={"slug": slug}, headers=editor)
    assert answer.status_code == 422


async def test_double_becomes_part_of_the_other(client, editor, create, sink):
    first = await create(synopsis="Cops.", external_ids={"imdb": "1"}, languages=["en"])
    double = await create("Heat!", runtime=170, external_ids={"tmdb": "949"}, synopsis="Other.")
    assert double["slug"] == "heat-2"
    await client.put(
        "/v1/movies/heat-2/translations/es", json={"title": "Fuego contra fuego"}, headers=editor
    )
    answer = await client.post("/v1/movies/heat-2/merge", json={"into": "heat"}, headers=editor)
    assert answer.status_code == 200, answer.text
    film = answer.json()
    assert (film["id"], film["synopsis"], film["runtime"]) == (first["id"], "Cops.", 170)
    assert film["external_ids"] == {"imdb": "tt0000001", "tmdb": "949", "movielens": None}
    assert set(answer.headers["cache-purge"].split(",")) == {"movie:1", "movie:2", "movies"}
    moved = await client.get("/v1/movies/heat-2")
    assert (moved.status_code, moved.headers["location"]) == (308, "/v1/movies/heat")
    found = (await client.get("/v1/movies?q=fuego")).json()["items"]
    assert [item["slug"] for item in found] == ["heat"]
    assert (await client.get("/v1/movies/lookup?tmdb=949")).json()["id"] == first["id"]
    (merged,) = await sink.events(MovieMerged)
    assert (merged.data.id, merged.data.into, merged.subject) == (2, 1, "movie:2")
    (gone,) = await sink.events(MovieDeleted)
    assert gone.revision == merged.revision
    again = await client.post("/v1/movies/heat-2/merge", json={"into": "heat"}, headers=editor)
    assert again.status_code == 200
    assert len(await sink.events(MovieMerged)) == 1
    back = await client.post("/v1/movies/heat-2/restore", headers=editor)
    assert back.status_code in (308, 409)


@pytest.mark.parametrize(("into", "status"), [("heat", 422), ("nothing", 422), ("", 422)])
async def test_merging_into_itself_or_nothing_is_422(client, editor, create, into, status):
    await create()
    answer = await client.post("/v1/movies/heat/merge", json={"into": into}, headers=editor)
    assert answer.status_code == status
    missing = await client.post("/v1/movies/none/merge", json={"into": "heat"}, headers=editor)
    assert missing.status_code == 404


async def test_merges_both_ways_at_once_leave_one_film(client, editor, create, sink):
    for _ in range(2):
        await create()
    answers = await asyncio.gather(
        *(
            client.post(f"/v1/movies/{gone}/merge", json={"into": into}, headers=editor)
            for gone, into in [("heat", "heat-2"), ("heat-2", "heat")] * 4
        )
    )
    assert {answer.status_code for answer in answers} <= {200, 422, 308}
    assert len(await sink.events(MovieMerged)) == 1
    (left,) = (await client.get("/v1/movies")).json()["items"]
    other = {"heat": "heat-2", "heat-2": "heat"}[left["slug"]]
    moved = await client.get(f"/v1/movies/{other}")
    assert moved.headers["location"] == f"/v1/movies/{left['slug']}"


async def test_edits_and_merges_with_one_version_let_one_pass(client, editor, create):
    await create()
    await create()
    etag = (await client.get("/v1/movies/heat-2")).headers["etag"]
    headers = {**editor, "If-Match": etag}
    answers = await asyncio.gather(
        client.post("/v1/movies/heat-2/merge", json={"into": "heat"}, headers=headers),
        *(
            client.patch("/v1/movies/heat-2", json={"tagline": f"{n}"}, headers=headers)
            for n in range(6)
        ),
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 200
    assert set(statuses[1:]) <= {308, 412}


async def test_deletion_for_good_is_for_administrators_and_leaves_nothing(
    client, editor, administrator, create, sink
):
    await create(external_ids={"imdb": "1"})
    refused = await client.delete("/v1/movies/heat?hard=true", headers=editor)
    assert refused.status_code == 403
    for _ in range(2):
        answer = await client.delete("/v1/movies/heat?hard=true", headers=administrator)
        assert answer.status_code == 204
    (gone,) = await sink.events(MovieDeleted)
    assert (gone.revision, gone.data.hard) == (2, True)
    assert (await client.post("/v1/movies/heat/restore", headers=editor)).status_code == 404
    fresh = await create(external_ids={"imdb": "1"})
    assert (fresh["slug"], fresh["id"]) == ("heat", 2)
    trail = (await client.get("/v1/movies/heat/audit", headers=editor)).json()["items"]
    assert [entry["action"] for entry in trail] == ["created"]


async def test_translations_are_shown_found_told_and_fall_back(client, editor, create, sink):
    await create(synopsis="Cops and robbers.")
    path = "/v1/movies/heat/translations/de"
    created = await client.put(path, json={"title": "Hitze"}, headers=editor)
    assert (created.status_code, created.json()) == (
        201, {"title": "Hitze", "synopsis": None, "cover_url": None},
    )  # fmt: skip
    changed = await client.put(path, json={"synopsis": "Räuber."}, headers=editor)
    assert (changed.status_code, changed.json()["title"]) == (200, "Hitze")
    german = (await client.get("/v1/movies/heat?lang=de")).json()
    assert (german["title"], german["synopsis"]) == ("Hitze", "Räuber.")
    french = (await client.get("/v1/movies/heat?lang=fr")).json()
    assert (french["title"], french["synopsis"]) == ("Heat", "Cops and robbers.")
    for word in ("hitze", "hitz", "rauber", "robbers"):
        items = (await client.get(f"/v1/movies?q={word}")).json()["items"]
        assert [item["slug"] for item in items] == ["heat"], word
    assert (await sink.events(MovieUpdated))[-1].data.titles == {"de": "Hitze"}
    for _ in range(2):
        assert (await client.delete(path, headers=editor)).status_code == 204
    assert (await client.get("/v1/movies?q=hitze")).json()["items"] == []
    bad = await client.put("/v1/movies/heat/translations/german", json={}, headers=editor)
    assert bad.status_code == 422
    stale = await client.put(path, json={}, headers={**editor, "If-Match": '"1-x"'})
    assert stale.status_code == 412


async def test_audit_tells_who_changed_what(client, editor, authorization, create):
    await create(genres=[])
    await client.patch("/v1/movies/heat", json={"tagline": "Hot"}, headers=editor)
    await client.put("/v1/movies/heat/translations/es", json={"title": "Fuego"}, headers=editor)
    await client.delete("/v1/movies/heat", headers=editor)
    page = await client.get("/v1/movies/heat/audit?limit=3", headers=editor)
    entries = page.json()["items"]
    assert [entry["action"] for entry in entries] == ["deleted", "updated", "updated"]
    assert entries[2]["changes"] == {"tagline": {"before": None, "after": "Hot"}}
    assert list(entries[1]["changes"]) == ["translations"]
    assert {entry["actor"] for entry in entries} == {"eve"}
    rest = await client.get(
        f"/v1/movies/heat/audit?cursor={page.json()['next_cursor']}", headers=editor
    )
    (first,) = rest.json()["items"]
    assert first["changes"]["title"] == {"before": None, "after": "Heat"}
    assert (await client.get("/v1/movies/heat/audit", headers=authorization())).status_code == 403
    assert (await client.get("/v1/movies/heat/audit")).status_code == 401


async def test_what_an_editor_decided_does_not_come_back(
    client, editor, administrator, run_import, dataset
):
    """A genre, tag, id or date that was taken away, and things that were deleted or merged."""
    await run_import(source="movielens", path=str(dataset()))
    change = {"genres": ["sci-fi"], "tags": [], "year": None}
    answer = await client.patch("/v1/movies/the-matrix-1999", json=change, headers=editor)
    assert answer.status_code == 200
    await client.delete("/v1/genres/fantasy", headers=editor)
    await client.post("/v1/genres/mystery/merge", json={"into": "thriller"}, headers=editor)
    await client.delete("/v1/movies/hamlet-2000", headers=editor)
    await run_import(source="movielens", path=str(dataset()))
    film = (await client.get("/v1/movies/the-matrix-1999")).json()
    assert [genre["slug"] for genre in film["genres"]] == ["sci-fi"]
    assert (film["tags"], film["year"]) == ([], None)
    slugs = [item["slug"] for item in (await client.get("/v1/genres?limit=100")).json()["items"]]
    assert "fantasy" not in slugs
    assert "mystery" not in slugs
    assert (await client.get("/v1/movies/hamlet-2000")).status_code == 404
    seven = (await client.get("/v1/movies/seven-1995")).json()
    assert [genre["slug"] for genre in seven["genres"]] == ["thriller"]
    untouched = (await client.get("/v1/movies/toy-story-1995")).json()
    assert len(untouched["genres"]) == 4


async def test_similar_never_fails_the_page(client, create, app):
    await create()

    class Recommender:
        answer = None

        async def get(self, path, model, **_options):
            if self.answer is None:
                from marquee_shared.problems import Unavailable

                raise Unavailable
            return model.model_validate(self.answer)

        async def close(self):
            pass

    await app.state.context.peers["recommender"].close()
    peer = app.state.context.peers["recommender"] = Recommender()
    down = await client.get("/v1/movies/heat?include=similar,credits")
    assert (down.status_code, down.json()["similar"], down.json()["credits"]) == (200, [], [])
    card = {"id": 2, "slug": "x", "title": "X", "year": None, "cover_url": None, "genres": []}
    peer.answer = {"items": [{"movie": card, "score": 0.5}]}
    up = await client.get("/v1/movies/heat?include=similar")
    assert up.json()["similar"] == [card]
    assert "recommendations" in up.headers["cache-tag"]
    assert "similar" not in (await client.get("/v1/movies/heat")).json()
