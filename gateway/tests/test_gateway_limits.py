import asyncio
from typing import Any

import pytest

from marquee_gateway.limits import RateLimits
from marquee_gateway.redis_batch import RedisBatch


def rate(answer: Any) -> tuple[str, int, int]:
    name, *parts = answer.headers["ratelimit"].split(";")
    values = dict(part.split("=") for part in parts)
    return name.strip('"'), int(values["r"]), int(values["t"])


async def test_every_answer_tells_the_limit(gateway: Any, upstream: Any, token: Any) -> None:
    upstream.answers("*")
    bearer = {"Authorization": f"Bearer {token()}"}
    first = await gateway.client.get("/v1/users/a")
    assert first.headers["ratelimit-policy"] == '"default";q=600;w=60'
    assert rate(first) == ("default", 599, 60)
    assert rate(await gateway.client.get("/v1/nothing"))[1] == 598
    assert rate(await gateway.client.get("/v1/search"))[0] == "search"
    assert rate(await gateway.client.post("/v1/auth/login"))[:2] == ("auth", 19)
    write = await gateway.client.put("/v1/movies/a/rating", headers=bearer)
    assert rate(write)[:2] == ("write", 119)
    assert rate(await gateway.client.get("/v1/me", headers=bearer))[1] == 599


async def test_past_the_limit_comes_429(start_gateway: Any, upstream: Any) -> None:
    upstream.answers("*")
    gateway = await start_gateway(rate_limit_factor=0.05)
    answers = [await gateway.client.get(f"/v1/users/{n}") for n in range(33)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429] * 3
    last = answers[-1]
    assert last.json()["code"] == "too_many_requests"
    assert 0 < int(last.headers["retry-after"]) <= 60
    assert rate(last)[1] == 0
    assert len(upstream.requests) == 30


async def test_members_and_addresses_are_counted_apart(
    start_gateway: Any, upstream: Any, token: Any
) -> None:
    upstream.answers("*")
    gateway = await start_gateway(rate_limit_factor=0.01)
    one, other = ({"Authorization": f"Bearer {token()}"} for _ in range(2))
    for headers in (one, other, {}):
        for n in range(7):
            answer = await gateway.client.get("/v1/users/a", headers=headers)
            assert answer.status_code == (200 if n < 6 else 429)


async def test_sign_in_is_counted_by_address_whoever_asks(
    start_gateway: Any, upstream: Any, token: Any
) -> None:
    upstream.answers("*")
    gateway = await start_gateway(rate_limit_factor=0.1)
    answers = []
    for _ in range(4):
        headers = {"Authorization": f"Bearer {token()}"}
        answers.append(await gateway.client.post("/v1/auth/login", headers=headers))
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]


async def test_bad_tokens_use_up_the_addresses_limit(start_gateway: Any, upstream: Any) -> None:
    del upstream
    gateway = await start_gateway(rate_limit_factor=0.01)
    bad = {"Authorization": "Bearer nonsense"}
    answers = [(await gateway.client.get("/v1/movies", headers=bad)).status_code for _ in range(8)]
    assert answers == [401] * 6 + [429] * 2


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for Redis however busy the machine is: these limits hold while it answers."""
    monkeypatch.setattr("marquee_gateway.redis_batch.PATIENCE", 30.0)


@pytest.mark.usefixtures("patient")
async def test_replicas_share_one_limit(start_gateway: Any, upstream: Any) -> None:
    upstream.answers("*")
    gateways = [await start_gateway(rate_limit_factor=0.2) for _ in range(3)]
    answers = await asyncio.gather(
        *(gateways[n % 3].client.get(f"/v1/users/{n}") for n in range(300))
    )
    granted = sum(answer.status_code == 200 for answer in answers)
    assert granted <= 120, "never more than the limit"
    assert granted >= 114, "and nearly all of it"


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("concurrency", [1, 40])
async def test_auth_is_exact_over_replicas(
    start_gateway: Any, upstream: Any, concurrency: int
) -> None:
    upstream.answers("*")
    gateways = [await start_gateway() for _ in range(2)]
    statuses: list[int] = []
    for start in range(0, 40, concurrency):
        answers = await asyncio.gather(
            *(
                gateways[n % 2].client.post("/v1/auth/login")
                for n in range(start, start + concurrency)
            )
        )
        statuses += [answer.status_code for answer in answers]
    assert statuses.count(200) == 20
    assert statuses.count(429) == 20


async def test_redis_is_asked_rarely(redis: Any) -> None:
    batch = RedisBatch(redis)
    calls = 0
    ask = batch.call

    async def counting(*command: Any) -> Any:
        nonlocal calls
        calls += 1
        return await ask(*command)

    batch.call = counting  # type: ignore[method-assign]
    limits = RateLimits(batch, 1.0)
    for _ in range(600):
        assert (await limits.take("default", "somebody")).granted
    assert calls < 100
    assert not (await limits.take("default", "somebody")).granted
    before = calls
    for _ in range(50):
        assert not (await limits.take("default", "somebody")).granted
    assert calls == before, "who is over the limit costs Redis nothing"


async def test_without_redis_each_replica_counts_for_itself(
    start_gateway: Any, upstream: Any
) -> None:
    upstream.answers("*")
    gateway = await start_gateway(redis_url="redis://127.0.0.1:9/0", rate_limit_factor=0.05)
    reads = [(await gateway.client.get(f"/v1/users/{n}")).status_code for n in range(32)]
    assert reads == [200] * 30 + [429] * 2
    gateway = await start_gateway(redis_url="redis://127.0.0.1:9/0")
    tries = [(await gateway.client.post("/v1/auth/login")).status_code for _ in range(12)]
    assert tries == [200] * 10 + [429] * 2, "sign-in falls back to less than usual"


async def test_a_trusted_proxy_names_the_client(start_gateway: Any, upstream: Any) -> None:
    upstream.answers("*")
    gateway = await start_gateway(rate_limit_factor=0.01, trusted_proxies="127.0.0.0/8,10.0.0.0/8")
    for client, seen in (
        ("203.0.113.5", "203.0.113.5"),
        ("6.6.6.6, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("nonsense", "127.0.0.1"),
    ):
        await gateway.client.get("/v1/users/a", headers={"X-Forwarded-For": client})
        assert upstream.requests[-1].headers["x-forwarded-for"] == seen
    for n in range(7):
        headers = {"X-Forwarded-For": f"2001:db8:1:2::{n}"}
        answer = await gateway.client.get("/v1/users/a", headers=headers)
    assert answer.status_code == 429, "a /64 is one address"
