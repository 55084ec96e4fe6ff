"""Real gateways in front of upstreams that do as told, on real sockets and a real Redis."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httptools
import httpx
import orjson
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from marquee_gateway.edge.server import bind
from marquee_gateway.server import running
from marquee_gateway.settings import GatewaySettings
from marquee_shared.embedded import EmbeddedRedis
from marquee_shared.events import EventData, stream_of
from marquee_shared.testing.browser import browsing, chromium
from marquee_shared.testing.plugin import new_uuid

sys.path.insert(0, str(Path(__file__).parent))  # what test modules share

from gateway_web import FILM, user
from gateway_web_film import tell_of_film

__all__ = ["chromium"]

SERVICES = ("identity", "catalog", "social", "recommender")


@dataclass
class Received:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass
class Reply:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    hold: asyncio.Event | None = None
    pieces: list[bytes | asyncio.Event] | None = None
    raw: bytes | None = None
    close: bool = False


Answer = Callable[[Received], Awaitable[Reply]]


class Upstream:
    """An HTTP server whose answers a test sets by path; what it received is in `requests`."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.arrived = asyncio.Condition()
        self.connections: set[asyncio.StreamWriter] = set()
        self._answers: dict[str, Answer] = {}
        self._server: asyncio.Server
        self.port = 0

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port or self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        for writer in list(self.connections):
            writer.transport.abort()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self, path: str, answer: Answer | None = None, **reply: Any) -> None:
        """Answer a path (`*`: any other) with a function of the request or a fixed reply."""

        async def fixed(_: Received) -> Reply:
            return Reply(**reply)

        self._answers[path] = answer or fixed

    @staticmethod
    def reply(**parts: Any) -> Reply:
        """Make a reply for an answering function."""
        return Reply(**parts)

    def received(self, path: str) -> list[Received]:
        return [request for request in self.requests if request.path == path]

    async def until(self, path: str, count: int = 1) -> list[Received]:
        """Wait until a path has been asked `count` times."""
        async with self.arrived, asyncio.timeout(5):
            await self.arrived.wait_for(lambda: len(self.received(path)) >= count)
        return self.received(path)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.add(writer)
        try:
            while (request := await _read(reader)) is not None:
                self.requests.append(request)
                async with self.arrived:
                    self.arrived.notify_all()
                answer = self._answers.get(request.path) or self._answers.get("*")
                reply = await answer(request) if answer else Reply(404)
                if not await _write(writer, reply):
                    break
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.connections.discard(writer)
            writer.close()


class _Reading:
    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.body: list[bytes] = []
        self.url = b""
        self.complete = False

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode().lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self.body.append(body)

    def on_message_complete(self) -> None:
        self.complete = True


async def _read(reader: asyncio.StreamReader) -> Received | None:
    reading = _Reading()
    parser = httptools.HttpRequestParser(reading)
    while not reading.complete:
        data = await reader.read(65_536)
        if not data:
            return None
        parser.feed_data(data)
    return Received(
        parser.get_method().decode(), reading.url.decode(), reading.headers, b"".join(reading.body)
    )


async def _write(writer: asyncio.StreamWriter, reply: Reply) -> bool:
    if reply.hold is not None:
        await reply.hold.wait()
    if reply.raw is not None:
        writer.write(reply.raw)
        await writer.drain()
        return not reply.close
    headers = {"content-type": "application/json", **reply.headers}
    if reply.pieces is None:
        headers["content-length"] = str(len(reply.body))
    else:
        headers["transfer-encoding"] = "chunked"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {reply.status} X\r\n{lines}\r\n".encode())
    if reply.pieces is None:
        writer.write(reply.body)
    else:
        for piece in reply.pieces:
            if isinstance(piece, asyncio.Event):
                await piece.wait()
            else:
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                await writer.drain()
        writer.write(b"0\r\n\r\n")
    await writer.drain()
    return not reply.close


@pytest_asyncio.fixture
async def make_upstream(jwks: dict[str, Any]) -> AsyncIterator[Callable[[], Awaitable[Upstream]]]:
    """Make upstreams that trust the test key and are ready."""
    made: list[Upstream] = []

    async def make() -> Upstream:
        upstream = Upstream()
        await upstream.start()
        upstream.answers("/v1/.well-known/jwks.json", body=orjson.dumps(jwks))
        upstream.answers("/health/ready", body=b'{"status":"ready"}')
        made.append(upstream)
        return upstream

    yield make
    for upstream in made:
        await upstream.stop()


@pytest_asyncio.fixture
async def upstream(make_upstream: Callable[[], Awaitable[Upstream]]) -> Upstream:
    """One upstream, which stands for all four services."""
    return await make_upstream()


@dataclass
class RunningGateway:
    """A gateway on a port, and a client that reaches it."""

    port: int
    client: httpx.AsyncClient

    async def raw(self, data: bytes, *, timeout: float = 5.0) -> bytes:  # noqa: ASYNC109
        """Send bytes as they are and return all that comes until the gateway closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            async with asyncio.timeout(timeout):
                writer.write(data)
                await writer.drain()
                return await reader.read()
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    @asynccontextmanager
    async def connection(
        self,
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Open a connection for a test to speak on by itself."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


StartGateway = Callable[..., Awaitable[RunningGateway]]


@pytest_asyncio.fixture
async def start_gateway(
    upstream: Upstream, redis: Redis, redis_server: EmbeddedRedis
) -> AsyncIterator[StartGateway]:
    """Start gateways; keywords are settings. They stop with the test."""
    del redis  # emptied
    async with AsyncExitStack() as stack:

        async def start(**settings: Any) -> RunningGateway:
            values = {
                "environment": "test",
                "redis_url": redis_server.url,
                "drain_seconds": 0.5,
                **{f"{service}_url": upstream.url for service in SERVICES},
                **settings,
            }
            listener = bind("127.0.0.1", 0)
            port = _port(listener)
            await stack.enter_async_context(
                running(GatewaySettings(_env_file=None, **values), listener)
            )
            client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10)
            await stack.enter_async_context(client)
            return RunningGateway(port, client)

        yield start


@pytest_asyncio.fixture
async def gateway(start_gateway: StartGateway) -> RunningGateway:
    """One gateway with the default settings."""
    return await start_gateway()


Publish = Callable[..., Awaitable[None]]


@pytest.fixture
def publish(redis: Redis) -> Publish:
    """Put an event into its stream, as a service's relay would."""

    async def send(data: EventData, *, revision: int = 1) -> None:
        envelope = {
            "specversion": "1.0",
            "id": str(new_uuid()),
            "type": data.type,
            "source": "/marquee/test",
            "time": "2026-01-01T00:00:00Z",
            "subject": data.subject(),
            "dataschema": f"urn:marquee:event:{data.type}",
            "revision": str(revision),
            "epoch": "1",
            "data": data.model_dump(mode="json"),
        }
        await redis.xadd(stream_of(data.type), {"event": orjson.dumps(envelope)})

    return send


def _port(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pages wait for their parts, so that a busy machine leaves none of them out."""
    monkeypatch.setattr("marquee_gateway.web.api.PATIENCE", 60.0)
    monkeypatch.setattr("marquee_gateway.web.visit.UNREAD_PATIENCE", 60.0)
    monkeypatch.setattr("marquee_gateway.web.sessions.PATIENCE", 60.0)


@pytest.fixture
def tokens(token: Any) -> Any:
    def make(*, expires_in: int = 900, refresh: str = "first", **changes: Any) -> bytes:
        return orjson.dumps({
            "access_token": token(), "refresh_token": refresh, "token_type": "Bearer",
            "expires_in": expires_in, "user": user(**changes),
        })  # fmt: skip

    return make


@pytest.fixture
def web_api(patience: None, upstream: Any, tokens: Any) -> Any:
    """Services that know one film and one member."""
    films = orjson.dumps({"items": [FILM], "next_cursor": None})
    rows = orjson.dumps({"items": [{"movie": FILM}], "next_cursor": None})
    home = {"sections": [{"key": "for_you", "title": "For you", "items": [
        {"movie": FILM, "reasons": [{"kind": "taste", "text": "You like ships"}]}]}]}  # fmt: skip
    upstream.answers("/v1/movies", body=films)
    upstream.answers("/v1/trending", body=rows)
    for path in ("/v1/genres", "/v1/lists", "/v1/me/feed"):
        upstream.answers(path, body=b'{"items":[],"next_cursor":null}')
    upstream.answers("/v1/me/home", body=orjson.dumps(home))
    upstream.answers("/v1/me/notifications/unread", body=b'{"unread":3}')
    upstream.answers("/v1/auth/login", body=tokens())
    upstream.answers("/v1/auth/logout", status=204, body=b"")
    return upstream


@pytest.fixture
def film(web_api: Any) -> Any:
    """Services that also know a film's page and the talk about it."""
    return tell_of_film(web_api)


@pytest_asyncio.fixture
async def open_page(chromium: Any, gateway: RunningGateway) -> AsyncIterator[Any]:
    """Open pages as somebody new; a script's error, a refused asset or a foreign request fails."""
    async with browsing(chromium, str(gateway.client.base_url).rstrip("/")) as open_one:
        yield open_one
