"""Runs an ASGI application behind the edge, for the pages the gateway answers itself."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote

from marquee_gateway.edge.exchange import Exchange

Message = MutableMapping[str, Any]
App = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[Message]],
        Callable[[Message], Awaitable[None]],
    ],
    Awaitable[None],
]


async def run_app(app: App, exchange: Exchange) -> None:
    """Let an application answer an exchange."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET" if exchange.method == "HEAD" else exchange.method,
        "scheme": "http",
        "path": unquote(exchange.path.decode("ascii")),
        "raw_path": exchange.path,
        "query_string": exchange.query,
        "root_path": "",
        "headers": list(exchange.fields.items()),
        "client": (exchange.address, 0),
        "server": None,
        "marquee.request_id": exchange.request_id.decode(),
        "marquee.traceparent": exchange.traceparent.decode(),
    }
    status, lines = 500, b""
    body: list[bytes] = []
    begun = False

    async def receive() -> Message:
        piece = await exchange.body.next_piece()
        return {"type": "http.request", "body": piece, "more_body": bool(piece)}

    async def send(message: Message) -> None:
        nonlocal status, lines, begun
        if message["type"] == "http.response.start":
            status = message["status"]
            lines = b"".join(
                b"%b: %b\r\n" % (name, value)
                for name, value in message["headers"]
                if name.lower() not in {b"content-length", b"transfer-encoding", b"date"}
            )
            return
        piece = message.get("body", b"")
        if message.get("more_body"):
            if not begun:
                begun = True
                exchange.begin(status, lines, None)
            await exchange.write(piece)
        elif begun:
            await exchange.write(piece)
            exchange.end()
        else:
            body.append(piece)

    await app(scope, receive, send)
    if not begun:
        exchange.respond(status, lines, b"".join(body))
