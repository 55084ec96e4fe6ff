"""What happens to an account is listed, and mailed in the member's language."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from marquee_identity.security.service import delete_old_security_events

PATH = "/v1/me/security-events"


@pytest.fixture
def log_in(client, password):
    async def send(device):
        answer = await client.post(
            "/v1/auth/login",
            json={"login": "ada", "password": password},
            headers={"User-Agent": device},
        )
        assert answer.status_code == 200
        return answer.json()

    return send


@pytest.fixture
def listed(client):
    async def read(made, query=""):
        answer = await client.get(PATH + query, headers=made["headers"])
        assert answer.status_code == 200, answer.text
        return answer.json()

    return read


async def kinds(listed, made):
    return [item["kind"] for item in (await listed(made))["items"]]


async def test_new_device_is_told_once_and_a_new_version_of_it_is_not_new(
    sign_up, log_in, listed, run_jobs, mails
):
    made = await sign_up("ada", language="es")
    await run_jobs()
    assert await kinds(listed, made) == []
    for device in ("Television/1.0", "Television/1.0", "Television/2.11"):
        await log_in(device)
    (event,) = (await listed(made))["items"]
    assert set(event) == {"id", "kind", "device", "address", "created_at"}
    assert (event["kind"], event["device"], event["address"]) == (
        "new_device", "Television/1.0", "127.0.0.1",
    )  # fmt: skip
    await run_jobs()
    mail = mails()[-1]
    assert mail["Subject"] == "Nuevo inicio de sesión en tu cuenta de Marquee"
    assert "Television/1.0" in mail.get_body(("plain",)).get_content()


async def test_change_of_password_and_reuse_are_told(
    client, sign_up, password, listed, database, run_jobs, mails
):
    made = await sign_up("ada")
    body = {"current_password": password, "new_password": "harbour-velvet-93-cicada"}
    await client.put("/v1/me/password", json=body, headers=made["headers"])
    for _ in range(2):
        await client.post("/v1/auth/refresh", json={"refresh_token": made["refresh_token"]})
        async with database.transaction() as session:
            late = "UPDATE refresh_tokens SET spent_at = spent_at - interval '11 s'"
            await session.execute(text(late))
    assert await kinds(listed, made) == ["refresh_token_reused", "password_changed"]
    await run_jobs()
    assert {mail["Subject"] for mail in mails()} >= {
        "Your Marquee password was changed",
        "A session of your Marquee account was ended",
    }


async def test_failed_sign_in_of_a_stranger_is_no_event(client, sign_up, listed):
    made = await sign_up("ada")
    await client.post("/v1/auth/login", json={"login": "ada", "password": "not it"})
    assert await kinds(listed, made) == []


async def test_list_goes_on_by_cursor_and_shows_nobody_elses(sign_up, log_in, listed):
    made, bob = await sign_up("ada"), await sign_up("bob")
    for device in ("Radio", "Television", "Telephone"):
        await log_in(device)
    first = await listed(made, "?limit=2")
    rest = await listed(made, f"?limit=2&cursor={first['next_cursor']}")
    devices = [item["device"] for item in first["items"] + rest["items"]]
    assert devices == ["Telephone", "Television", "Radio"]
    assert rest["next_cursor"] is None
    assert (await listed(bob))["items"] == []


async def test_list_needs_a_token(client):
    assert (await client.get(PATH)).status_code == 401


async def test_events_are_forgotten_after_a_year(sign_up, log_in, listed, database, context):
    made = await sign_up("ada")
    await log_in("Radio")
    for age, left in ((timedelta(days=364), 1), (timedelta(days=2), 0)):
        async with database.transaction() as session:
            change = "UPDATE security_events SET created_at = created_at - CAST(:age AS interval)"
            await session.execute(text(change), {"age": age})
        await delete_old_security_events(context)
        assert len(await kinds(listed, made)) == left
