"""What members are recommended while something is broken around the recommender."""

import asyncio
import os
import signal
from contextlib import contextmanager

import asyncpg
import httpx
import pytest
from redis.asyncio import Redis
from steps import eventually

TASTE = ("alien-1979", "aliens-1986", "the-terminator-1984")


async def recommended(client, member, query="?limit=100"):
    answer = await client.get(f"/v1/me/recommendations{query}", headers=member.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def slugs(answer):
    return [item["movie"]["slug"] for item in answer["items"]]


@pytest.fixture
async def recommender(system):
    """The recommender's own door."""
    url = system.run["service_urls"]["recommender"]
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        yield client


@contextmanager
def frozen(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_without_redis_the_model_and_postgres_answer(http, system, sign_up, recommender):
    member = await sign_up()
    for slug in TASTE[:2]:
        assert (await member.rate(slug, 5)).is_success
    before = await recommended(http, member)
    assert not set(TASTE[:2]) & set(slugs(before))
    with frozen(system.run["processes"]["redis"]["pid"]):
        doors = (http, recommender)
        answers = await asyncio.gather(*(recommended(door, member) for door in doors))
        assert [answer["model"] for answer in answers] == [before["model"]] * 2
        assert slugs(answers[1]) == slugs(before)
        home = await recommender.get("/v1/me/home", headers=member.headers)
        assert home.json()["sections"][0]["key"] == "for_you"
        first = slugs(before)[0]
        assert (await member.rate(first, 5)).is_success
        assert first not in slugs(await recommended(http, member))  # no event can have brought it


async def test_a_poisoned_event_is_put_aside_and_the_next_one_counts(http, system, sign_up):
    database = await asyncpg.connect(
        system.run["database_urls"]["recommender"], server_settings={"search_path": "recommender"}
    )

    async def buried():
        return await database.fetch("SELECT event, error FROM dead_letters")

    try:
        async with Redis.from_url(system.run["redis_url"]) as redis:
            await redis.xadd("events:social:rating", {"event": b'{"type": "social.rating.set"'})
        member = await sign_up()
        assert (await member.rate(TASTE[0], 5)).is_success

        async def arrived():
            return await database.fetchval(
                "SELECT count(*) FROM interactions WHERE user_id = $1", member.tokens["user"]["id"]
            )

        await eventually(arrived, seconds=60, what="the rating after the poison")
        (letter,) = await eventually(buried, seconds=60, what="the dead letter")
        assert letter["event"].startswith('{"type": "social')
        answer = await recommended(http, member)
        assert "Because you rated Alien 5" in str(answer["items"][0])
    finally:
        for service in ("recommender", "social"):  # other tests ask that nothing was put aside
            connection = await asyncpg.connect(
                system.run["database_urls"][service], server_settings={"search_path": service}
            )
            await connection.execute("DELETE FROM dead_letters")
            await connection.close()
        await database.close()


async def test_a_film_deleted_while_recommended_is_gone_and_comes_back(http, system, sign_up):
    admin = system.credentials["admin"]
    login = {"login": admin["username"], "password": admin["password"]}
    token = (await http.post("/v1/auth/login", json=login)).json()["access_token"]
    editor = {"Authorization": f"Bearer {token}"}
    member = await sign_up()
    for slug in TASTE:
        assert (await member.rate(slug, 5)).is_success
    first = slugs(await recommended(http, member))[0]
    assert first in slugs(await recommended(http, member))  # an answer that is kept by now
    url = f"/v1/movies/{first}"
    assert (await http.delete(url, headers=editor)).status_code == 204
    try:

        async def gone():
            home = (await member.get("/v1/me/home")).text
            return f'"{first}"' not in home and first not in slugs(await recommended(http, member))

        await eventually(gone, seconds=60, what="an answer without the film")
        assert (await member.get(f"{url}/why")).status_code == 404
    finally:
        assert (await http.post(f"{url}/restore", headers=editor)).is_success

    async def back():
        return first in slugs(await recommended(http, member))

    await eventually(back, seconds=60, what="the film's return")
