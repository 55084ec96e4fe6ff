"""Player events over the death of a worker and of Redis, with real processes."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from marquee_shared.embedded import start_redis
from marquee_shared.events.social import WatchBatchReceived
from marquee_shared.testing.plugin import new_uuid
from marquee_social.watch_time.intake import STREAM, take_in

EVENTS = 60
VIEWERS = 8
BEGAN = round((datetime.now(UTC) - timedelta(hours=1)).timestamp() * 1000)


def batch(member, number):
    """One minute of a film, in its place."""
    return WatchBatchReceived(
        user_id=member,
        received_at=BEGAN + 10_000_000,
        events=[
            {
                "session_id": "tv",
                "sequence": place,
                "movie_id": 1,
                "kind": "progress",
                "position": place * 10_000,
                "at": BEGAN + place * 10_000,
            }
            for place in range(number * 6, number * 6 + 6)
        ],
    )


@asynccontextmanager
async def worker(settings, redis_url):
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": redis_url,
        "CONSUMER_CLAIM_IDLE": "0.2",
        "LOG_LEVEL": "WARNING",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "marquee_social", "worker", env=environment
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def watched(database):
    async with database.reading() as session:
        return await session.scalar(text("SELECT coalesce(sum(milliseconds), 0) FROM watchers"))


async def until_more_than(database, milliseconds):
    async with asyncio.timeout(60):
        while (found := await watched(database)) <= milliseconds:
            await asyncio.sleep(0.01)
    return found


@pytest.fixture
async def durable_redis(tmp_path):
    async with start_redis(tmp_path / "redis") as server:
        yield server


async def test_nothing_is_lost_when_the_worker_and_redis_are_killed(
    settings, database, durable_redis, deliver, film
):
    await deliver((film(1, runtime=100), 1))
    members = [new_uuid() for _ in range(VIEWERS)]
    order = [(member, number) for number in range(EVENTS // 6) for member in members]

    async def send(part):
        client = Redis.from_url(durable_redis.url)
        for member, number in part:
            await take_in(client, batch(member, number))
        await client.aclose()

    third = len(order) // 3
    async with worker(settings, durable_redis.url) as first:
        await send(order[:third])
        seen = await until_more_than(database, 0)
        await send(order[third : 2 * third])
        first.send_signal(signal.SIGKILL)
        await first.wait()
    await send(order[2 * third :])
    await durable_redis.kill()
    await durable_redis.start()
    async with worker(settings, durable_redis.url):
        while seen < VIEWERS * (EVENTS - 1) * 10_000:
            seen = await until_more_than(database, seen)
    assert seen == VIEWERS * (EVENTS - 1) * 10_000
    async with database.reading() as session:
        assert await session.scalar(text("SELECT epoch FROM relay_state")) == 1
        assert await session.scalar(text("SELECT count(*) FROM dead_letters")) == 0
    assert STREAM == "intake:social:watch_batch"
