"""The public API as the pages call it: in this process, through the same edge as everyone's calls.

A call is an exchange whose client is not a socket but this module. So route table, token check,
rate limits (of the visitor's own address or membership), caches and deadlines apply to it, and
the pages can do nothing that another client could not. A read that takes too long is given up; a
write is seen through, even when its visitor has left.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import quote, urlencode

import orjson

from marquee_gateway.edge.body import Body
from marquee_gateway.edge.exchange import Exchange
from marquee_gateway.edge.validation import check_target
from marquee_gateway.problems import BadGateway, DeadlineExceeded, Problem
from marquee_shared.logs import request_id, traceparent

PATIENCE: Final = 3.0
"""Seconds a page waits for one of its reads."""

HIGH_WATER: Final = 262_144
"""Bytes of a streamed answer that may wait to be read."""

Query = Mapping[str, Any]
Json = Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API said, good or bad; a problem never raises by itself."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the call did what it was to do."""
        return self.status < 300  # noqa: PLR2004 - where success ends

    @property
    def data(self) -> Json:
        """The answer's JSON; None where there is none."""
        return orjson.loads(self.body) if self.body else None

    @property
    def items(self) -> list[Json]:
        """The items of a list; none where the call failed."""
        return list(self.data["items"]) if self.ok else []

    def with_items(self, items: list[Json]) -> "Answer":
        """Return this list with other items."""
        return Answer(self.status, self.headers, orjson.dumps({**self.data, "items": items}))

    @property
    def code(self) -> str:
        """The problem's stable code; empty where all went well."""
        return "" if self.ok else str((self.data or {}).get("code", "internal_error"))

    @property
    def detail(self) -> str:
        """The problem's sentence, in the visitor's language."""
        return "" if self.ok else str((self.data or {}).get("detail", ""))

    @property
    def errors(self) -> list[dict[str, str]]:
        """The wrong fields of a 422."""
        return [] if self.ok else list((self.data or {}).get("errors", []))

    def required(self) -> "Answer":
        """Return this answer where it is good.

        Raises:
            ApiRefused: the page cannot be made without it.
        """
        if not self.ok:
            raise ApiRefused(self)
        return self


class ApiRefused(Exception):  # noqa: N818 - the answer says what is wrong
    """An answer without which there is no page."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(f"{answer.status} {answer.code}")


class StreamedAnswer:
    """An answer that is passed on as it comes."""

    def __init__(self, client: "_Client") -> None:
        self._client = client
        self.status, self.headers = client.head

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body; the call ends with whoever reads it.

        Raises:
            ConnectionResetError: it broke off.
        """
        try:
            while (piece := await self._client.next_piece()) is not None:
                yield piece
            if self._client.broken:
                raise ConnectionResetError("the answer broke off")
        finally:
            self._client.leave()

    async def whole(self) -> Answer:
        """Read to the end; an answer that breaks off is none."""
        try:
            body = b"".join([piece async for piece in self.pieces()])
        except ConnectionResetError:
            return Answer(BadGateway.status, {}, orjson.dumps({"code": BadGateway.code}))
        return Answer(self.status, self.headers, body)


class _Silent:
    """What an exchange asks of the server it came by; a call within the process came by none."""

    common = b""

    @staticmethod
    def cors(origin: bytes | None) -> bytes:  # noqa: ARG004 - the server's signature
        """Return no headers: there is no browser at the other end."""
        return b""


class _Client:
    """Stands where a connection stands: takes the bytes of one answer."""

    server = _Silent()

    def __init__(self, address: str, observe: Callable[[Exchange], None]) -> None:
        self._address = address
        self._observe = observe
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._done = False
        self._changed = asyncio.Event()
        self._taken = asyncio.Event()
        self._taken.set()
        self._head = b""
        self._begun = False
        self.gone = False
        self.broken = False
        self.task: asyncio.Task[None] | None = None

    # what the edge asks of a connection

    def client_address(self, fields: dict[bytes, bytes]) -> str:  # noqa: ARG002 - its signature
        """Return who is visiting."""
        return self._address

    def send(self, data: bytes) -> None:
        """Take a part of the answer."""
        if not self._begun:
            self._begun = True
            self._head, _, data = data.partition(b"\r\n\r\n")
        if data:
            self._pieces.append(data)
            self._held += len(data)
            if self._held > HIGH_WATER:
                self._taken.clear()
        self._changed.set()

    async def drain(self) -> None:
        """Wait until most of it has been read."""
        if self.gone:
            raise ConnectionResetError("the page is no longer wanted")
        await self._taken.wait()

    def run(self, exchange: Exchange, work: Coroutine[Any, Any, None]) -> None:
        """Answer in a task of its own."""
        self.task = asyncio.get_running_loop().create_task(self._see_through(exchange, work))

    def attempt(self, exchange: Exchange, step: Callable[[], None]) -> None:
        """Take a step without a task."""
        try:
            step()
        except Problem as problem:
            exchange.refuse(problem)

    def finished(self, exchange: Exchange) -> None:
        """Note the end of the answer."""
        self._observe(exchange)
        self._done = True
        self._changed.set()

    def pause(self) -> None:
        """A body within the process is whole from the start."""

    def proceed(self) -> None:
        """Likewise."""

    def invite(self) -> None:
        """Likewise."""

    async def _see_through(self, exchange: Exchange, work: Coroutine[Any, Any, None]) -> None:
        request_id.set(exchange.request_id.decode())
        traceparent.set(exchange.traceparent.decode())
        try:
            await work
        except Problem as problem:
            if not exchange.answered:
                exchange.refuse(problem)
        finally:
            # Whatever else happened, nobody waits for ever.
            self.broken = not self._done
            self._done = True
            self._changed.set()

    # what the page asks

    async def begun(self) -> None:
        """Wait for the head of the answer."""
        while not self._begun:
            if self._done and self.task is not None:
                await self.task
            self._changed.clear()
            await self._changed.wait()

    @property
    def head(self) -> tuple[int, dict[str, str]]:
        """Status and headers, by lower-case name."""
        first, *lines = self._head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return int(first.split(" ", 2)[1]), {
            name.strip().lower(): value.strip() for name, _, value in pairs
        }

    async def next_piece(self) -> bytes | None:
        """Return the next part of the body, None at its end."""
        while not self._pieces:
            if self._done:
                return None
            self._changed.clear()
            await self._changed.wait()
        piece = self._pieces.popleft()
        self._held -= len(piece)
        if self._held <= HIGH_WATER:
            self._taken.set()
        return piece

    def leave(self) -> None:
        """Give up what is not there yet."""
        self.gone = True
        if not self._done and self.task is not None:
            self.task.cancel()


class Api:
    """Calls the public API on behalf of visitors.

    Args:
        handle: The edge's way in, `Gateway.handle`.
        observe: Counts what was answered.
    """

    def __init__(
        self, handle: Callable[[Exchange], None], observe: Callable[[Exchange], None]
    ) -> None:
        self._handle = handle
        self._observe = observe
        self._clock = asyncio.get_running_loop().time
        self._unfinished: set[asyncio.Task[None]] = set()

    async def call(
        self,
        method: str,
        target: str,
        *,
        address: str,
        fields: Mapping[str, str],
        body: bytes = b"",
        patience: float | None = None,
    ) -> Answer:
        """Return the whole answer to a call."""
        streamed = await self.stream(
            method, target, address=address, fields=fields, body=body, patience=patience
        )
        return await streamed.whole()

    async def stream(
        self,
        method: str,
        target: str,
        *,
        address: str,
        fields: Mapping[str, str],
        body: bytes = b"",
        patience: float | None = None,
    ) -> StreamedAnswer:
        """Return an answer as soon as its head is there; `patience` None waits for the edge's."""
        client = _Client(address, self._observe)
        exchange = self._exchange(client, method, target.encode(), fields, body)
        client.attempt(exchange, lambda: self._handle(exchange))
        if client.task is not None:
            self._unfinished.add(client.task)
            client.task.add_done_callback(self._unfinished.discard)
        try:
            async with asyncio.timeout(patience if method == "GET" else None):
                await client.begun()
        except TimeoutError:
            self._give_up(exchange, client)
            exchange.refuse(DeadlineExceeded())
        except asyncio.CancelledError:
            if method == "GET":
                self._give_up(exchange, client)
            raise
        return StreamedAnswer(client)

    @staticmethod
    def _give_up(exchange: Exchange, client: _Client) -> None:
        if exchange.give_up is not None:
            exchange.give_up()
        client.leave()

    def _exchange(
        self, client: _Client, method: str, target: bytes, fields: Mapping[str, str], body: bytes
    ) -> Exchange:
        received = Body(client, len(body) if body else None, complete=not body)
        exchange = Exchange(
            client,
            method,
            target,
            {name.encode(): value.encode("latin-1") for name, value in fields.items()},
            received,
            version="1.0",  # its streams come without chunks
            keep_alive=False,
            started=self._clock(),
        )
        if body:
            received.feed(body)
            received.finish()
        exchange.path, exchange.query = check_target(target)
        return exchange


Renew = Callable[[], Awaitable[str | None]]


class VisitorApi:
    """The API for one visit: with its address, language, session and trace.

    `renew` gives a fresh access token after one was refused, None where the session has ended.
    """

    def __init__(
        self,
        api: Api,
        *,
        address: str,
        fields: Mapping[str, str],
        language: str | None = None,
        token: str | None = None,
        renew: Renew | None = None,
    ) -> None:
        self._api = api
        self._address = address
        self._fields = fields
        self._language = language
        self._renew = renew
        self.token = token

    async def get(
        self, path: str, query: Query | None = None, *, patience: float | None = None
    ) -> Answer:
        """Read; give up after `patience` seconds, `PATIENCE` where a page does not say."""
        return await self._call("GET", path, query, patience=patience or PATIENCE)

    async def post(self, path: str, json: Json = None, query: Query | None = None) -> Answer:
        """Create or do."""
        return await self._call("POST", path, query, json=json)

    async def put(self, path: str, json: Json = None, query: Query | None = None) -> Answer:
        """Set."""
        return await self._call("PUT", path, query, json=json)

    async def patch(self, path: str, json: Json) -> Answer:
        """Change."""
        return await self._call("PATCH", path, None, json=json)

    async def delete(self, path: str, query: Query | None = None) -> Answer:
        """Remove."""
        return await self._call("DELETE", path, query)

    async def upload(
        self,
        method: str,
        path: str,
        *,
        filename: str,
        content: bytes,
        values: Mapping[str, str] | None = None,
        query: Query | None = None,
    ) -> Answer:
        """Send a file in the field `file`, and other fields beside it."""
        boundary = secrets.token_hex(16)
        parts = [
            f'--{boundary}\r\ncontent-disposition: form-data; name="{quote(name)}"\r\n\r\n{value}'
            for name, value in (values or {}).items()
        ]
        parts.append(
            f'--{boundary}\r\ncontent-disposition: form-data; name="file"; '
            f'filename="{quote(filename)}"\r\ncontent-type: application/octet-stream\r\n\r\n'
        )
        body = "\r\n".join(parts).encode() + content + f"\r\n--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        return await self._call(method, path, query, body=body, kind=kind)

    async def stream(
        self, path: str, query: Query | None = None, fields: Mapping[str, str] | None = None
    ) -> StreamedAnswer:
        """Read what is long or endless, as it comes; `fields` are further headers."""
        return await self._api.stream(
            "GET",
            self._target(path, query),
            address=self._address,
            fields={**self._head(None), **(fields or {})},
            patience=None,
        )

    async def _call(
        self,
        method: str,
        path: str,
        query: Query | None,
        *,
        json: Json = None,
        body: bytes = b"",
        kind: str | None = None,
        patience: float | None = None,
    ) -> Answer:
        if json is not None:
            body, kind = orjson.dumps(json), "application/json"
        target = self._target(path, query)
        sent = self.token
        answer = await self._api.call(
            method,
            target,
            address=self._address,
            fields=self._head(kind),
            body=body,
            patience=patience,
        )
        if answer.status != 401 or sent is None or self._renew is None:  # noqa: PLR2004
            return answer
        if self.token == sent:
            self.token = await self._renew()
        return await self._api.call(
            method,
            target,
            address=self._address,
            fields=self._head(kind),
            body=body,
            patience=patience,
        )

    def _head(self, kind: str | None) -> dict[str, str]:
        fields = dict(self._fields)
        if self.token is not None:
            fields["authorization"] = f"Bearer {self.token}"
        if kind is not None:
            fields["content-type"] = kind
        return fields

    def _target(self, path: str, query: Query | None) -> str:
        pairs = dict(query or {})
        if self._language is not None:
            pairs.setdefault("lang", self._language)
        pairs = {name: value for name, value in pairs.items() if value not in (None, "", [])}
        return f"{path}?{urlencode(pairs, doseq=True)}" if pairs else path


def path(template: str, *segments: object) -> str:
    """Return an API path with its `{}` filled in by segments, escaped.

    >>> path("/v1/movies/{}/rating", "amélie")
    '/v1/movies/am%C3%A9lie/rating'
    """
    return template.format(*(quote(str(segment), safe="") for segment in segments))


def page_of(answer: Answer) -> dict[str, Any]:
    """Return a list's envelope (`items`, `next_cursor`, …); an empty one where the call failed."""
    return cast("dict[str, Any]", answer.data) if answer.ok else {"items": [], "next_cursor": None}
