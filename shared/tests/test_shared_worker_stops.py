"""A worker ends when it is told to, whatever has become of Redis; and not before."""

import asyncio
import signal

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from worker_process import until, worker

from marquee_shared.embedded.redis import start_redis
from marquee_shared.operations.service import heartbeat_key

SLOWEST = 90


@pytest_asyncio.fixture
async def own_redis(tmp_path):
    """A server that this test may do anything to."""
    async with start_redis(tmp_path / "redis", durable=False) as server:
        yield server


async def at_work(server):
    """Return once the parts of the worker have written to this Redis."""

    async def written():
        async with Redis.from_url(server.url) as client:
            return await client.exists(heartbeat_key("example"), "arq:health:example") == 2

    await until(written, seconds=SLOWEST)


@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP])
async def test_it_goes_on_after_redis_and_stops_without_it(settings, own_redis, database, fault):
    del database
    async with worker(settings.model_copy(update={"redis_url": own_redis.url})) as process:
        await at_work(own_redis)
        await own_redis.kill()
        await own_redis.start()  # empty: what is there now was written after
        await at_work(own_redis)
        own_redis.process.send_signal(fault)
        try:
            process.terminate()
            assert await asyncio.wait_for(process.wait(), SLOWEST) == 0
        finally:
            own_redis.process.send_signal(signal.SIGCONT)
