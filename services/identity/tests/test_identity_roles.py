"""Roles: given by administrators and by command, carried in the next token."""

import asyncio

import pytest
from click.testing import CliRunner
from joserfc import jws
from orjson import loads
from sqlalchemy import text

from marquee_identity.__main__ import command
from marquee_shared.events.identity import UserRolesChanged


def roles_in(token):
    return loads(jws.extract_compact(token.encode()).payload)["roles"]


@pytest.fixture
def administrator(authorization):
    return authorization(roles=["member", "administrator"])


@pytest.fixture
def put(client):
    async def send(username, roles, headers):
        return await client.put(
            f"/v1/users/{username}/roles", json={"roles": roles}, headers=headers
        )

    return send


async def make_administrators(database, *usernames):
    async with database.transaction() as session:
        change = "UPDATE users SET roles = '{member,administrator}' WHERE username = ANY(:names)"
        await session.execute(text(change), {"names": list(usernames)})


async def test_given_roles_are_told_and_stand_in_the_next_token(
    client, sign_up, put, administrator, sink, run_jobs, mails
):
    made = await sign_up("ada")
    answer = await put("ADA", ["moderator", "editor", "moderator"], administrator)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"username": "ada", "roles": ["member", "moderator", "editor"]}
    (event,) = await sink.events(UserRolesChanged)
    assert event.data.roles == ["member", "moderator", "editor"]
    assert roles_in(made["access_token"]) == ["member"]
    fresh = await client.post("/v1/auth/refresh", json={"refresh_token": made["refresh_token"]})
    assert roles_in(fresh.json()["access_token"]) == ["member", "moderator", "editor"]
    await run_jobs()
    assert "Your roles at Marquee were changed" in [mail["Subject"] for mail in mails()]


async def test_same_roles_again_change_and_tell_nothing(sign_up, put, administrator, sink):
    await sign_up("ada")
    assert (await put("ada", [], administrator)).json()["roles"] == ["member"]
    assert await sink.events(UserRolesChanged) == []


@pytest.mark.parametrize("roles", [["member"], ["member", "moderator"], ["member", "editor"]])
async def test_only_administrators_read_or_give_roles(client, sign_up, put, authorization, roles):
    made = await sign_up("ada")
    headers = authorization(roles=roles, sub=made["user"]["id"])
    for answer in (
        await put("ada", ["administrator"], headers),
        await client.get("/v1/users/ada/roles", headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (await put("ada", ["editor"], {})).status_code == 401


async def test_personal_token_of_an_administrator_gives_no_roles(sign_up, put, authorization):
    await sign_up("ada")
    headers = authorization(roles=["member", "administrator"], sid=None)
    assert (await put("ada", ["editor"], headers)).json()["code"] == "session_needed"


async def test_last_administrator_stays(sign_up, put, administrator, database):
    await sign_up("ada")
    await sign_up("bob")
    await make_administrators(database, "ada", "bob")
    answers = await asyncio.gather(put("ada", [], administrator), put("bob", [], administrator))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (refused,) = [answer for answer in answers if answer.status_code == 409]
    assert refused.json()["code"] == "last_administrator"


@pytest.mark.parametrize("roles", [None, "editor", ["owner"], [["editor"]], [7], ["editor"] * 5])
async def test_malformed_roles_are_422(sign_up, put, administrator, roles):
    await sign_up("ada")
    assert (await put("ada", roles, administrator)).status_code == 422


async def test_nobody_has_no_roles(client, put, administrator):
    assert (await put("nobody", [], administrator)).status_code == 404
    answer = await client.get("/v1/users/nobody/roles", headers=administrator)
    assert (answer.status_code, answer.json()["code"]) == (404, "user_not_found")


async def test_command_makes_the_first_administrator(
    client, sign_up, settings, monkeypatch, administrator
):
    await sign_up("ada")
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("REDIS_URL", settings.redis_url)

    def run(*words):
        return CliRunner().invoke(command, ["roles", *words])

    granted = await asyncio.to_thread(run, "grant", "Ada", "administrator")
    assert granted.exit_code == 0, granted.output
    assert granted.output == "Ada: member administrator\n"
    read = await client.get("/v1/users/ada/roles", headers=administrator)
    assert read.json()["roles"] == ["member", "administrator"]
    refused = await asyncio.to_thread(run, "revoke", "ada", "administrator")
    assert refused.exit_code == 1
    assert "last administrator" in refused.output
    assert (await asyncio.to_thread(run, "grant", "nobody", "editor")).exit_code == 1
    assert (await asyncio.to_thread(run, "grant", "ada", "owner")).exit_code == 2
