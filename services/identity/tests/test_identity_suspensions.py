"""Members whom moderation has suspended."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from marquee_shared.events.identity import SessionRevoked
from marquee_shared.events.social import MemberRestored, MemberSuspended


@pytest.fixture
def suspend(deliver):
    async def send(made, *, until=None, revision=1):
        data = MemberSuspended(user_id=made["user"]["id"], until=until, reason="spam")
        await deliver((data, revision))

    return send


@pytest.fixture
def restore(deliver):
    async def send(made, revision):
        data = MemberRestored(user_id=made["user"]["id"], reason="appeal")
        await deliver((data, revision))

    return send


@pytest.fixture
def log_in(client, password):
    async def send(password=password):
        return await client.post("/v1/auth/login", json={"login": "ada", "password": password})

    return send


async def refresh(client, made):
    return await client.post("/v1/auth/refresh", json={"refresh_token": made["refresh_token"]})


async def test_suspended_member_loses_all_sessions_and_gets_no_new_one(
    client, sign_up, suspend, log_in, sink
):
    made = await sign_up("ada")
    bob = await sign_up("bob")
    await log_in()
    await suspend(made)
    revoked = await sink.events(SessionRevoked)
    assert len(revoked) == 2
    assert {str(event.data.user_id) for event in revoked} == {made["user"]["id"]}
    for answer in (await log_in(), await refresh(client, made)):
        assert (answer.status_code, answer.json()["code"]) == (403, "account_suspended")
    assert (await refresh(client, bob)).status_code == 200


async def test_password_form_refuses_too(client, sign_up, suspend, password):
    await suspend(await sign_up("ada"))
    form = {"username": "ada", "password": password}
    assert (await client.post("/v1/auth/token", data=form)).json()["code"] == "account_suspended"


async def test_only_who_knows_the_password_is_told(sign_up, suspend, log_in):
    await suspend(await sign_up("ada"))
    answer = await log_in("not it at all")
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")


async def test_suspension_ends_by_itself(sign_up, suspend, log_in, database):
    made = await sign_up("ada")
    until = datetime.now(UTC) + timedelta(hours=1)
    await suspend(made, until=until)
    assert f"{until:%Y-%m-%d %H:%M}" in (await log_in()).json()["detail"]
    async with database.transaction() as session:
        await session.execute(text("UPDATE suspensions SET until = now()"))
    assert (await log_in()).status_code == 200


async def test_restored_member_signs_in_again_and_older_news_changes_nothing(
    client, sign_up, suspend, restore, log_in
):
    made = await sign_up("ada")
    await suspend(made, revision=1)
    await restore(made, 2)
    await suspend(made, revision=1)
    signed_in = await log_in()
    assert signed_in.status_code == 200
    assert (await refresh(client, signed_in.json())).status_code == 200
    assert (await refresh(client, made)).json()["code"] == "invalid_refresh_token"


async def test_restoration_that_comes_first_wins(sign_up, suspend, restore, log_in, sink):
    made = await sign_up("ada")
    await restore(made, 2)
    await suspend(made, revision=1)
    assert (await log_in()).status_code == 200
    assert await sink.events(SessionRevoked) == []


async def test_sign_ins_of_the_same_moment_do_not_survive(sign_up, suspend, log_in, database):
    made = await sign_up("ada")
    await asyncio.gather(
        *(log_in() for _ in range(8)), suspend(made), *(log_in() for _ in range(8))
    )
    async with database.reading() as session:
        alive = text("SELECT count(*) FROM sessions WHERE ended_at IS NULL")
        assert await session.scalar(alive) == 0


async def test_suspension_of_a_member_unknown_here_is_no_error(deliver, database):
    data = MemberSuspended(
        user_id="01890000-0000-7000-8000-000000000000", until=None, reason="spam"
    )
    await deliver((data, 1))
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM suspensions")) == 0


async def test_personal_tokens_stand_for_nobody_meanwhile(
    sign_up, suspend, restore, database, client
):
    made = await sign_up("ada")
    async with database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO opaque_tokens (id, token_hash, kind, user_id, name, scopes) VALUES "
                "(gen_random_uuid(), sha256('mqt_x'), 'member', :user_id, 'script', '{}')"
            ),
            {"user_id": made["user"]["id"]},
        )

    async def active():
        answer = await client.post("/internal/introspect", json={"token": "mqt_x"})
        return answer.json()["active"]

    assert await active()
    await suspend(made, revision=1)
    assert not await active()
    await restore(made, 2)
    assert await active()
