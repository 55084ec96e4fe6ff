"""A member's life with Marquee, from signing up to leaving, through the one public door."""

import io
import json
import zipfile
from dataclasses import replace

import asyncpg
from steps import eventually

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
SOON = 5
"""Seconds within which an ended session is refused everywhere."""


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


async def sign_in(member, password=None):
    """Return the same member on another device."""
    body = {"login": member.username, "password": password or member.password}
    answer = await member.http.post("/v1/auth/login", json=body)
    assert answer.status_code == 200, answer.text
    return replace(member, tokens=answer.json())


async def refused(member, path="/v1/me/ratings"):
    async def is_refused():
        return (await member.get(path)).status_code == 401

    await eventually(is_refused, seconds=SOON, what="the end of a session")


async def films(http, count):
    answer = await http.get("/v1/movies", params={"sort": "popularity", "limit": count})
    return [item["slug"] for item in answer.json()["items"]]


async def board(member, ratings):
    body = {"genres": ["drama"], "ratings": ratings}
    answer = await member.post("/v1/me/onboarding", json=body)
    assert answer.status_code < 300, answer.text

    async def rated():
        items = (await member.get("/v1/me/ratings")).json()["items"]
        return {item["movie"]["slug"]: item["value"] for item in items} == {
            rating["movie"]: rating["value"] for rating in ratings
        }

    await eventually(rated, what="the ratings given while boarding")


async def use_personal_tokens(member, slug):
    tokens = {}
    for scope in ("read", "write"):
        body = {"name": f"a program that may {scope}", "scopes": [scope]}
        made = await member.post("/v1/me/tokens", json=body)
        assert made.status_code == 201, made.text
        tokens[scope] = bearer(made.json()["token"])
    http, path = member.http, f"/v1/movies/{slug}/rating"
    assert (await http.get("/v1/me/ratings", headers=tokens["read"])).status_code == 200
    for scope, status in (("read", 403), ("write", 201)):
        rated = await http.put(path, json={"value": 3.5}, headers=tokens[scope])
        assert rated.status_code == status, rated.text
    assert (await http.get("/v1/me/sessions", headers=tokens["read"])).status_code == 403


async def sign_a_tv_in(member):
    """Return the headers of a TV that the member let in."""
    http = member.http
    made = await member.post("/v1/me/applications", json={"name": "Marquee TV"})
    assert made.status_code == 201, made.text
    client_id = made.json()["id"]
    asked = {"client_id": client_id, "scope": "read"}
    begun = (await http.post("/v1/oauth/device_authorization", data=asked)).json()
    poll = {
        "grant_type": DEVICE_GRANT,
        "client_id": client_id,
        "device_code": begun["device_code"],
    }
    waiting = await http.post("/v1/oauth/token", data=poll)
    assert (waiting.status_code, waiting.json()["error"]) == (400, "authorization_pending")
    shown = await member.get("/v1/oauth/device", params={"user_code": begun["user_code"]})
    assert shown.json()["application"]["name"] == "Marquee TV", shown.text
    answer = {"user_code": begun["user_code"], "approve": True}
    assert (await member.post("/v1/oauth/device", json=answer)).status_code == 204
    tokens = await http.post("/v1/oauth/token", data=poll)
    assert tokens.status_code == 200, tokens.text
    headers = bearer(tokens.json()["access_token"])
    assert (await http.get("/v1/me/ratings", headers=headers)).status_code == 200
    written = await http.delete("/v1/movies/nothing/rating", headers=headers)
    assert written.json()["code"] == "insufficient_scope"
    return headers


async def exported(member):
    """Return what is in the archive of everything held about a member."""
    asked = await member.post("/v1/me/exports")
    assert asked.status_code == 202, asked.text

    async def done():
        export = (await member.get(asked.headers["location"])).json()
        assert export["state"] != "failed", export
        return export if export["state"] == "succeeded" else None

    export = await eventually(done, seconds=60, what="the export")
    archive = await member.get(export["download"])
    assert archive.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(archive.content)) as packed:
        return {name: json.loads(packed.read(name)) for name in packed.namelist()}


async def test_an_account_from_signing_up_to_coming_back(http, sign_up):
    member = await sign_up()  # reads the mail and gives its code
    first, second, third = await films(http, 3)
    ratings = [{"movie": first, "value": 5.0}, {"movie": second, "value": 1.5}]
    await board(member, ratings)
    body = {"refresh_token": member.tokens["refresh_token"]}
    member.tokens = (await http.post("/v1/auth/refresh", json=body)).json()
    assert member.tokens["user"]["verified"] is True
    assert member.tokens["user"]["boarded"] is True

    elsewhere = await sign_in(member)
    assert (await member.get("/v1/me/ratings")).status_code == 200
    changed = {"current_password": member.password, "new_password": "seven other lanterns 1931"}
    assert (await elsewhere.put("/v1/me/password", json=changed)).status_code == 204
    await refused(member)
    member = replace(elsewhere, password=changed["new_password"])

    await use_personal_tokens(member, third)
    tv = await sign_a_tv_in(member)

    held = await exported(member)
    rated = {row["value"] for row in held["social/ratings.json"]}
    assert len(held["social/ratings.json"]) == 3
    assert rated >= {3.5}
    assert held["identity/profile.json"][0]["username"] == member.username

    left = await member.delete("/v1/me")
    assert left.status_code == 204
    await refused(member)
    assert (await http.get("/v1/me/ratings", headers=tv)).status_code == 401
    receipt = left.headers["location"]
    assert (await http.get(receipt)).json()["state"] == "waiting"
    back = await sign_in(member)
    assert (await http.get(receipt)).status_code == 404
    assert len((await back.get("/v1/me/ratings")).json()["items"]) == 3


async def test_who_leaves_for_good_is_erased_everywhere(system, http, sign_up):
    member = await sign_up()
    first, second = await films(http, 2)
    await board(member, [{"movie": first, "value": 4.0}, {"movie": second, "value": 2.0}])
    receipt = (await member.delete("/v1/me")).headers["location"]
    identity = await asyncpg.connect(system.run["database_urls"]["identity"])
    try:  # the grace is over
        await identity.execute(
            "UPDATE identity.erasures SET due_at = now() WHERE id = $1::uuid",
            receipt.rpartition("/")[2],
        )
    finally:
        await identity.close()

    async def erased():
        found = (await http.get(receipt)).json()
        return found if found["state"] == "erased" else None

    told = await eventually(erased, seconds=120, what="the erasure, which the clock begins")
    lines = {line["service"]: line["removed"] for line in told["services"]}
    assert set(lines) == {"identity", "catalog", "social", "recommender"}
    assert lines["social"]["ratings"] == 2
    assert lines["identity"]["profile"] == 1
    body = {"login": member.username, "password": member.password}
    assert (await http.post("/v1/auth/login", json=body)).status_code == 401
