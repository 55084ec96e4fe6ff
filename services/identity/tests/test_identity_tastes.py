"""Taste, boarding and followed people: checked against the catalog, told to the recommender."""

import asyncio
from urllib.parse import unquote

import pytest

from marquee_identity.app import SERVICE
from marquee_shared.events.identity import MemberOnboarded, PeopleFollowed, TasteChanged
from marquee_shared.problems import Unavailable

KNOWN = {
    "/v1/genres/drama": {"id": 1, "slug": "drama", "name": "Drama"},
    "/v1/genres/comedy": {"id": 2, "slug": "comedy", "name": "Comedy"},
    "/v1/platforms/netflix": {"id": 1, "slug": "netflix", "name": "Netflix"},
    "/v1/people/agnes-varda": {"id": 7, "slug": "agnes-varda", "name": "Agnès Varda"},
    "/v1/people/ada-one": {"id": 8, "slug": "ada-one", "name": "Ada One"},
    "/v1/movies/dune": {"id": 42, "slug": "dune", "title": "Dune"},
    "/v1/movies/heat": {"id": 43, "slug": "heat", "title": "Heat"},
}
TASTE = {
    "genres": ["drama", "comedy"],
    "platforms": ["netflix"],
    "people": ["agnes-varda"],
    "country": "FR",
}


class FakeCatalog:
    """Knows a few things by slug."""

    reachable = True

    async def get(self, path, model):
        if not self.reachable:
            raise Unavailable
        found = KNOWN.get(unquote(path))
        return model.model_validate(found) if found else None

    async def close(self):
        pass


@pytest.fixture(autouse=True)
async def catalog(app):
    peers = app.state.context.peers
    await peers["catalog"].close()
    peers["catalog"] = FakeCatalog()
    return peers["catalog"]


@pytest.fixture
async def verified(client, sign_up, mailed_code):
    """Someone whose address is confirmed, signed in anew so that their token says so."""
    made = await sign_up("ada")
    answer = await client.post(
        "/v1/auth/verify-email", json={"code": await mailed_code()}, headers=made["headers"]
    )
    assert answer.status_code == 200
    renewed = await client.post("/v1/auth/refresh", json={"refresh_token": made["refresh_token"]})
    token = renewed.json()["access_token"]
    return {**made, "headers": {"Authorization": f"Bearer {token}"}}


async def test_a_taste_is_kept_whole_and_told_with_a_rising_revision(client, sign_up, sink):
    made = await sign_up("ada")
    empty = (await client.get("/v1/me/taste", headers=made["headers"])).json()
    assert empty == {"genres": [], "platforms": [], "people": [], "country": None}
    put = await client.put("/v1/me/taste", json=TASTE, headers=made["headers"])
    assert (put.status_code, put.json()) == (200, TASTE)
    await client.put("/v1/me/taste", json={"genres": ["drama"] * 2}, headers=made["headers"])
    now = (await client.get("/v1/me/taste", headers=made["headers"])).json()
    assert now == {"genres": ["drama"], "platforms": [], "people": [], "country": None}
    first, second = await sink.events(TasteChanged)
    assert first.data.model_dump(exclude={"user_id"}) == TASTE
    assert (first.revision, second.revision, second.data.genres) == (1, 2, ["drama"])


async def test_the_tastes_country_is_the_profiles(client, sign_up):
    made = await sign_up("ada")
    await client.put("/v1/me/taste", json=TASTE, headers=made["headers"])
    assert (await client.get("/v1/me", headers=made["headers"])).json()["country"] == "FR"


async def test_what_the_catalog_does_not_know_is_named(client, sign_up, sink):
    made = await sign_up("ada")
    body = {"genres": ["drama", "nothing"], "platforms": ["vhs"], "people": ["nobody"]}
    answer = await client.put("/v1/me/taste", json=body, headers=made["headers"])
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_slugs")
    named = {(error["pointer"], error["code"]) for error in answer.json()["errors"]}
    assert named == {
        ("/genres/1", "unknown_genre"),
        ("/platforms/0", "unknown_platform"),
        ("/people/0", "unknown_person"),
    }
    assert await sink.events(TasteChanged) == []


@pytest.mark.parametrize(
    "body",
    [
        {"genres": "drama"}, {"genres": [["drama"]]}, {"genres": ["../people"]},
        {"genres": ["a/b"]}, {"genres": ["drama\x00"]}, {"genres": ["x"] * 31},
        {"country": "FRA"}, {"user_id": "x"}, [], None,
    ],
)  # fmt: skip
async def test_a_malformed_taste_is_422(client, sign_up, body):
    made = await sign_up("ada")
    answer = await client.put("/v1/me/taste", json=body, headers=made["headers"])
    assert answer.status_code == 422


async def test_without_the_catalog_nothing_is_taken_on_trust(client, sign_up, catalog, sink):
    made = await sign_up("ada")
    catalog.reachable = False
    answer = await client.put("/v1/me/taste", json=TASTE, headers=made["headers"])
    assert answer.status_code == 503
    assert await sink.events(TasteChanged) == []


async def test_boarding_is_one_fact_with_taste_and_ratings(client, verified, sink):
    ratings = [{"movie": "dune", "value": 4.5}, {"movie": "heat", "value": 2}]
    answer = await client.post(
        "/v1/me/onboarding", json={**TASTE, "ratings": ratings}, headers=verified["headers"]
    )
    assert (answer.status_code, answer.json()["boarded"]) == (200, True)
    (told,) = await sink.events(MemberOnboarded)
    assert [(r.movie_id, r.value) for r in told.data.ratings] == [(42, 4.5), (43, 2.0)]
    assert len(await sink.events(TasteChanged)) == 1
    renewed = await client.post(
        "/v1/auth/login", json={"login": "ada", "password": "gannet-orbit-71-lanterns"}
    )
    assert renewed.json()["user"]["boarded"] is True


async def test_boarding_with_ratings_needs_a_verified_address(client, sign_up, sink):
    made = await sign_up("ada")
    body = {"ratings": [{"movie": "dune", "value": 4.5}]}
    answer = await client.post("/v1/me/onboarding", json=body, headers=made["headers"])
    assert (answer.status_code, answer.json()["code"]) == (403, "email_not_verified")
    assert await sink.events(MemberOnboarded) == []
    without = await client.post("/v1/me/onboarding", json=TASTE, headers=made["headers"])
    assert without.status_code == 200


@pytest.mark.parametrize("value", [0, 5.5, 4.3, "good", None, 1e400, True])
async def test_a_wrong_rating_boards_nobody(client, verified, value, sink):
    content = f'{{"ratings": [{{"movie": "dune", "value": {str(value).lower()}}}]}}'
    headers = {**verified["headers"], "Content-Type": "application/json"}
    answer = await client.post("/v1/me/onboarding", content=content, headers=headers)
    assert answer.status_code in (400, 422)
    assert await sink.events(MemberOnboarded) == []


async def test_an_unknown_film_is_named(client, verified):
    body = {"ratings": [{"movie": "dune", "value": 4}, {"movie": "lost", "value": 4}]}
    answer = await client.post("/v1/me/onboarding", json=body, headers=verified["headers"])
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/ratings/1/movie", "unknown_movie")


async def test_following_is_idempotent_and_told_whole(client, sign_up, sink):
    made = await sign_up("ada")
    path = "/v1/me/following/people/agnes-varda"
    statuses = [(await client.put(path, headers=made["headers"])).status_code for _ in "ab"]
    assert statuses == [201, 200]
    await client.put("/v1/me/following/people/ada-one", headers=made["headers"])
    listed = (await client.get("/v1/me/following/people", headers=made["headers"])).json()
    assert [item["slug"] for item in listed["items"]] == ["ada-one", "agnes-varda"]
    first = (await client.get("/v1/me/following/people?limit=1", headers=made["headers"])).json()
    cursor = first["next_cursor"]
    rest = await client.get(
        f"/v1/me/following/people?cursor={cursor}&limit=1", headers=made["headers"]
    )
    assert [item["slug"] for item in rest.json()["items"]] == ["agnes-varda"]
    assert rest.json()["next_cursor"] is None
    for _ in "ab":
        assert (await client.delete(path, headers=made["headers"])).status_code == 204
    told = await sink.events(PeopleFollowed)
    people = [event.data.people for event in told]
    assert people == [["agnes-varda"], ["agnes-varda", "ada-one"], ["ada-one"]]
    assert [event.revision for event in told] == [1, 2, 3]


async def test_nobody_unknown_is_followed(client, sign_up):
    made = await sign_up("ada")
    answer = await client.put("/v1/me/following/people/nobody", headers=made["headers"])
    assert (answer.status_code, answer.json()["code"]) == (404, "person_not_found")


async def test_two_followed_at_once_are_both_told_in_the_end(client, sign_up, sink):
    made = await sign_up("ada")
    await asyncio.gather(
        *(
            client.put(f"/v1/me/following/people/{slug}", headers=made["headers"])
            for slug in ("agnes-varda", "ada-one")
        )
    )
    last = max(await sink.events(PeopleFollowed), key=lambda event: event.revision)
    assert last.data.people == ["agnes-varda", "ada-one"]
    assert last.revision == 2


async def test_tastes_are_told_anew(client, sign_up, context, sink):
    made = await sign_up("ada")
    await sign_up("bob")
    await client.put("/v1/me/taste", json=TASTE, headers=made["headers"])
    await client.put("/v1/me/following/people/ada-one", headers=made["headers"])
    before = len(await sink.raw())
    assert await SERVICE.republish(context) == 4
    told = (await sink.events())[before:]
    assert [type(e.data).__name__ for e in told[2:]] == ["TasteChanged", "PeopleFollowed"]
    assert told[2].data.country == "FR"
    assert [e.revision for e in told[2:]] == [1, 1]


async def test_the_language_is_chosen_and_answers_follow(client, sign_up):
    made = await sign_up("ada")
    answer = await client.put("/v1/me/language", json={"language": "fr"}, headers=made["headers"])
    assert (answer.status_code, answer.json()) == (200, {"language": "fr"})
    assert (await client.get("/v1/me/language", headers=made["headers"])).json() == answer.json()
    for wrong in ("xx", "", None, 7):
        body = {"language": wrong}
        refused = await client.put("/v1/me/language", json=body, headers=made["headers"])
        assert refused.status_code == 422
