"""Changing a password, and resetting a forgotten one."""

import asyncio
import json

import pytest
from joserfc import jws
from orjson import loads
from sqlalchemy import text

from marquee_identity.limits.attempts import PAIR, RESET_PAIR
from marquee_shared.events.identity import SessionRevoked

NEW = "harbour-velvet-93-cicada"


def sid(token):
    return loads(jws.extract_compact(token.encode()).payload)["sid"]


async def log_in(client, login="ada", password=NEW):
    return await client.post("/v1/auth/login", json={"login": login, "password": password})


async def change(client, made, current, new=NEW):
    body = {"current_password": current, "new_password": new}
    return await client.put("/v1/me/password", json=body, headers=made["headers"])


async def ask(client, email="ada@mail.example"):
    return await client.post("/v1/auth/password-reset", json={"email": email})


async def confirm(client, code, new=NEW, email="ada@mail.example"):
    body = {"email": email, "code": code, "new_password": new}
    return await client.post("/v1/auth/password-reset/confirm", json=body)


@pytest.fixture
def reset_code(client, mailed_code, run_jobs):
    async def read():
        await run_jobs()
        assert (await ask(client)).status_code == 202
        await run_jobs()
        return await mailed_code()

    return read


async def test_change_ends_the_other_sessions_and_keeps_this_one(client, sign_up, password, sink):
    made = await sign_up("ada")
    other = (await log_in(client, password=password)).json()
    assert (await change(client, made, password)).status_code == 204
    (revoked,) = await sink.events(SessionRevoked)
    assert str(revoked.data.session_id) == sid(other["access_token"])
    kept = await client.post("/v1/auth/refresh", json={"refresh_token": made["refresh_token"]})
    lost = await client.post("/v1/auth/refresh", json={"refresh_token": other["refresh_token"]})
    assert (kept.status_code, lost.status_code) == (200, 401)
    assert (await log_in(client, password=password)).status_code == 401
    assert (await log_in(client)).status_code == 200


async def test_wrong_current_password_changes_nothing_and_is_slowed(client, sign_up, password):
    made = await sign_up("ada")
    answers = [await change(client, made, "not it at all") for _ in range(PAIR.free + 1)]
    assert [answer.status_code for answer in answers] == [422] * PAIR.free + [429]
    assert answers[0].json()["code"] == "wrong_password"


async def test_weak_new_passwords_are_refused_in_the_callers_language(client, sign_up, password):
    made = await sign_up("ada", last_name="Lovelace", language="fr")
    answer = await change(client, made, password, "lovelace-harbour-17")
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/new_password", "password_personal")
    assert "mot de passe" in error["detail"]


async def test_of_two_changes_at_once_one_is_made(client, sign_up, password):
    made = await sign_up("ada")
    answers = await asyncio.gather(
        *(change(client, made, password, f"harbour-velvet-{n}-cicada") for n in range(10, 13))
    )
    assert sorted(answer.status_code for answer in answers) == [204, 422, 422]


async def test_personal_token_cannot_change_the_password(client, sign_up, password, token):
    made = await sign_up("ada")
    headers = {"Authorization": f"Bearer {token(sub=made['user']['id'], sid=None)}"}
    answer = await change(client, {"headers": headers}, password)
    assert (answer.status_code, answer.json()["code"]) == (403, "session_needed")


async def test_reset_sets_the_password_and_ends_every_session(
    client, sign_up, password, reset_code, sink
):
    made = await sign_up("ada")
    code = await reset_code()
    assert (await confirm(client, code)).status_code == 204
    (revoked,) = await sink.events(SessionRevoked)
    assert str(revoked.data.session_id) == sid(made["access_token"])
    assert (await log_in(client, password=password)).status_code == 401
    signed_in = await log_in(client)
    assert signed_in.status_code == 200
    assert signed_in.json()["user"]["verified"] is True
    again = await confirm(client, code)
    assert (again.status_code, again.json()["code"]) == (422, "invalid_code")


async def test_reset_code_used_twice_at_once_works_once(client, sign_up, reset_code):
    await sign_up("ada")
    code = await reset_code()
    answers = await asyncio.gather(
        *(confirm(client, code, f"harbour-velvet-{n}-cicada") for n in range(10, 16))
    )
    assert sorted(answer.status_code for answer in answers) == [204] + [422] * 5


async def test_unknown_address_cannot_be_told_from_a_known_one(
    client, sign_up, run_jobs, mails, database, reset_code
):
    await sign_up("ada")
    await run_jobs()
    known, unknown = await ask(client), await ask(client, "nobody@mail.example")
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert set(known.headers) == set(unknown.headers)
    async with database.reading() as session:
        kinds = await session.scalars(
            text("SELECT kind FROM jobs WHERE kind = 'start_password_reset'")
        )
        assert len(kinds.all()) == 2
    for _ in range(2):
        await run_jobs()
    assert {mail["To"] for mail in mails()} == {"ada@mail.example"}
    wrong = await confirm(client, "000000")
    nobody = await confirm(client, "000000", email="nobody@mail.example")
    assert wrong.status_code == nobody.status_code == 422
    assert wrong.json()["code"] == nobody.json()["code"] == "invalid_code"


async def test_weak_password_of_an_unknown_account_hashes_and_refuses_alike(
    client, sign_up, reset_code, app, monkeypatch
):
    """The member's names must not be tried before the code has shown who asks."""
    await sign_up("ada", first_name="Augusta")
    code = await reset_code()
    other = f"{(int(code) + 1) % 1_000_000:06}"
    about = "augusta-harbour-17-cicada"
    hashed = []
    passwords = app.state.context.state["identity"].passwords
    original = passwords.hash

    async def counting(password):
        hashed.append(password)
        return await original(password)

    monkeypatch.setattr(passwords, "hash", counting)
    for email in ("ada@mail.example", "nobody@mail.example"):
        answer = await confirm(client, other, about, email)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_code")
    assert hashed == [about, about]
    refused = await confirm(client, code, about)
    assert refused.json()["errors"][0]["code"] == "password_personal"
    assert (await confirm(client, code)).status_code == 204  # the code was not spent by it


async def test_five_wrong_codes_and_the_right_one_is_gone(client, sign_up, reset_code):
    await sign_up("ada")
    code = await reset_code()
    other = f"{(int(code) + 1) % 1_000_000:06}"
    for _ in range(5):
        assert (await confirm(client, other)).status_code == 422
    assert (await confirm(client, code)).status_code == 422


async def test_reset_mail_is_sent_at_most_once_a_minute(client, sign_up, run_jobs, mails):
    await sign_up("ada")
    for _ in range(3):
        assert (await ask(client)).status_code == 202
        await run_jobs()
        await run_jobs()
    subjects = [mail["Subject"] for mail in mails()]
    assert subjects.count("Reset your Marquee password") == 1


async def test_many_resets_are_slowed_alike_for_known_and_unknown(client, sign_up):
    await sign_up("ada")
    for email in ("ada@mail.example", "nobody@mail.example"):
        statuses = [(await ask(client, email)).status_code for _ in range(RESET_PAIR.free + 1)]
        assert statuses == [202] * RESET_PAIR.free + [429]


async def test_stranger_cannot_keep_the_member_from_resetting(client_at, sign_up):
    await sign_up("ada")
    async with client_at("192.0.2.66") as stranger, client_at("198.51.100.7") as member:
        for _ in range(RESET_PAIR.free):
            await ask(stranger)
        assert (await ask(stranger)).status_code == 429
        assert (await ask(member)).status_code == 202


async def test_codes_of_one_purpose_do_not_serve_another(client, sign_up, mailed_code):
    await sign_up("ada")
    verification = await mailed_code()
    assert (await confirm(client, verification)).status_code == 422


@pytest.mark.parametrize("value", [None, "", [], {}, 7, "\ud800", "a\u0000b"])
async def test_malformed_bodies_are_422(client, sign_up, value, password):
    made = await sign_up("ada")

    async def send(method, path, body):
        headers = {**made["headers"], "Content-Type": "application/json"}
        content = json.dumps(body).encode()  # lone surrogates as escapes
        return (await client.request(method, path, content=content, headers=headers)).status_code

    for field in ("email", "code", "new_password"):
        sent = {"email": "ada@mail.example", "code": "000000", "new_password": NEW, field: value}
        assert await send("POST", "/v1/auth/password-reset/confirm", sent) == 422, field
    for field in ("current_password", "new_password"):
        sent = {"current_password": password, "new_password": NEW, field: value}
        assert await send("PUT", "/v1/me/password", sent) == 422, field
    assert await send("POST", "/v1/auth/password-reset", {"email": value}) == 422
