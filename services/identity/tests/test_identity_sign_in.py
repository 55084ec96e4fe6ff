import asyncio

import pytest


async def test_signup_answers_201_with_user_and_working_tokens(client, sign_up):
    made = await sign_up("Ada.L", first_name="Ada", last_name="Lovelace", language="fr")
    assert made["token_type"] == "Bearer"
    assert made["expires_in"] == 900
    assert made["user"]["username"] == "Ada.L"
    assert made["user"]["name"] == "Ada Lovelace"
    assert made["user"]["verified"] is False
    me = await client.get("/v1/me", headers=made["headers"])
    assert me.status_code == 200, me.text
    assert me.json() == made["user"]


@pytest.mark.parametrize("login", ["Ada", "ADA@Mail.Example", " ada "])
async def test_login_takes_username_or_email_in_any_case(client, sign_up, password, login):
    await sign_up("ada")
    answer = await client.post("/v1/auth/login", json={"login": login, "password": password})
    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["username"] == "ada"


async def test_password_form_gives_the_same(client, sign_up, password):
    await sign_up("ada")
    form = {"grant_type": "password", "username": "ada", "password": password, "scope": ""}
    answer = await client.post("/v1/auth/token", data=form)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {
        "access_token", "refresh_token", "token_type", "expires_in", "user",
    }  # fmt: skip


async def test_refresh_gives_the_next_pair(client, sign_up):
    made = await sign_up("ada")
    answer = await client.post("/v1/auth/refresh", json={"refresh_token": made["refresh_token"]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["refresh_token"] != made["refresh_token"]


async def test_spent_refresh_token_ends_its_session(client, sign_up, sink):
    made = await sign_up("ada")
    tokens = [made["refresh_token"]]
    for _ in range(2):
        answer = await client.post("/v1/auth/refresh", json={"refresh_token": tokens[-1]})
        tokens.append(answer.json()["refresh_token"])
    reused = await client.post("/v1/auth/refresh", json={"refresh_token": tokens[0]})
    assert (reused.status_code, reused.json()["code"]) == (401, "refresh_token_reused")
    last = await client.post("/v1/auth/refresh", json={"refresh_token": tokens[-1]})
    assert (last.status_code, last.json()["code"]) == (401, "invalid_refresh_token")
    types = [event.type for event in await sink.events()]
    assert types == ["identity.user.created", "identity.session.revoked"]


async def test_hundred_concurrent_refreshes_get_one_successor(client, sign_up):
    made = await sign_up("ada")
    answers = await asyncio.gather(
        *(
            client.post("/v1/auth/refresh", json={"refresh_token": made["refresh_token"]})
            for _ in range(100)
        )
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    (successor,) = {answer.json()["refresh_token"] for answer in answers}
    going_on = await client.post("/v1/auth/refresh", json={"refresh_token": successor})
    assert going_on.status_code == 200
