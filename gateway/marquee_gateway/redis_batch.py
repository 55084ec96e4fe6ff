"""Redis for the request path: what several requests ask in one turn of the loop goes as one batch.

A Redis that does not answer is left alone for a moment, so that nobody waits for it twice.
"""

import asyncio
import logging
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

PATIENCE: Final = 0.25
PAUSE: Final = 1.0

Argument = str | bytes | int | float


class RedisGone(Exception):  # noqa: N818 - a state, handled by doing without
    """Redis does not answer; the caller does without it."""


class RedisBatch:
    """Sends commands in pipelines."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: list[tuple[tuple[Argument, ...], asyncio.Future[Any]]] = []
        self._loop = asyncio.get_running_loop()
        self._gone_until = 0.0
        self._flushes: set[asyncio.Task[None]] = set()

    @property
    def gone(self) -> bool:
        """Whether Redis has just failed to answer."""
        return self._loop.time() < self._gone_until

    async def call(self, *command: Argument) -> Any:
        """Return the reply to a command.

        Raises:
            RedisGone: there is none.
        """
        if self.gone:
            raise RedisGone
        reply: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append((command, reply))
        if len(self._waiting) == 1:
            self._loop.call_soon(self._flush)
        return await reply

    def _flush(self) -> None:
        batch, self._waiting = self._waiting, []
        task = self._loop.create_task(self._send(batch))
        self._flushes.add(task)
        task.add_done_callback(self._flushes.discard)

    async def _send(self, batch: list[tuple[tuple[Argument, ...], asyncio.Future[Any]]]) -> None:
        replies: list[Any]
        try:
            async with asyncio.timeout(PATIENCE):
                pipeline = self._redis.pipeline(transaction=False)
                for command, _ in batch:
                    pipeline.execute_command(*command)
                replies = await pipeline.execute(raise_on_error=False)
        except (RedisError, OSError, TimeoutError) as error:
            if not self.gone:
                logger.warning("Redis does not answer: %s", error or type(error).__name__)
            self._gone_until = self._loop.time() + PAUSE
            replies = [error] * len(batch)
        for (_, reply), value in zip(batch, replies, strict=True):
            if reply.done():
                continue
            if isinstance(value, Exception):
                reply.set_exception(RedisGone(str(value)))
            else:
                reply.set_result(value)
