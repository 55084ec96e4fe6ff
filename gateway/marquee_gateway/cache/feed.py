"""What makes kept answers stale from outside: events of the services, purges of other replicas."""

import asyncio
import logging
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from marquee_gateway.cache.answers import AnswerCache
from marquee_gateway.cache.entry import parse_tags
from marquee_gateway.cache.shared import CHANNEL
from marquee_shared.events import Event, EventData, cache_tags

logger = logging.getLogger(__name__)

STREAMS: Final = (
    "events:catalog:movie",
    "events:catalog:genre",
    "events:catalog:person",
    "events:catalog:platform",
    "events:catalog:award",
    "events:catalog:tag",
    "events:catalog:import",
    "events:identity:user",
    "events:identity:key",
    "events:social:movie",
    "events:recommender:model",
)
"""Streams whose events cached answers depend on. Members' ratings are not among them: what they
change for everyone is told by `social.movie.ratings_changed`."""

RETRY: Final = 0.5
SILENCE: Final = 5.0


class PurgeFeed:
    """Follows purges that other replicas tell."""

    def __init__(self, redis: Redis, cache: AnswerCache, replica: str) -> None:
        self._redis = redis
        self._cache = cache
        self._replica = replica.encode()
        self.listening = False
        self.settled = asyncio.Event()
        """Set when it listens, and when it has found that it cannot."""

    async def on_events(self, events: list[Event[EventData]]) -> None:
        """Purge what a batch of events makes stale; every replica reads them for itself."""
        tags = {tag.encode() for event in events for tag in cache_tags(event)}
        await self._cache.purge(tags, tell=False)

    async def run(self) -> None:
        """Listen until cancelled. While Redis is away the cache keeps nothing for long."""
        while True:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as error:
                logger.warning("purges of other replicas do not reach us: %s", error)
            self.listening = False
            self.settled.set()
            self._cache.hear(False)
            await asyncio.sleep(RETRY)

    async def _listen(self) -> None:
        async with self._redis.pubsub() as channel:
            await channel.subscribe(CHANNEL)
            quiet = False
            while True:
                message = await channel.get_message(timeout=SILENCE)
                if message is None:
                    if quiet:
                        raise TimeoutError("no answer to a ping")
                    quiet = True
                    await channel.ping()
                    continue
                quiet = False
                if message["type"] == "subscribe":
                    self._cache.hear(True)
                    self.listening = True
                    self.settled.set()
                elif message["type"] == "message":
                    replica, _, tags = message["data"].partition(b" ")
                    if replica != self._replica:
                        self._cache.purge_here(parse_tags(tags))
