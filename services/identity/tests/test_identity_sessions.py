import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from marquee_identity.sessions.service import delete_expired_sessions
from marquee_shared.app import create_app
from marquee_shared.auth.revocations import SESSIONS
from marquee_shared.events.identity import SessionRevoked
from marquee_shared.outbox.relay import Relay


@pytest.fixture
def log_in(client, password):
    async def make(device):
        answer = await client.post(
            "/v1/auth/login",
            json={"login": "ada", "password": password},
            headers={"User-Agent": device},
        )
        made = answer.json()
        made["headers"] = {"Authorization": f"Bearer {made['access_token']}"}
        return made

    return make


async def listed(client, made, query=""):
    answer = await client.get(f"/v1/me/sessions{query}", headers=made["headers"])
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_sessions_are_listed_newest_first_with_device_and_address(client, sign_up, log_in):
    await sign_up("ada")
    await log_in("Television/1")
    phone = await log_in("Telephone/2")
    items = (await listed(client, phone))["items"]
    assert [item["device"] for item in items[:2]] == ["Telephone/2", "Television/1"]
    assert [item["current"] for item in items] == [True, False, False]
    assert items[0]["address"] == "127.0.0.1"
    page = await listed(client, phone, "?limit=2")
    rest = await listed(client, phone, f"?limit=2&cursor={page['next_cursor']}")
    assert [item["id"] for item in page["items"] + rest["items"]] == [item["id"] for item in items]
    assert rest["next_cursor"] is None


async def test_ending_one_session_leaves_the_others(client, sign_up, log_in, sink):
    first = await sign_up("ada")
    phone = await log_in("Telephone/2")
    (gone,) = [i["id"] for i in (await listed(client, first))["items"] if not i["current"]]
    for _ in range(2):
        answer = await client.delete(f"/v1/me/sessions/{gone}", headers=first["headers"])
        assert answer.status_code == 204
    assert len((await listed(client, first))["items"]) == 1
    refused = await client.post("/v1/auth/refresh", json={"refresh_token": phone["refresh_token"]})
    assert refused.status_code == 401
    (event,) = await sink.events(SessionRevoked)
    assert str(event.data.session_id) == gone


async def test_ending_all_others_keeps_this_one(client, sign_up, log_in):
    first = await sign_up("ada")
    for _ in range(3):
        await log_in("Elsewhere")
    assert (await client.delete("/v1/me/sessions", headers=first["headers"])).status_code == 204
    (left,) = (await listed(client, first))["items"]
    assert left["current"]


async def test_nobody_ends_or_sees_anothers_session(client, sign_up):
    ada, bob = await sign_up("ada"), await sign_up("bob")
    (session,) = (await listed(client, ada))["items"]
    answer = await client.delete(f"/v1/me/sessions/{session['id']}", headers=bob["headers"])
    assert answer.status_code == 204
    assert [item["id"] for item in (await listed(client, ada))["items"]] == [session["id"]]
    assert session["id"] not in str(await listed(client, bob))


async def test_access_token_of_a_logged_out_session_is_soon_refused(
    client, sign_up, context, service
):
    made = await sign_up("ada")
    relay = Relay(service.name, context.settings.database_url, service.name, context.redis)
    running = asyncio.create_task(relay.run())
    try:
        answer = await client.post("/v1/auth/logout", headers=made["headers"])
        assert answer.status_code == 204
        async with asyncio.timeout(5):
            while (await client.get("/v1/me", headers=made["headers"])).status_code != 401:
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    refused = await client.post("/v1/auth/refresh", json={"refresh_token": made["refresh_token"]})
    assert refused.status_code == 401


async def test_revocation_lasts_until_the_last_access_token_has_expired(client, sign_up, sink):
    made = await sign_up("ada")
    await client.post("/v1/auth/logout", headers=made["headers"])
    (event,) = await sink.events(SessionRevoked)
    assert (event.data.until - event.time).total_seconds() > 900


async def test_expired_sessions_are_forgotten_a_week_later(sign_up, context, database):
    await sign_up("ada")
    count = text("SELECT count(*) FROM sessions")
    for age, left in ((timedelta(days=96), 1), (timedelta(days=2), 0)):
        async with database.transaction() as session:
            await session.execute(
                text("UPDATE sessions SET expires_at = expires_at - CAST(:age AS interval)"),
                {"age": age},
            )
        await delete_expired_sessions(context)
        async with database.reading() as session:
            assert await session.scalar(count) == left


async def test_anonymous_callers_have_no_sessions(client):
    for method, path in (
        ("GET", "/v1/me"), ("GET", "/v1/me/sessions"), ("DELETE", "/v1/me/sessions"),
        ("POST", "/v1/auth/logout"), ("POST", "/v1/auth/verify-email/resend"),
    ):  # fmt: skip
        answer = await client.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_process_started_later_knows_what_was_revoked_before_it_answers(
    client, sign_up, context, service, settings, redis
):
    made = await sign_up("ada")
    await client.post("/v1/auth/logout", headers=made["headers"])
    relay = Relay(service.name, settings.database_url, service.name, context.redis)
    running = asyncio.create_task(relay.run())
    try:
        async with asyncio.timeout(5):
            while not await redis.exists(SESSIONS):
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    later = create_app(service, settings)
    async with later.router.lifespan_context(later):
        transport = httpx.ASGITransport(app=later, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            answer = await http.get("/v1/me", headers=made["headers"])
    assert (answer.status_code, answer.json().get("code")) == (401, "invalid_token"), answer.text
