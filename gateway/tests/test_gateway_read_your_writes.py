from typing import Any

from marquee_shared.testing.plugin import new_uuid

READ = "/v1/me/recommendations"
WRITE = "/v1/movies/dune/rating"


def bearer(token: Any, **claims: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(**claims)}"}


async def test_a_members_writes_are_named_to_their_next_reads(
    start_gateway: Any, upstream: Any, token: Any
) -> None:
    upstream.answers("*")
    one, other = [await start_gateway() for _ in range(2)]
    member, stranger = bearer(token, sub=str(new_uuid())), bearer(token)
    ids = [str(new_uuid()) for _ in range(3)]
    await one.client.get(READ, headers=member)
    for event in (ids[0], f"{ids[1]}, {ids[2]}"):
        upstream.answers(WRITE, headers={"Marquee-Events": event})
        await one.client.put(WRITE, headers=member)
    for gateway in (one, other):
        await gateway.client.get(READ, headers=member)
        await gateway.client.get(READ, headers=stranger)
    before, *after = [r.headers.get("marquee-after") for r in upstream.received(READ)]
    assert before is None
    assert [set(value.split(",")) if value else None for value in after] == [
        set(ids), None, set(ids), None,
    ]  # fmt: skip
    await one.client.get("/v1/me", headers=member)
    assert "marquee-after" not in upstream.received("/v1/me")[0].headers, "only where flagged"


async def test_they_are_forgotten_after_ten_seconds(
    gateway: Any, upstream: Any, token: Any, redis: Any
) -> None:
    upstream.answers(WRITE, headers={"Marquee-Events": str(new_uuid())})
    await gateway.client.put(WRITE, headers=bearer(token))
    [key] = await redis.keys("recent-writes:*")
    assert 9 <= await redis.ttl(key) <= 10


async def test_without_redis_a_replica_remembers_its_own(
    start_gateway: Any, upstream: Any, token: Any
) -> None:
    gateway = await start_gateway(redis_url="redis://127.0.0.1:9/0")
    event = str(new_uuid())
    upstream.answers("*")
    upstream.answers(WRITE, headers={"Marquee-Events": f"{event}, not-an-id"})
    member = bearer(token)
    await gateway.client.put(WRITE, headers=member)
    await gateway.client.get(READ, headers=member)
    assert upstream.received(READ)[0].headers["marquee-after"] == event
