import asyncio
from dataclasses import replace

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from marquee_identity.limits import attempts as limits
from marquee_identity.limits.attempts import ACCOUNT, PAIR, Attempts
from marquee_shared.problems import TooManyRequests

FIRST_DELAY = 100


@pytest.fixture(autouse=True)
def _slow_machines_pass(monkeypatch):
    """Make delays outlast any test, so that none passes by itself."""
    for name in ("PAIR", "ACCOUNT"):
        limit = replace(getattr(limits, name), first=FIRST_DELAY, longest=900)
        monkeypatch.setattr(limits, name, limit)


async def log_in(client, login="ada", password="not it at all"):  # noqa: S107 - an invented one
    return await client.post("/v1/auth/login", json={"login": login, "password": password})


async def test_failures_are_slowed_and_success_forgets_them(client, sign_up, password, redis):
    await sign_up("ada")
    for _ in range(2):
        statuses = [(await log_in(client)).status_code for _ in range(PAIR.free - 1)]
        assert statuses == [401] * (PAIR.free - 1)
        assert (await log_in(client, password=password)).status_code == 200
    statuses = [(await log_in(client)).status_code for _ in range(PAIR.free + 1)]
    assert statuses == [401] * PAIR.free + [429]
    refused = await log_in(client, password=password)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1


async def test_guesses_at_once_get_no_more_tries_than_in_a_row(client, sign_up):
    await sign_up("ada")
    answers = await asyncio.gather(*(log_in(client) for _ in range(40)))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(401) == PAIR.free
    assert statuses.count(429) == 40 - PAIR.free


async def test_unknown_account_is_slowed_alike(client):
    statuses = [(await log_in(client, "nobody")).status_code for _ in range(PAIR.free + 1)]
    assert statuses == [401] * PAIR.free + [429]


async def test_username_and_email_share_one_count(client, sign_up):
    await sign_up("ada")
    logins = ["ada", "ada@mail.example"] * 3
    statuses = [(await log_in(client, login)).status_code for login in logins]
    assert statuses == [401] * PAIR.free + [429]


async def test_stranger_cannot_lock_the_member_out(client_at, sign_up, password):
    await sign_up("ada")
    async with client_at("192.0.2.66") as stranger, client_at("198.51.100.7") as member:
        await asyncio.gather(*(log_in(stranger) for _ in range(20)))
        assert (await log_in(stranger)).status_code == 429
        assert (await log_in(member, password=password)).status_code == 200


async def test_spread_guesses_are_slowed_but_not_where_the_member_is_known(redis):
    attempts = Attempts(redis, 1.0)
    await attempts.signed_in(await attempts.sign_in("ada", "home"))
    for number in range(ACCOUNT.free):
        await attempts.sign_in("ada", f"bot {number}")
    with pytest.raises(TooManyRequests):
        await attempts.sign_in("ada", "yet another bot")
    await attempts.sign_in("ada", "home")
    await attempts.sign_in("bob", "yet another bot")


async def test_delays_double(redis):
    attempts = Attempts(redis, 1.0)
    waits = []
    for _ in range(PAIR.free + 4):
        await attempts.sign_in("ada", "one")
        try:
            await attempts.sign_in("ada", "one")
        except TooManyRequests as refused:
            waits.append(refused.values["seconds"])
        else:
            continue
        for key in await redis.keys("attempts:*"):
            await redis.hdel(key, "till")  # time has passed
    assert waits[:5] == [100, 200, 400, 800, 900]
    assert set(waits[5:]) <= {900}


async def test_factor_widens_the_limits(redis):
    attempts = Attempts(redis, 10.0)
    for _ in range(PAIR.free * 10):
        await attempts.sign_in("ada", "one")
    with pytest.raises(TooManyRequests):
        await attempts.sign_in("ada", "one")


async def test_without_redis_nobody_may_guess(client, sign_up, password, app, monkeypatch):
    await sign_up("ada")

    async def fail(**_):
        raise RedisConnectionError

    monkeypatch.setattr(app.state.context.state["identity"].attempts, "_take", fail)
    answer = await log_in(client, password=password)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"]


async def test_redis_learns_no_name(client, sign_up, redis):
    await sign_up("ada")
    await log_in(client, "someone@private.example")
    assert all(
        b"someone" not in key and b"ada" not in key.rpartition(b":")[0]
        for key in await redis.keys("*")
    )
