"""A rating on its way: outbox, relay, stream, this service's own worker, and the total it tells."""

import asyncio

import orjson
import pytest

from marquee_shared.outbox import Consumer
from marquee_shared.outbox.relay import Relay


@pytest.fixture
async def working(service, context, settings):
    """The worker's relay and consumer."""
    relay = Relay(service.name, settings.database_url, service.name, context.redis)
    context.database.on_published = relay.wake
    consumer = Consumer(service.name, context.database, context.redis, service.handlers)
    tasks = [asyncio.create_task(relay.run()), asyncio.create_task(consumer.run())]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_rating_becomes_a_total_in_the_stream(new_member, films, working, redis):
    members = [new_member() for _ in range(5)]
    await asyncio.gather(*(member.rate(films[0], 3.5) for member in members))
    last, told = "0", {}
    async with asyncio.timeout(20):
        while told.get("count") != 5:
            answer = await redis.xread({"events:social:movie": last}, block=1000)
            for entry, fields in (row for _, rows in answer for row in rows):
                last = entry
                told = orjson.loads(fields[b"event"])["data"]
    assert told == {
        "movie_id": 1,
        "count": 5,
        "average": 3.5,
        "histogram": [0, 0, 0, 0, 0, 0, 5, 0, 0, 0],
    }
