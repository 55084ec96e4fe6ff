"""Exports: everything held about a member, from all services, for the member alone."""

import asyncio
import io
import zipfile
from datetime import timedelta

import orjson
import pytest

from marquee_identity.exports.tasks import FOLDER, delete_expired_exports
from marquee_shared.auth.revocations import Revocations
from marquee_shared.auth.tokens import JwksCache, TokenVerifier
from marquee_shared.problems import BadGateway, Unavailable
from marquee_shared.rights import EXPORT_SCOPE
from marquee_shared.storage import open_store


class FakePeer:
    """Gives out data sets as a service does."""

    def __init__(self, **datasets):
        self.datasets = datasets
        self.tokens = []
        self.reachable = True

    async def json(self, method, path, *, token):
        assert method == "GET"
        assert path.endswith("/datasets")
        self.tokens.append(token)
        if not self.reachable:
            raise Unavailable
        return 200, list(self.datasets)

    async def lines(self, path, *, token, deadline):
        assert deadline > 0
        self.tokens.append(token)
        for row in self.datasets[path.rpartition("/")[2]]:
            if row is None:
                raise BadGateway
            yield orjson.dumps(row)

    async def close(self):
        pass


@pytest.fixture
async def peers(context):
    fakes = {
        "catalog": FakePeer(jobs=[]),
        "social": FakePeer(ratings=[{"movie": "dune", "value": 4.5}, {"movie": "é", "value": 1}]),
        "recommender": FakePeer(),
    }
    for name, fake in fakes.items():
        await context.peers[name].close()
        context.peers[name] = fake
    return fakes


async def archive_of(client, headers, location):
    state = (await client.get(location, headers=headers)).json()
    assert state["state"] == "succeeded", state
    answer = await client.get(state["download"], headers=headers)
    assert answer.status_code == 200
    return answer, zipfile.ZipFile(io.BytesIO(answer.content))


async def test_an_export_holds_every_dataset_of_every_service(client, sign_up, run_jobs, peers):
    made = await sign_up("ada", first_name="Ada")
    await sign_up("bob")
    asked = await client.post("/v1/me/exports", headers=made["headers"])
    assert asked.status_code == 202
    assert asked.json()["state"] == "queued"
    location = asked.headers["location"]
    await run_jobs()
    answer, archive = await archive_of(client, made["headers"], location)
    assert archive.testzip() is None
    assert answer.headers["content-type"] == "application/zip"
    assert "no-store" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    ratings = orjson.loads(archive.read("social/ratings.json"))
    assert ratings == peers["social"].datasets["ratings"]
    (profile,) = orjson.loads(archive.read("identity/profile.json"))
    assert (profile["username"], profile["email"]) == ("ada", "ada@mail.example")
    assert len(orjson.loads(archive.read("identity/sessions.json"))) == 1
    assert orjson.loads(archive.read("catalog/jobs.json")) == []
    manifest = orjson.loads(archive.read("manifest.json"))
    assert manifest["rows"]["social"] == {"ratings": 2}
    assert "password_hash" not in profile
    state = (await client.get(location, headers=made["headers"])).json()
    assert state["progress"]["done"] == state["progress"]["total"] > 0
    assert state["result"]["bytes"] == len(answer.content)


async def test_services_are_asked_with_a_token_for_this_member_and_nothing_else(
    client, sign_up, run_jobs, peers, context, settings
):
    made = await sign_up("ada")
    await client.post("/v1/me/exports", headers=made["headers"])
    await run_jobs()
    verifier = TokenVerifier(
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        jwks=JwksCache(context.state["identity"].keys.published),
        revocations=Revocations(),
    )
    for token in peers["social"].tokens:
        principal = await verifier.verify(token)
        assert (str(principal.id), principal.kind) == (made["user"]["id"], "service")
        assert (principal.scopes, principal.roles) == ({EXPORT_SCOPE}, frozenset())
        headers = {"Authorization": f"Bearer {token}"}
        assert (await client.get("/v1/me", headers=headers)).status_code == 403


async def test_of_many_asked_for_at_once_one_is_made(client, sign_up, peers):
    made = await sign_up("ada")
    answers = await asyncio.gather(
        *(client.post("/v1/me/exports", headers=made["headers"]) for _ in range(10))
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [202, *[409] * 9]
    assert {a.json().get("code") for a in answers if a.status_code == 409} == {"export_running"}


async def test_another_member_sees_nothing_of_it(client, sign_up, run_jobs, peers):
    made, other = await sign_up("ada"), await sign_up("bob")
    asked = await client.post("/v1/me/exports", headers=made["headers"])
    location = asked.headers["location"]
    await run_jobs()
    for path in (location, f"{location}/archive"):
        answer = await client.get(path, headers=other["headers"])
        assert (answer.status_code, answer.json()["code"]) == (404, "export_not_found")
        assert (await client.get(path)).status_code == 401


async def test_a_member_finds_their_exports_again(client, sign_up, run_jobs, peers):
    made, other = await sign_up("ada"), await sign_up("bob")
    asked = []
    for _ in range(3):
        answer = await client.post("/v1/me/exports", headers=made["headers"])
        asked.append(answer.json()["id"])
        await run_jobs()
    page = (await client.get("/v1/me/exports?limit=2", headers=made["headers"])).json()
    assert [one["id"] for one in page["items"]] == asked[:0:-1]
    assert all(one["download"] for one in page["items"])
    rest = await client.get(
        f"/v1/me/exports?limit=2&cursor={page['next_cursor']}", headers=made["headers"]
    )
    assert [one["id"] for one in rest.json()["items"]] == asked[:1]
    assert rest.json()["next_cursor"] is None
    assert (await client.get("/v1/me/exports", headers=other["headers"])).json()["items"] == []
    assert (await client.get("/v1/me/exports")).status_code == 401


async def test_an_export_is_whole_or_it_waits(client, sign_up, run_jobs, peers, settings):
    made = await sign_up("ada")
    peers["social"].datasets["ratings"].append(None)
    asked = await client.post("/v1/me/exports", headers=made["headers"])
    location = asked.headers["location"]
    await run_jobs()
    state = (await client.get(location, headers=made["headers"])).json()
    assert (state["state"], state["download"]) == ("queued", None)
    folder = settings.data_dir / "files" / FOLDER
    assert list(folder.glob("*.zip")) == []


async def test_an_archive_goes_when_its_time_is_over(
    client, sign_up, run_jobs, peers, context, settings
):
    made = await sign_up("ada")
    object.__setattr__(settings, "export_lifetime", timedelta(seconds=-1))
    asked = await client.post("/v1/me/exports", headers=made["headers"])
    await run_jobs()
    folder = settings.data_dir / "files" / FOLDER
    assert len(list(folder.glob("*.zip"))) == 1
    path = f"{asked.headers['location']}/archive"
    assert (await client.get(path, headers=made["headers"])).status_code == 404
    await delete_expired_exports(context)
    assert list(folder.glob("*.zip")) == []
    await delete_expired_exports(context)
    assert open_store(settings, FOLDER) is not None
