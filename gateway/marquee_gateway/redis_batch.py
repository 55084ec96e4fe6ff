"""Redis for the request path: what several requests ask in one turn of the loop goes as one batch.

A Redis that does not answer is left alone for a moment, so that nobody waits for it twice.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

PATIENCE: Final = 0.25
PAUSE: Final = 1.0

Argument = str | bytes | int | float
Batch = list[tuple[tuple[Argument, ...], asyncio.Future[Any]]]


class RedisGone(Exception):  # noqa: N818 - a state, handled by doing without
    """Redis does not answer; the caller does without it."""


class RedisBatch:
    """Sends commands in pipelines; `patience` is how many seconds a reply may take."""

    def __init__(self, redis: Redis, patience: float = PATIENCE) -> None:
        self._redis = redis
        self._patience = patience
        self._waiting: Batch = []
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
        late = self._loop.call_later(self._patience, self._give_up, batch, task)
        self._flushes.add(task)
        task.add_done_callback(self._flushes.discard)
        task.add_done_callback(lambda _: late.cancel())

    async def _send(self, batch: Batch) -> None:
        try:
            pipeline = self._redis.pipeline(transaction=False)
            for command, _ in batch:
                pipeline.execute_command(*command)
            replies: list[Any] = await pipeline.execute(raise_on_error=False)
        except (RedisError, OSError) as error:
            self._note_gone(error)
            replies = [error] * len(batch)
        except Exception as error:
            logger.exception("the Redis client failed")
            replies = [error] * len(batch)
        _settle(batch, replies)

    def _give_up(self, batch: Batch, task: asyncio.Task[None]) -> None:
        """Answer those who wait, even while the client still lets go of its connection."""
        late = TimeoutError("no reply in time")
        self._note_gone(late)
        _settle(batch, [late] * len(batch))
        task.cancel()

    def _note_gone(self, error: Exception) -> None:
        if not self.gone:
            logger.warning("Redis does not answer: %s", error or type(error).__name__)
        self._gone_until = self._loop.time() + PAUSE


def _settle(batch: Batch, replies: Sequence[Any]) -> None:
    for (_, reply), value in zip(batch, replies, strict=True):
        if reply.done():
            continue
        if isinstance(value, Exception):
            reply.set_exception(RedisGone(str(value)))
        else:
            reply.set_result(value)
