"""Changing an e-mail address."""

import asyncio

import pytest
from sqlalchemy import text

NEW = "countess@mail.example"


@pytest.fixture
def ask(client, password):
    async def send(made, email=NEW, **fields):
        body = {"email": email, "current_password": password, **fields}
        return await client.put("/v1/me/email", json=body, headers=made["headers"])

    return send


@pytest.fixture
def confirm(client):
    async def send(made, code):
        return await client.post(
            "/v1/me/email/confirm", json={"code": code}, headers=made["headers"]
        )

    return send


async def email_of(client, made):
    return (await client.get("/v1/me", headers=made["headers"])).json()["email"]


async def test_new_address_counts_once_its_code_is_given_and_the_old_one_is_told(
    client, sign_up, ask, confirm, mailed_code, run_jobs, mails
):
    made = await sign_up("ada", language="de")
    await run_jobs()
    assert (await ask(made)).status_code == 202
    code = await mailed_code()
    assert mails()[-1]["To"] == NEW
    assert await email_of(client, made) == "ada@mail.example"
    answer = await confirm(made, code)
    assert (answer.status_code, answer.json()["email"]) == (200, NEW)
    assert answer.json()["verified"] is True
    await run_jobs()
    told = mails()[-1]
    assert told["To"] == "ada@mail.example"
    assert "andere Adresse" in told.get_body(("plain",)).get_content()
    assert NEW not in told.as_string()


async def test_address_of_another_member_is_not_told_and_gets_no_mail(
    sign_up, ask, run_jobs, mails
):
    made = await sign_up("ada")
    await sign_up("bob")
    await run_jobs()
    before = len(mails())
    assert (await ask(made, "BOB@mail.example")).status_code == 202
    await run_jobs()
    assert len(mails()) == before


async def test_address_taken_meanwhile_is_409_and_the_old_one_stays(
    client, sign_up, ask, confirm, mailed_code
):
    made = await sign_up("ada")
    await ask(made)
    code = await mailed_code()
    await sign_up("bob", email=NEW)
    answer = await confirm(made, code)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    assert await email_of(client, made) == "ada@mail.example"


async def test_two_members_at_once_do_not_get_one_address(
    client, sign_up, ask, confirm, mailed_code
):
    ada, bob = await sign_up("ada"), await sign_up("bob")
    codes = []
    for made in (ada, bob):
        await ask(made)
        codes.append(await mailed_code())
    answers = await asyncio.gather(confirm(ada, codes[0]), confirm(bob, codes[1]))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_code_works_once_though_used_at_once(sign_up, ask, confirm, mailed_code):
    made = await sign_up("ada")
    await ask(made)
    code = await mailed_code()
    answers = await asyncio.gather(*(confirm(made, code) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 5


async def test_code_of_one_address_does_not_prove_another(
    client, sign_up, ask, confirm, mailed_code, database
):
    made = await sign_up("ada")
    await ask(made, "mine@mail.example")
    code = await mailed_code()
    async with database.transaction() as session:
        await session.execute(text("UPDATE codes SET requested_at = now() - interval '61 s'"))
    assert (await ask(made, "victim@mail.example")).status_code == 202
    answer = await confirm(made, code)  # the second mail has not been sent yet
    assert (answer.status_code, answer.json()["code"]) == (422, "code_expired")
    assert await email_of(client, made) == "ada@mail.example"


async def test_reset_code_sent_to_the_old_address_is_void_after_the_change(
    client, sign_up, ask, confirm, mailed_code, run_jobs
):
    made = await sign_up("ada")
    await run_jobs()
    await client.post("/v1/auth/password-reset", json={"email": "ada@mail.example"})
    await run_jobs()
    old = await mailed_code()
    await ask(made)
    await confirm(made, await mailed_code())
    body = {"email": NEW, "code": old, "new_password": "harbour-velvet-93-cicada"}
    answer = await client.post("/v1/auth/password-reset/confirm", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_code")


async def test_who_asks_must_know_the_password(sign_up, ask, run_jobs, mails):
    made = await sign_up("ada")
    await run_jobs()
    for given in ("not it at all", None):
        answer = await ask(made, current_password=given)
        assert (answer.status_code, answer.json()["code"]) == (422, "wrong_password")
    await run_jobs()
    assert len(mails()) == 1


async def test_without_a_password_only_a_new_session_may_ask(sign_up, ask, database):
    made = await sign_up("ada")
    async with database.transaction() as session:
        await session.execute(text("UPDATE users SET password_hash = NULL"))
    assert (await ask(made, current_password=None)).status_code == 202
    async with database.transaction() as session:
        await session.execute(text("UPDATE sessions SET created_at = now() - interval '11 min'"))
    answer = await ask(made, current_password=None)
    assert (answer.status_code, answer.json()["code"]) == (403, "sign_in_again")


async def test_codes_are_sent_once_a_minute(sign_up, ask):
    made = await sign_up("ada")
    assert (await ask(made)).status_code == 202
    answer = await ask(made)
    assert (answer.status_code, answer.json()["code"]) == (429, "code_just_sent")
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("email", [None, "", "ada", [], {}, 7])
async def test_malformed_addresses_are_refused(sign_up, ask, email):
    made = await sign_up("ada")
    assert (await ask(made, email)).status_code == 422


async def test_the_profile_takes_an_address_that_counts_once_its_code_is_given(
    client, sign_up, confirm, mailed_code, password, mails
):
    made = await sign_up("ada")
    await mailed_code()
    change = {"email": NEW, "bio": "Countess", "current_password": password}
    answer = await client.patch("/v1/me", json=change, headers=made["headers"])
    assert answer.status_code == 200, answer.text
    assert (answer.json()["email"], answer.json()["bio"]) == ("ada@mail.example", "Countess")
    code = await mailed_code()
    assert mails()[-1]["To"] == NEW
    assert (await confirm(made, code)).json()["email"] == NEW
    same = await client.patch("/v1/me", json={"email": NEW, "bio": ""}, headers=made["headers"])
    assert (same.status_code, same.json()["bio"]) == (200, None)


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [({}, 422, "wrong_password"), ({"current_password": "not it at all"}, 422, "wrong_password"),
     ({"email": ""}, 422, "validation_failed"), ({"email": None}, 422, "validation_failed")],
)  # fmt: skip
async def test_the_profile_takes_no_address_without_proof(
    client, sign_up, run_jobs, mails, fields, status, code
):
    made = await sign_up("ada")
    await run_jobs()
    before = len(mails())
    change = {"email": NEW, "bio": "x", **fields}
    answer = await client.patch("/v1/me", json=change, headers=made["headers"])
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await client.get("/v1/me", headers=made["headers"])).json()["bio"] is None
    await run_jobs()
    assert len(mails()) == before


async def test_no_program_changes_an_address(client, verified, password):
    body = {"name": "laptop", "scopes": ["write"]}
    made = await client.post("/v1/me/tokens", json=body, headers=verified["headers"])
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    change = {"email": NEW, "current_password": password}
    answer = await client.patch("/v1/me", json=change, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "session_needed")
