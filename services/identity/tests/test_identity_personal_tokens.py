"""A member's own tokens: scoped, without roles, revoked at once, and no way to the account."""

import asyncio

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import text

from marquee_identity.app import DELEGABLE, SERVICE
from marquee_shared.auth.dependencies import current_member
from marquee_shared.events.identity import SessionRevoked


@pytest.fixture
def make(client, verified):
    async def create(*scopes, **fields):
        body = {"name": "laptop", "scopes": list(scopes), **fields}
        return await client.post("/v1/me/tokens", json=body, headers=verified["headers"])

    return create


def bearer(created):
    return {"Authorization": f"Bearer {created.json()['token']}"}


async def test_a_token_is_shown_once_and_listed_without_its_secret(client, make, verified):
    created = await make("read", "write", expires_in_days=30)
    assert created.status_code == 201
    listed = await client.get("/v1/me/tokens", headers=verified["headers"])
    (item,) = listed.json()["items"]
    assert (item["name"], item["scopes"]) == ("laptop", ["read", "write"])
    assert created.json()["token"] not in listed.text
    assert created.headers["location"].endswith(item["id"])


async def test_scopes_say_what_a_token_may(client, make):
    reading, writing = await make("read"), await make("write")
    assert (await client.get("/v1/me", headers=bearer(reading))).status_code == 200
    change = {"json": {"bio": "x"}}
    refused = await client.patch("/v1/me", **change, headers=bearer(reading))
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert 'scope="write"' in refused.headers["www-authenticate"]
    assert (await client.patch("/v1/me", **change, headers=bearer(writing))).status_code == 200
    assert (await client.get("/v1/me", headers=bearer(writing))).status_code == 403


async def test_a_token_reaches_nothing_that_guards_the_account(client, make):
    """From the route table: a new route for members is closed to tokens until it is opened."""
    headers = bearer(await make("read", "write"))
    closed = 0
    for router in SERVICE.routers:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            if not _asks_for_a_member(route.dependant):
                continue
            (method,) = route.methods
            if route.path in DELEGABLE and (method, route.path) != ("DELETE", "/v1/me"):
                continue
            closed += 1
            path = route.path
            for name in route.param_convertors:
                path = path.replace("{" + name + "}", "00000000-0000-4000-8000-000000000000")
            answer = await client.request(method, path, headers=headers)
            told = answer.json().get("code") if answer.content else None
            assert (answer.status_code, told) == (403, "session_needed"), (method, path)
    assert closed > 10


def _asks_for_a_member(dependant):
    return dependant.call is current_member or any(
        _asks_for_a_member(each) for each in dependant.dependencies
    )


async def test_a_token_carries_no_roles(client, make, verified, database):
    async with database.transaction() as session:
        await session.execute(text("UPDATE users SET roles = '{member,administrator}'"))
    created = await make("read")
    answer = await client.post("/internal/introspect", json={"token": created.json()["token"]})
    assert answer.json()["roles"] == ["member"]


async def test_revoking_acts_at_once_even_where_the_token_is_remembered(
    client, make, verified, sink, app
):
    created = await make("read")
    assert (await client.get("/v1/me", headers=bearer(created))).status_code == 200
    path = created.headers["location"]
    for _ in "ab":
        assert (await client.delete(path, headers=verified["headers"])).status_code == 204
    (told,) = [
        event
        for event in await sink.events(SessionRevoked)
        if str(event.data.session_id) == created.json()["id"]
    ]
    app.state.verifier._revocations.revoke(told.data.session_id, told.data.until.timestamp())
    assert (await client.get("/v1/me", headers=bearer(created))).status_code == 401
    assert (await client.get("/v1/me/tokens", headers=verified["headers"])).json()["items"] == []


async def test_nobody_revokes_anothers_token(client, make, sign_up):
    created, other = await make("read"), await sign_up("bob")
    await client.delete(created.headers["location"], headers=other["headers"])
    assert (await client.get("/v1/me", headers=bearer(created))).status_code == 200


async def test_of_many_made_at_once_none_is_too_many(client, make, verified):
    answers = await asyncio.gather(*(make("read") for _ in range(56)))
    assert sorted({answer.status_code for answer in answers}) == [201, 409]
    assert sum(answer.status_code == 201 for answer in answers) == 50


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "scopes": []}, {"name": "x", "scopes": ["admin"]},
        {"name": "x", "scopes": ["recommender"]}, {"name": "x", "scopes": ["rights.export"]},
        {"name": "", "scopes": ["read"]}, {"name": "x\x00", "scopes": ["read"]},
        {"name": "x", "scopes": "read"}, {"name": "x", "scopes": ["read"], "expires_in_days": 0},
        {"name": "x", "scopes": ["read"], "expires_in_days": 10**30},
        {"name": "x", "scopes": ["read"], "kind": "service"},
    ],
)  # fmt: skip
async def test_a_wrong_wish_is_422(client, verified, body):
    answer = await client.post("/v1/me/tokens", json=body, headers=verified["headers"])
    assert answer.status_code == 422


async def test_an_unverified_member_makes_none(client, sign_up):
    made = await sign_up("bob")
    body = {"name": "x", "scopes": ["read"]}
    answer = await client.post("/v1/me/tokens", json=body, headers=made["headers"])
    assert (answer.status_code, answer.json()["code"]) == (403, "email_not_verified")


async def test_tokens_stand_for_nobody_while_their_member_is_leaving(
    client, make, verified, password, sink
):
    created = await make("read")
    token = {"token": created.json()["token"]}
    await client.delete("/v1/me", headers=verified["headers"])
    told = {str(event.data.session_id) for event in await sink.events(SessionRevoked)}
    assert created.json()["id"] in told
    assert (await client.post("/internal/introspect", json=token)).json() == {"active": False}
    await client.post("/v1/auth/login", json={"login": "ada", "password": password})
    assert (await client.post("/internal/introspect", json=token)).json()["active"] is True
