"""One request and its answer."""

import math
import random
import re
from collections.abc import Callable, Coroutine
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from marquee_gateway.edge.body import Body
from marquee_shared.languages import choose_language
from marquee_shared.problems import problem_body

if TYPE_CHECKING:
    from marquee_gateway.limits import Quota
    from marquee_gateway.problems import Problem
    from marquee_gateway.routes import Route
    from marquee_shared.auth import Principal

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._\-]{8,64}")
_TRACEPARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)

REASONS: Final = {
    200: b"OK", 201: b"Created", 202: b"Accepted", 204: b"No Content", 206: b"Partial Content",
    301: b"Moved Permanently", 302: b"Found", 303: b"See Other", 304: b"Not Modified",
    307: b"Temporary Redirect", 308: b"Permanent Redirect", 400: b"Bad Request",
    401: b"Unauthorized", 403: b"Forbidden", 404: b"Not Found", 405: b"Method Not Allowed",
    408: b"Request Timeout", 409: b"Conflict", 410: b"Gone", 412: b"Precondition Failed",
    413: b"Content Too Large", 414: b"URI Too Long", 415: b"Unsupported Media Type",
    422: b"Unprocessable Content", 429: b"Too Many Requests",
    431: b"Request Header Fields Too Large", 500: b"Internal Server Error", 502: b"Bad Gateway",
    503: b"Service Unavailable", 504: b"Gateway Timeout", 505: b"HTTP Version Not Supported",
}  # fmt: skip
STATUS_LINES: Final = {
    status: b"HTTP/1.1 %d %b\r\n" % (status, REASONS.get(status, b"Unknown"))
    for status in range(200, 600)
}
OWN_TIMEOUT: Final = 30.0
GRACE: Final = 5.0
"""Seconds for what an answer takes besides the call of its service; each part has its limit."""

BODILESS: Final = frozenset({204, 304})


class Server(Protocol):
    """What an exchange asks of the server its request came by."""

    @property
    def common(self) -> bytes:
        """Return the header lines that every answer has."""

    @property
    def cors(self) -> Callable[[bytes | None], bytes]:
        """Return what makes the lines for an answer to an origin."""


class Client(Protocol):
    """Whoever sent a request and takes its answer: a connection, or a page in this process."""

    @property
    def server(self) -> Server:
        """Return where the request came in."""

    @property
    def gone(self) -> bool:
        """Whether nobody takes the answer any more."""

    def client_address(self, fields: dict[bytes, bytes]) -> str:
        """Return who is calling."""

    def send(self, data: bytes) -> None:
        """Take a part of the answer."""

    async def drain(self) -> None:
        """Wait until most of what was sent has been taken."""

    def run(self, exchange: "Exchange", work: Coroutine[Any, Any, None]) -> None:
        """Answer in a task."""

    def attempt(self, exchange: "Exchange", step: Callable[[], None]) -> None:
        """Take a step towards the answer without a task."""

    def finished(self, exchange: "Exchange") -> None:
        """Note that the answer has ended."""


class Exchange:
    """What the edge knows of one request, and the way to answer it.

    `fields` holds the headers by lower-case name. `route`, `caller` and `quota` are filled in as
    the request passes the checks; the answer's common headers are made from them. `asked` is when
    all of it was here and its turn had come. `give_up` ends what is done for it without a task,
    when the client goes.
    """

    __slots__ = (
        "_chunked",
        "_language",
        "_sent",
        "_speaks_chunks",
        "_traceparent",
        "address",
        "asked",
        "body",
        "caller",
        "connection",
        "fields",
        "give_up",
        "keep_alive",
        "method",
        "path",
        "query",
        "quota",
        "request_id",
        "route",
        "started",
        "status",
        "target",
        "unroutable",
    )

    def __init__(
        self,
        connection: Client,
        method: str,
        target: bytes,
        fields: dict[bytes, bytes],
        body: Body,
        *,
        version: str,
        keep_alive: bool,
        started: float,
    ) -> None:
        self.connection = connection
        self.method = method
        self.target = target
        self.path = b""
        self.query = b""
        self.fields = fields
        self.body = body
        self.keep_alive = keep_alive
        self.started = started
        self.asked = math.inf
        self.address = connection.client_address(fields)
        self.route: Route | None = None
        self.unroutable: Problem | None = None
        self.caller: Principal | None = None
        self.quota: Quota | None = None
        self.give_up: Callable[[], None] | None = None
        self.status = 0
        self._language: str | None = None
        self._sent = False
        self._chunked = False
        self._traceparent: bytes | None = None
        self._speaks_chunks = version == "1.1"
        given = fields.get(b"x-request-id")
        if given is not None and _REQUEST_ID.fullmatch(given):
            self.request_id = given
        else:
            self.request_id = b"%032x" % random.getrandbits(128)

    @property
    def traceparent(self) -> bytes:
        """The caller's trace, or one that begins here; made when first asked for."""
        if self._traceparent is None:
            given = self.fields.get(b"traceparent")
            if given is not None and _TRACEPARENT.fullmatch(given):
                self._traceparent = given
            else:
                self._traceparent = b"00-%032x-%016x-01" % (
                    random.getrandbits(128) | 1,
                    random.getrandbits(64) | 1,
                )
        return self._traceparent

    @property
    def language(self) -> str:
        """The language of the answer, chosen once: `?lang=`, the caller's own, the header."""
        if self._language is None:
            asked = _query_value(self.query, b"lang") if b"lang=" in self.query else None
            member = self.caller.language if self.caller is not None else None
            header = self.fields.get(b"accept-language")
            self._language = _choose(asked, member, None if header is None else header[:200])
        return self._language

    @property
    def abandonable(self) -> bool:
        """Whether the work may stop when the client goes: a write's purges must still happen."""
        return self.route is None or self.route.method == "GET"

    @property
    def overdue(self) -> float:
        """When an answer should have begun, whatever happens: a limit over all other limits."""
        if self._sent:
            return math.inf
        return self.asked + (self.route.timeout if self.route else OWN_TIMEOUT) + GRACE

    @property
    def answered(self) -> bool:
        """Whether the head of an answer has been written."""
        return self._sent

    def respond(self, status: int, head: bytes, body: bytes = b"") -> None:
        """Send a whole answer; `head` are its own header lines, each ended by CRLF."""
        self.status = status
        self._sent = True
        if status in BODILESS:
            framing = b"\r\n"
            body = b""
        else:
            framing = b"content-length: %d\r\n\r\n" % len(body)
            if self.method == "HEAD":
                body = b""
        self.connection.send(b"".join((STATUS_LINES[status], head, self._common(), framing, body)))
        self.connection.finished(self)

    def begin(self, status: int, head: bytes, length: int | None) -> None:
        """Send the head of an answer whose body follows in pieces; `length` None: unknown."""
        self.status = status
        self._sent = True
        if length is not None:
            framing = b"content-length: %d\r\n\r\n" % length
        elif self._speaks_chunks:
            self._chunked = True
            framing = b"transfer-encoding: chunked\r\n\r\n"
        else:
            self.keep_alive = False
            framing = b"\r\n"
        self.connection.send(b"".join((STATUS_LINES[status], head, self._common(), framing)))

    async def write(self, piece: bytes) -> None:
        """Send a piece of a begun answer, waiting while the client takes nothing more."""
        if piece and self.method != "HEAD":
            if self._chunked:
                piece = b"%x\r\n%b\r\n" % (len(piece), piece)
            self.connection.send(piece)
            await self.connection.drain()

    def end(self) -> None:
        """Finish a begun answer."""
        if self._chunked and self.method != "HEAD":
            self.connection.send(b"0\r\n\r\n")
        self.connection.finished(self)

    def refuse(self, problem: "Problem", extra: bytes = b"") -> None:
        """Answer with a problem."""
        language = self.language
        body = problem_body(
            status=problem.status,
            code=problem.code,
            detail=problem.detail(language),
            language=language,
            instance=(self.path or self.target.partition(b"?")[0]).decode("latin-1")[:1000],
            request_id=self.request_id.decode(),
            errors=problem.errors,
        )
        lines = b"".join(
            b"%b: %b\r\n" % (name.lower().encode(), value.encode())
            for name, value in problem.headers.items()
        )
        head = (
            b"content-type: application/problem+json\r\ncache-control: no-store\r\n"
            b"content-language: %b\r\n" % language.encode()
        )
        self.respond(problem.status, head + lines + extra, body)

    def _common(self) -> bytes:
        """Return the headers every answer has; also decides whether the connection stays open."""
        quota = self.quota
        if not self.body.complete:
            self.keep_alive = False
        return b"".join(
            (
                self.connection.server.common,
                b"x-request-id: ",
                self.request_id,
                b"\r\n" if quota is None else quota.headers(),
                self.connection.server.cors(self.fields.get(b"origin")),
                b"" if self.keep_alive else b"connection: close\r\n",
            )
        )


@lru_cache(maxsize=1024)
def _choose(asked: str | None, member: str | None, header: bytes | None) -> str:
    return choose_language(asked, member, None if header is None else header.decode("latin-1"))


def _query_value(query: bytes, name: bytes) -> str | None:
    for pair in query.split(b"&"):
        key, _, value = pair.partition(b"=")
        if key == name:
            return value[:20].decode("latin-1")
    return None
