"""The device code flow (RFC 8628): a TV asks, a member answers elsewhere, one pair comes of it."""

import asyncio
import re

import pytest
from sqlalchemy import text

from marquee_identity.limits.attempts import USER_CODE
from marquee_identity.oauth.codes import user_code_hash

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
async def application(client, verified):
    made = await client.post(
        "/v1/me/applications", json={"name": "Marquee TV"}, headers=verified["headers"]
    )
    return made.json()["id"]


@pytest.fixture
def begin(client, application):
    async def ask(**fields):
        form = {"client_id": application, "scope": "read write", **fields}
        headers = {"User-Agent": "Telly 4"}
        return await client.post("/v1/oauth/device_authorization", data=form, headers=headers)

    return ask


@pytest.fixture
def poll(client, application):
    async def ask(begun, **fields):
        form = {
            "grant_type": GRANT,
            "client_id": application,
            "device_code": begun["device_code"],
            **fields,
        }
        return await client.post("/v1/oauth/token", data=form)

    return ask


@pytest.fixture
def say(client, verified):
    async def answer(user_code, *, approve=True, headers=None):
        return await client.post(
            "/v1/oauth/device",
            json={"user_code": user_code, "approve": approve},
            headers=headers or verified["headers"],
        )

    return answer


async def shift(database, column, interval):
    async with database.transaction() as session:
        change = f"UPDATE authorizations SET {column} = {column} - interval '{interval}'"  # noqa: S608
        await session.execute(text(change))


async def test_a_tv_signs_in(client, begin, poll, say, verified, application):
    begun = (await begin()).json()
    assert re.fullmatch(r"[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}", begun["user_code"])
    assert begun["verification_uri"] == "http://localhost:8000/device"
    assert begun["verification_uri_complete"].endswith(f"?user_code={begun['user_code']}")
    assert (begun["expires_in"], begun["interval"]) == (600, 5)
    assert (await poll(begun)).json()["error"] == "authorization_pending"
    typed = begun["user_code"].lower().replace("-", " ")
    shown = await client.get(
        "/v1/oauth/device", params={"user_code": typed}, headers=verified["headers"]
    )
    assert shown.json() == {
        "application": {"id": application, "name": "Marquee TV"},
        "scopes": ["read", "write"],
        "device": "Telly 4",
        "address": "127.0.0.1",
    }
    assert (await say(typed)).status_code == 204
    tokens = (await poll(begun)).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await client.get("/v1/me", headers=headers)).json()["username"] == "ada"
    assert (await poll(begun)).json()["error"] == "invalid_grant"
    form = {
        "grant_type": "refresh_token",
        "client_id": application,
        "refresh_token": tokens["refresh_token"],
    }
    assert (await client.post("/v1/oauth/token", data=form)).status_code == 200


async def test_polled_a_hundred_times_at_once_there_is_one_pair(begin, poll, say, database):
    begun = (await begin()).json()
    await say(begun["user_code"])
    answers = await asyncio.gather(*(poll(begun) for _ in range(100)))
    (won,) = [answer for answer in answers if answer.status_code == 200]
    assert {a.json()["error"] for a in answers if a is not won} == {"invalid_grant"}
    async with database.reading() as session:
        count = text("SELECT count(*) FROM sessions WHERE application_id IS NOT NULL")
        assert await session.scalar(count) == 1


async def test_who_polls_too_fast_is_slowed_and_stays_slowed(begin, poll, database):
    begun = (await begin()).json()
    assert (await poll(begun)).json()["error"] == "authorization_pending"
    assert (await poll(begun)).json()["error"] == "slow_down"
    await shift(database, "polled_at", "6 seconds")
    assert (await poll(begun)).json()["error"] == "slow_down"
    await shift(database, "polled_at", "15 seconds")
    assert (await poll(begun)).json()["error"] == "authorization_pending"


async def test_a_denied_device_is_told(begin, poll, say):
    begun = (await begin()).json()
    assert (await say(begun["user_code"], approve=False)).status_code == 204
    assert (await poll(begun)).json()["error"] == "access_denied"
    assert (await say(begun["user_code"])).json()["code"] == "already_answered"


async def test_of_two_members_who_answer_at_once_one_is_heard(
    client, begin, poll, say, sign_up, verified
):
    begun, bob = (await begin()).json(), await sign_up("bob")
    answers = await asyncio.gather(
        *(say(begun["user_code"], headers=who["headers"]) for who in (verified, bob) * 5)
    )
    assert sorted(answer.status_code for answer in answers) == [204] + [409] * 9


async def test_codes_expire(client, begin, poll, say, database, verified):
    begun = (await begin()).json()
    await shift(database, "expires_at", "601 seconds")
    assert (await poll(begun)).json()["error"] == "expired_token"
    assert (await say(begun["user_code"])).json()["code"] == "user_code_not_found"


async def test_a_device_is_bound_to_its_application_and_asks_for_what_there_is(
    client, begin, poll, say, verified
):
    begun = (await begin()).json()
    await say(begun["user_code"])
    other = await client.post(
        "/v1/me/applications", json={"name": "Other"}, headers=verified["headers"]
    )
    wrong = await poll(begun, client_id=other.json()["id"])
    assert wrong.json()["error"] == "invalid_grant"
    assert (await begin(scope="admin")).json()["error"] == "invalid_scope"
    unknown = await begin(client_id="00000000-0000-4000-8000-000000000000")
    assert unknown.json()["error"] == "invalid_client"


async def test_tries_at_user_codes_are_limited_even_where_one_is_right(
    client, begin, say, verified
):
    begun = (await begin()).json()
    for _ in range(USER_CODE.free - 1):
        assert (await say("BBBB-BBBB")).status_code == 404
    shown = await client.get(
        "/v1/oauth/device", params={"user_code": begun["user_code"]}, headers=verified["headers"]
    )
    assert shown.status_code == 200
    limited = await say(begun["user_code"])
    assert limited.status_code == 429
    assert int(limited.headers["retry-after"]) >= 1


async def test_user_codes_are_stored_as_keyed_hashes(begin, database, settings):
    begun = (await begin()).json()
    async with database.reading() as session:
        row = (await session.execute(text("SELECT * FROM authorizations"))).one()
    assert row.user_code_hash == user_code_hash(settings.secret_key, begun["user_code"])
    assert begun["user_code"] not in str(tuple(row))
    assert begun["device_code"] not in str(tuple(row))
