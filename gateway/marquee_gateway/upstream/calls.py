"""Sends one request to a service: picks a replica, keeps the deadline, tries again where it may.

A call is repeated only where that cannot do anything twice: nothing had been sent, or the method
is idempotent. A budget keeps repeats below a tenth of the calls, so that a sick service is not
drowned in them.
"""

import asyncio
from collections.abc import MutableMapping
from typing import Any, Final

from marquee_gateway.edge.body import Body
from marquee_gateway.problems import BadGateway, DeadlineExceeded, Problem, Unavailable
from marquee_gateway.upstream.connection import (
    OnAnswer,
    UpstreamConnection,
    UpstreamError,
    UpstreamResponse,
    UpstreamTimeout,
)
from marquee_gateway.upstream.replicas import Replica, Replicas

ATTEMPTS: Final = 3
BUDGET_SHARE: Final = 0.1
BUDGET_MOST: Final = 10.0
ENDLESS: Final = 3600.0
SICK_STATUS: Final = frozenset({502, 503, 504})


class ServiceClient:
    """Calls one service.

    Args:
        replicas: Where it is.
        failures: Counts calls that a replica did not answer, by service and problem code.
    """

    def __init__(self, replicas: Replicas, failures: MutableMapping[tuple[str, str], int]) -> None:
        self.replicas = replicas
        self._failures = failures
        self._budget = BUDGET_MOST
        self._clock = asyncio.get_running_loop().time

    async def call(
        self,
        head: bytes,
        body: bytes | Body,
        *,
        timeout: float,  # noqa: ASYNC109 - shared out among the attempts
        idempotent: bool,
        endless: bool = False,
    ) -> UpstreamResponse:
        """Send a request and return its answer, streamed ones as soon as their head is there.

        Args:
            head: Request line and headers, each line ended by CRLF, without Host, framing and
                deadline, which are added here.
            body: The body, or where to read a long one from; then nothing is tried twice.
            timeout: Seconds for all attempts together.
            idempotent: Whether it may be sent again although a replica may have seen it.
            endless: Whether the replica may go on answering after `timeout`.

        Raises:
            Unavailable: no replica could be reached.
            BadGateway: the replica broke off or did not speak HTTP.
            DeadlineExceeded: no answer in time.
        """
        deadline = self._clock() + timeout
        self._budget = min(self._budget + BUDGET_SHARE, BUDGET_MOST)
        tried: list[Replica] = []
        failure: Problem | None = None
        for _ in range(ATTEMPTS):
            try:
                replica = self.replicas.pick(tried)
            except Unavailable:
                raise failure or Unavailable() from None
            remaining = deadline - self._clock()
            share = remaining
            if idempotent and self.replicas.has_another([*tried, replica]):
                share = remaining / 2
            told = ENDLESS if endless else remaining
            try:
                response = await self._attempt(replica, head, body, told, share)
            except UpstreamError as error:
                failure = self._note_failure(replica, error)
                if not error.stale:
                    tried.append(replica)
                if error.sent and not (idempotent and isinstance(body, bytes)):
                    raise failure from error
                if not self.may_repeat():
                    raise failure from error
                continue
            if (
                response.status in SICK_STATUS
                and idempotent
                and isinstance(body, bytes)
                and self.replicas.has_another([*tried, replica])
                and self.may_repeat()
            ):
                tried.append(replica)
                response.discard()
                failure = BadGateway()
                continue
            return response
        raise failure or Unavailable()

    def call_now(
        self, head: bytes, timeout: float, on_answer: OnAnswer
    ) -> UpstreamConnection | None:
        """Send a read over a connection that is ready, one attempt, without a task.

        Returns the connection, or None where it takes more than that: then `call` it. Whoever
        gets an error asks `may_repeat` before trying again.
        """
        if not self.replicas.untroubled:
            return None
        replica = self.replicas.pick()
        connection = replica.ready_connection()
        if connection is None:
            return None
        replica.outstanding += 1
        self._budget = min(self._budget + BUDGET_SHARE, BUDGET_MOST)
        share = timeout / 2 if len(self.replicas.all) > 1 else timeout

        def on_result(result: UpstreamResponse | UpstreamError) -> None:
            if isinstance(result, UpstreamError):
                self._note_failure(replica, result)
            else:
                replica.breaker.succeed()
            on_answer(result)

        connection.send(b"%b%b\r\n" % (head, _told(replica, timeout)), share, on_result)
        return connection

    def may_repeat(self) -> bool:
        """Take one repeat out of the budget; False when it is used up."""
        if self._budget < 1:
            return False
        self._budget -= 1
        return True

    def _note_failure(self, replica: Replica, error: UpstreamError) -> Problem:
        problem = problem_of(error)
        self._failures[self.replicas.service, problem.code] += 1
        if not error.stale:
            replica.breaker.fail(self._clock())
        return problem

    async def _attempt(
        self, replica: Replica, head: bytes, body: bytes | Body, told: float, share: float
    ) -> UpstreamResponse:
        replica.outstanding += 1
        try:
            connection = await replica.connection()
        except BaseException:
            replica.outstanding -= 1
            raise
        whole = isinstance(body, bytes)
        lines = _told(replica, told)
        if isinstance(body, bytes):
            framing = b"content-length: %d\r\n\r\n%b" % (len(body), body) if body else b"\r\n"
        elif body.declared is not None:
            framing = b"content-length: %d\r\n\r\n" % body.declared
        else:
            framing = b"transfer-encoding: chunked\r\n\r\n"
        answer = connection.request(head + lines + framing, share, whole=whole)
        try:
            if isinstance(body, Body):
                response = await self._with_body(connection, answer, body)
            else:
                response = await answer
        except asyncio.CancelledError:
            connection.close()
            raise
        replica.breaker.succeed()
        return response

    async def _with_body(
        self,
        connection: UpstreamConnection,
        answer: asyncio.Future[UpstreamResponse],
        body: Body,
    ) -> UpstreamResponse:
        """Send a long body while waiting: a replica may refuse before it has heard all."""
        sender = asyncio.create_task(_send_body(connection, body))
        try:
            either: list[asyncio.Future[Any]] = [sender, answer]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if sender.done() and (error := sender.exception()) is not None:
                connection.close()
                raise error
            return await answer
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)


async def _send_body(connection: UpstreamConnection, body: Body) -> None:
    while piece := await body.next_piece():
        if body.declared is None:
            piece = b"%x\r\n%b\r\n" % (len(piece), piece)
        await connection.send_piece(piece)
    if body.declared is None:
        await connection.send_piece(b"0\r\n\r\n")
    connection.sent()


def _told(replica: Replica, seconds: float) -> bytes:
    """Return the lines that differ from replica to replica and from attempt to attempt."""
    return b"host: %b\r\nmarquee-deadline-ms: %d\r\n" % (
        replica.authority,
        max(1, int(seconds * 1000)),
    )


def problem_of(error: UpstreamError) -> Problem:
    """Return what a client is told of a failed call."""
    if isinstance(error, UpstreamTimeout):
        return DeadlineExceeded()
    return BadGateway() if error.sent else Unavailable()
