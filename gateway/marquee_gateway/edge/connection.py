"""The server side of one client connection: bytes in, exchanges out, answers in their order.

Bears the load: an exchange is handled only when the one before it on this connection has been
answered, so nothing needs a lock; and everything the client can make us hold is bounded — head,
body (see `Body`), pipelined requests, and unsent answers, by ceasing to read.
"""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final, cast

import httptools

from marquee_gateway.edge.body import HOLD, Body
from marquee_gateway.edge.exchange import Exchange
from marquee_gateway.edge.validation import (
    HEADERS_LIMIT,
    URL_LIMIT,
    check_headers,
    check_target,
    repeat,
)
from marquee_gateway.problems import (
    DeadlineExceeded,
    HeadersTooLarge,
    MalformedRequest,
    Problem,
    RequestTimeout,
    UriTooLong,
)
from marquee_shared.logs import request_id, traceparent

if TYPE_CHECKING:
    from marquee_gateway.edge.server import EdgeServer

logger = logging.getLogger(__name__)

HEAD_TIMEOUT: Final = 10.0
IDLE_TIMEOUT: Final = 75.0
LINGER_TIMEOUT: Final = 2.0
STALL_TIMEOUT: Final = 30.0
BODY_TIMEOUT: Final = 15.0
BODY_RATE: Final = 50_000
"""Bytes a second that a sender of a long body must reach, beyond `BODY_TIMEOUT`."""

PIPELINE_LIMIT: Final = 8


class EdgeConnection(asyncio.Protocol):
    """One client. The names beginning with `on_` are httptools' callbacks."""

    def __init__(self, server: "EdgeServer") -> None:
        self.server = server
        self._transport: asyncio.Transport
        self._parser = httptools.HttpRequestParser(self)
        self._peer = ""
        self._trusted = False
        self._url = b""
        self._fields: dict[bytes, bytes] = {}
        self._head_size = 0
        self._unparsed = 0
        self._head_done = False
        self._defect: Problem | None = None
        self._current: Exchange | None = None
        self._task: asyncio.Task[None] | None = None
        self._incoming: Exchange | None = None
        self._waiting: deque[tuple[Exchange, Problem | None]] = deque()
        self._deaf = False
        self._paused = False
        self._stalled = math.inf
        self._drained: asyncio.Future[None] | None = None
        self._expires = server.clock() + HEAD_TIMEOUT

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; refused at once where too many clients are here."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._peer = peer[0] if isinstance(peer, tuple) else "local"
        self._trusted = self.server.trusts(self._peer)
        if not self.server.join(self):
            self._deaf = True
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Parse, then handle what has come in whole."""
        if self._deaf:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # The request itself is complete. We answer it in HTTP/1.1 and hear nothing after it.
            self._deaf = True
            if self._incoming is not None:
                self._incoming.keep_alive = False
        except httptools.HttpParserError as error:
            self._note_malformed(error)
        if not self._head_done and self._url:
            self._unparsed += len(data)
            if self._unparsed > HEADERS_LIMIT + URL_LIMIT:
                self._refuse_head(
                    UriTooLong(limit=URL_LIMIT)
                    if len(self._url) > URL_LIMIT
                    else HeadersTooLarge(limit=HEADERS_LIMIT)
                )
        if self._waiting:
            self._start_next()

    def eof_received(self) -> bool:
        """Close with the client: a half-open client cannot be told from one that has gone."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Let go of everything; a read is given up, a write is seen through."""
        self.server.leave(self)
        self._deaf = True
        self._waiting.clear()
        if self._drained is not None and not self._drained.done():
            self._drained.set_exception(ConnectionResetError("the client went away"))
        if self._current is not None:
            self._current.body.abandon()
            if self._current.give_up is not None:
                self._current.give_up()
            if self._task is not None and self._current.abandonable:
                self._task.cancel()

    def pause_writing(self) -> None:
        """Note that the client takes nothing more for now."""
        self._stalled = self.server.clock()
        self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """Go on."""
        self._stalled = math.inf
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None
        if self._current is None and self._waiting:
            self._start_next()

    # httptools' side

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._url = b""
        self._fields = {}
        self._head_size = 0
        self._unparsed = 0
        self._head_done = False
        if self._current is None:
            self._expires = self.server.clock() + HEAD_TIMEOUT

    def on_url(self, url: bytes) -> None:
        """Take a part of the target; it comes in several when it crosses a packet."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header. Trailers are dropped: they came too late for every check."""
        if self._head_done:
            return
        self._head_size += len(name) + len(value)
        name = name.lower()
        if name in self._fields:
            if self._head_size <= HEADERS_LIMIT and not repeat(self._fields, name, value):
                self._defect = MalformedRequest(reason="a single-valued header is repeated")
        else:
            self._fields[name] = value

    def on_headers_complete(self) -> None:
        """Make the exchange; what is wrong with its head is answered in its turn."""
        self._head_done = True
        fields, defect = self._fields, self._defect
        version = self._parser.get_http_version()
        declared = fields.get(b"content-length")
        has_body = declared is not None or b"transfer-encoding" in fields
        exchange = Exchange(
            self,
            self._parser.get_method().decode(),
            self._url,
            fields,
            Body(self, int(declared) if declared else None, complete=not has_body),
            version=version,
            keep_alive=self._parser.should_keep_alive() and not self.server.draining,
            started=self.server.clock(),
        )
        try:
            if defect is not None:
                raise defect
            if len(self._url) > URL_LIMIT:
                raise UriTooLong(limit=URL_LIMIT)
            if self._head_size > HEADERS_LIMIT:
                raise HeadersTooLarge(limit=HEADERS_LIMIT)
            check_headers(fields, version, self.server.hosts)
            exchange.path, exchange.query = check_target(self._url)
        except Problem as problem:
            defect = problem
            exchange.keep_alive = False
        if has_body:
            self._expires = (
                exchange.started + BODY_TIMEOUT + (exchange.body.declared or 1_000_000) / BODY_RATE
            )
        else:
            self._expires = math.inf
        self._incoming = exchange
        self._waiting.append((exchange, defect))
        if len(self._waiting) > PIPELINE_LIMIT:
            self._adjust_reading()

    def on_body(self, piece: bytes) -> None:
        """Take a piece of a body."""
        if self._incoming is not None:
            self._incoming.body.feed(piece)

    def on_message_complete(self) -> None:
        """Finish the request's body."""
        if self._incoming is not None and not self._incoming.body.complete:
            self._incoming.body.finish()
            self._expires = math.inf
            if self._incoming is self._current:
                self._incoming.asked = self.server.clock()

    # the exchanges' side

    def client_address(self, fields: dict[bytes, bytes]) -> str:
        """Return who is calling: the peer, or whom a trusted proxy names."""
        if not self._trusted:
            return self._peer
        return self.server.forwarded_address(fields.get(b"x-forwarded-for", b"")) or self._peer

    def send(self, data: bytes) -> None:
        """Write; a client that has gone takes it silently, its exchange is cancelled elsewhere."""
        if not self._transport.is_closing():
            self._transport.write(data)

    async def drain(self) -> None:
        """Wait until the client has taken most of what was sent.

        Raises:
            ConnectionResetError: it has gone.
        """
        if self._transport.is_closing():
            raise ConnectionResetError("the client went away")
        if self._drained is not None:
            await self._drained

    @property
    def gone(self) -> bool:
        """Whether the client has left."""
        return self._transport.is_closing()

    def run(self, exchange: Exchange, work: Coroutine[Any, Any, None]) -> None:
        """Answer an exchange in a task of its own."""
        self._task = asyncio.get_running_loop().create_task(self._see_through(exchange, work))
        self.server.keep(self._task)

    def attempt(self, exchange: Exchange, step: Callable[[], None]) -> None:
        """Take a step towards an answer without a task; whatever it raises becomes the answer."""
        try:
            step()
        except Exception as error:  # noqa: BLE001 - the last resort, it is logged
            self._fail(exchange, error)

    def finished(self, exchange: Exchange) -> None:
        """Go on to the next request, or close."""
        self.server.observe(exchange)
        exchange.body.drop()
        self._current = None
        self._task = None
        if not exchange.keep_alive or self.server.draining:
            self._close_gently(heard=exchange.body.complete)
            return
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._start_next)
        else:
            self._expires = self.server.clock() + IDLE_TIMEOUT
        if self._paused:
            self._adjust_reading()

    def pause(self) -> None:
        """Stop reading from the client."""
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def proceed(self) -> None:
        """Read again, where nothing else speaks against it."""
        if self._paused:
            self._adjust_reading()

    def invite(self) -> None:
        """Send `100 Continue` where the client waits for it."""
        if (
            self._incoming is not None
            and self._incoming.fields.pop(b"expect", b"").lower() == b"100-continue"
        ):
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    # the server's side

    @property
    def busy(self) -> bool:
        """Whether a request is being answered."""
        return self._current is not None or bool(self._waiting)

    def close_when_idle(self) -> None:
        """Close now, or after the answer that is on its way."""
        if self._current is not None:
            self._current.keep_alive = False
        elif not self._waiting:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def check_time(self, now: float) -> None:
        """Give up on a client that is too slow in sending or in taking, and on ourselves."""
        if self._current is not None and now > self._current.overdue:
            self._give_up_answering(self._current)
        elif now - self._stalled > STALL_TIMEOUT or (self._deaf and now > self._expires):
            self._transport.abort()
        elif now > self._expires:
            self._deaf = True
            if self._incoming is not None and self._current is self._incoming:
                self._expires = now + LINGER_TIMEOUT
                self._incoming.body.expire()
            elif self._url and not self._head_done:
                self._refuse_head(RequestTimeout())
            else:
                self._transport.close()

    # inside

    def _give_up_answering(self, exchange: Exchange) -> None:
        """End what every limit on the way should have ended already, and tell where it hung."""
        where = f"{exchange.method} {exchange.path.decode('latin-1')}"
        logger.error("answering %s hangs, it is given up: %s", where, _waits_at(self._task))
        if self._task is not None:
            self._task.cancel()
            return
        exchange.refuse(DeadlineExceeded())
        if exchange.give_up is not None:
            exchange.give_up()

    def _note_malformed(self, error: Exception) -> None:
        self._deaf = True
        problem = MalformedRequest(reason=_reason(error))
        if self._incoming is not None and not self._incoming.body.complete and self._head_done:
            self._waiting = deque(
                (exchange, problem if exchange is self._incoming else defect)
                for exchange, defect in self._waiting
            )
            self._incoming.keep_alive = False
            self._incoming.body.abandon()
            if self._current is self._incoming and self._task is None:
                self._transport.abort()
        else:
            self._refuse_head(problem)

    def _refuse_head(self, problem: Problem) -> None:
        """Answer a request whose head never became whole."""
        self._deaf = True
        exchange = Exchange(
            self, "GET", self._url, self._fields, Body(self, None),
            version="1.1", keep_alive=False, started=self.server.clock(),
        )  # fmt: skip
        self._waiting.append((exchange, problem))
        if self._current is None:
            self._start_next()

    def _start_next(self) -> None:
        if self._current is not None or self._drained is not None or not self._waiting:
            return
        exchange, defect = self._waiting.popleft()
        self._current = exchange
        if exchange.body.complete:
            exchange.asked = self.server.clock()
        if defect is None:
            self.attempt(exchange, lambda: self.server.handle(exchange))
        else:
            exchange.refuse(defect)

    def _adjust_reading(self) -> None:
        held = self._incoming.body.held if self._incoming is not None else 0
        hold = len(self._waiting) > PIPELINE_LIMIT or held > HOLD
        if hold and not self._paused:
            self.pause()
        elif not hold and self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def _close_gently(self, *, heard: bool) -> None:
        """Close. A client still sending would lose the answer to a reset, so it is heard out."""
        self._waiting.clear()
        if heard or self._transport.is_closing():
            self._transport.close()
            return
        self._deaf = True
        self._expires = self.server.clock() + LINGER_TIMEOUT
        self._transport.write_eof()
        if self._paused:
            self._paused = False
            self._transport.resume_reading()

    async def _see_through(self, exchange: Exchange, work: Coroutine[Any, Any, None]) -> None:
        request_id.set(exchange.request_id.decode())
        traceparent.set(exchange.traceparent.decode())
        try:
            await work
        except ConnectionResetError:
            self._transport.abort()
        except asyncio.CancelledError:
            if self.server.clock() > exchange.overdue and not self.gone:
                self._fail(exchange, DeadlineExceeded())
                return
            self._transport.abort()
            raise
        except Exception as error:  # noqa: BLE001 - the last resort, it is logged
            self._fail(exchange, error)

    def _fail(self, exchange: Exchange, error: Exception) -> None:
        """Answer with a problem; where an answer has begun, break it off so that it shows."""
        if not isinstance(error, Problem):
            where = f"{exchange.method} {exchange.path.decode('latin-1')}"
            logger.error("answering %s failed", where, exc_info=error)
        if exchange.answered:
            self._transport.abort()
        else:
            exchange.refuse(error if isinstance(error, Problem) else Problem())


def _waits_at(task: asyncio.Task[None] | None) -> str:
    """Return the functions a task is in, outermost first."""
    waiting: Any = None if task is None else task.get_coro()
    places: list[str] = []
    while (frame := getattr(waiting, "cr_frame", None)) is not None:
        places.append(f"{frame.f_code.co_name}:{frame.f_lineno}")
        waiting = waiting.cr_await
    return " > ".join(places) or "without a task"


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text[0].lower() + text[1:]
