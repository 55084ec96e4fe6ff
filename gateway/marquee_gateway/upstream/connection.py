"""The client side: one kept-alive connection to one replica, one request at a time.

A small answer is handed over whole; a long or endless one as soon as its head is there, and its
pieces wait for the reader with the replica's socket paused when too many wait.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Final, cast

import httptools

WHOLE: Final = 262_144
"""Answers up to this many bytes are handed over whole."""

HOLD: Final = 262_144
"""Bytes of a streamed answer that may wait in memory."""


class UpstreamError(Exception):
    """The call failed; `sent` says whether the replica may have seen the request."""

    def __init__(self, message: str, *, sent: bool, stale: bool = False) -> None:
        super().__init__(message)
        self.sent = sent
        self.stale = stale


class UpstreamTimeout(UpstreamError):  # noqa: N818 - the field's term
    """The head of the answer did not come in time."""


class UpstreamResponse:
    """An answer; header names are in lower case.

    `body` holds what has arrived; with `complete` it is all there is.
    """

    __slots__ = (
        "_connection",
        "_failed",
        "_held",
        "_pieces",
        "_waiter",
        "complete",
        "fields",
        "length",
        "repeated",
        "status",
    )

    def __init__(self, connection: "UpstreamConnection", status: int) -> None:
        self.status = status
        self.fields: dict[bytes, bytes] = {}
        self.repeated: list[tuple[bytes, bytes]] = []
        self.length: int | None = None
        self.complete = False
        self._connection = connection
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._failed: UpstreamError | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def body(self) -> bytes:
        """The whole body of a complete answer."""
        if len(self._pieces) == 1:
            return self._pieces[0]
        whole = b"".join(self._pieces)
        self._pieces.clear()
        self._pieces.append(whole)
        return whole

    async def pieces(self, silence: float | None) -> AsyncIterator[bytes]:
        """Yield the body as it comes.

        Raises:
            UpstreamError: the replica broke off.
            UpstreamTimeout: nothing came for `silence` seconds.
        """
        while True:
            while self._pieces:
                piece = self._pieces.popleft()
                self._held -= len(piece)
                yield piece
            self._connection.read_on()
            if self.complete:
                return
            if self._failed is not None:
                raise self._failed
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(silence):
                    await self._waiter
            except TimeoutError as error:
                raise UpstreamTimeout("the replica fell silent", sent=True) from error

    def discard(self) -> None:
        """Give the rest up; the connection is of no use any more unless all has come."""
        if not self.complete:
            self._connection.close()

    def feed(self, piece: bytes) -> int:
        """Take a piece and return how many bytes wait."""
        self._pieces.append(piece)
        self._held += len(piece)
        self._wake()
        return self._held

    def finish(self) -> None:
        """Note that all has come."""
        self.complete = True
        self._wake()

    def fail(self, error: UpstreamError) -> None:
        """Note that no more will come."""
        self._failed = error
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


OnAnswer = Callable[[UpstreamResponse | UpstreamError], None]


class UpstreamConnection(asyncio.Protocol):
    """One connection; the names beginning with `on_` are httptools' callbacks."""

    def __init__(
        self,
        on_free: Callable[["UpstreamConnection"], None],
        on_lost: Callable[["UpstreamConnection"], None],
    ) -> None:
        self.closed = False
        self.idle_since = 0.0
        self.calls = 0
        self._on_free = on_free
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._parser = httptools.HttpResponseParser(self)
        self._busy = False
        self._on_answer: OnAnswer | None = None
        self._ready: UpstreamResponse | None = None
        self._response: UpstreamResponse | None = None
        self._fields: dict[bytes, bytes] = {}
        self._repeated: list[tuple[bytes, bytes]] = []
        self._interim = False
        self._until_close = False
        self._sending = False
        self._paused = False
        self._drained: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._patience = 0.0
        self._streaming = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready for a request."""
        self._transport = cast("asyncio.Transport", transport)

    def send(self, head: bytes, timeout: float, on_answer: OnAnswer, *, whole: bool = True) -> None:
        """Send a request; `whole` False: its body follows.

        `on_answer` is called once: with the answer, or with what kept it from coming, which is
        `UpstreamTimeout` after `timeout` seconds.
        """
        self.calls += 1
        self._busy = True
        self._on_answer = on_answer
        self._response = None
        self._until_close = False
        self._streaming = False
        self._sending = not whole
        self._patience = timeout
        self._transport.write(head)
        if whole:
            self._timer = self._loop.call_later(timeout, self._expire)

    def request(
        self, head: bytes, timeout: float, *, whole: bool = True
    ) -> asyncio.Future[UpstreamResponse]:
        """Send a request like `send` and return the future answer; it may fail as told there."""
        answer: asyncio.Future[UpstreamResponse] = self._loop.create_future()

        def settle(result: UpstreamResponse | UpstreamError) -> None:
            if answer.done():
                return
            if isinstance(result, UpstreamError):
                answer.set_exception(result)
            else:
                answer.set_result(result)

        self.send(head, timeout, settle, whole=whole)
        return answer

    async def send_piece(self, piece: bytes) -> None:
        """Send a piece of the request's body, waiting while the replica takes nothing more."""
        if self.closed:
            return
        self._transport.write(piece)
        if self._drained is not None:
            try:
                async with asyncio.timeout(self._patience):
                    await self._drained
            except TimeoutError as error:
                raise UpstreamTimeout("the replica takes nothing more", sent=True) from error

    def sent(self) -> None:
        """Note that the request's body has been sent: now the answer is due."""
        self._sending = False
        if self._on_answer is not None and self._ready is None:
            self._timer = self._loop.call_later(self._patience, self._expire)

    def close(self) -> None:
        """Close at once."""
        self.closed = True
        self._transport.abort()

    def read_on(self) -> None:
        """Read again after the reader has caught up."""
        if self._paused and not self.closed:
            self._paused = False
            self._transport.resume_reading()

    # asyncio's side

    def data_received(self, data: bytes) -> None:
        """Parse; bytes nobody asked for mean that the two sides no longer agree."""
        if not self._busy:
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(UpstreamError(f"the replica does not speak HTTP: {error}", sent=True))
        if self._ready is not None:
            self._deliver(self._ready)

    def eof_received(self) -> bool:
        """Close with the replica."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self.closed = True
        self._on_lost(self)
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        if not self._busy:
            return
        if self._until_close and exc is None:
            self.on_message_complete()
            if self._ready is not None:
                self._deliver(self._ready)
            return
        nothing_came = self._response is None
        self._fail(
            UpstreamError(
                "the replica closed the connection",
                sent=True,
                stale=nothing_came and self.calls > 1,
            )
        )

    def pause_writing(self) -> None:
        """Note that the replica takes nothing more for now."""
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        """Go on."""
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    # httptools' side

    def on_message_begin(self) -> None:
        """Begin an answer; a second one to the same request is a desynchronised replica."""
        self._fields = {}
        self._repeated = []
        if not self._busy or self._response is not None:
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        if self._response is not None:
            return  # a trailer
        name = name.lower()
        if name in self._fields:
            self._repeated.append((name, value))
        else:
            self._fields[name] = value

    def on_headers_complete(self) -> None:
        """Hand over a long answer; wait for the rest of a short one."""
        status = self._parser.get_status_code()
        self._interim = status < 200  # noqa: PLR2004 - 1xx
        if self._interim or self.closed or not self._busy:
            return
        response = self._response = UpstreamResponse(self, status)
        response.fields = fields = self._fields
        response.repeated = self._repeated
        declared = fields.get(b"content-length")
        if declared is not None:
            response.length = int(declared)
        elif b"transfer-encoding" not in fields and status not in {204, 304}:
            self._until_close = True
        small = response.length is not None and response.length <= WHOLE
        if not small and status not in {204, 304}:
            self._streaming = True
            self._hand_over()

    def on_body(self, piece: bytes) -> None:
        """Take a piece of the body."""
        if self._response is not None and self._response.feed(piece) > HOLD and self._streaming:
            self._paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        """Hand over a short answer, end a long one, and be free for the next request."""
        if self._interim or self._response is None:
            return
        self._response.finish()
        self._hand_over()
        keep = self._parser.should_keep_alive() and not self._until_close and not self._sending
        self._busy = False
        self._response = None
        if keep and not self.closed:
            self.read_on()
            self.idle_since = self._loop.time()
        else:
            self.close()
        self._on_free(self)

    # inside

    def _hand_over(self) -> None:
        """Have the answer delivered once the parser is done with what has come."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._on_answer is not None:
            self._ready = self._response

    def _deliver(self, result: UpstreamResponse | UpstreamError) -> None:
        on_answer, self._on_answer = self._on_answer, None
        self._ready = None
        if on_answer is not None:
            on_answer(result)

    def _expire(self) -> None:
        self._timer = None
        self._fail(UpstreamTimeout("no answer in time", sent=True))

    def _fail(self, error: UpstreamError) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        busy, response = self._busy, self._response
        self._busy = False
        self._response = None
        self.close()
        if response is not None:
            response.fail(error)
        if busy:
            self._on_free(self)
        if self._ready is None:
            self._deliver(error)
