"""Stands in for a service or the gateway: the command lines and health of the real ones, nothing
else, so that the supervisor's own behaviour can be tested in a second or two."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

PEERS = ("IDENTITY_URL", "CATALOG_URL", "SOCIAL_URL", "RECOMMENDER_URL")


async def main(name: str, command: str, *arguments: str) -> None:
    print(f"{name} {command} {' '.join(arguments)}", flush=True)  # noqa: T201 - its log
    note(name, command)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    match command:
        case "api":
            listener = socket.socket(fileno=int(arguments[1]))
            server = await asyncio.start_server(answer, sock=listener)
            async with server:
                await stopped.wait()
            note(name, "drained")
        case "worker":
            await stopped.wait()
            note(name, "drained")
        case "bootstrap":
            make_credentials(Path(arguments[1]))
        case "migrate" if os.environ.get("BREAK_MIGRATION") == name:
            sys.exit("no such revision")


def make_credentials(path: Path) -> None:
    made = {"admin": {"username": "a", "password": "p"}, "service_token": "mqt_t"}
    path.write_text(json.dumps(made))


def note(name: str, what: str) -> None:
    with (Path(os.environ["DATA_DIR"]) / "history").open("a") as history:
        history.write(f"{name} {what}\n")


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    request = await reader.readuntil(b"\r\n\r\n")
    path = request.split(b" ")[1]
    status = "200 OK"
    if path == b"/health/ready" and not await peers_answer():
        status = "503 Service Unavailable"
    content = {
        "items": [{"version": "1", "active": True, "id": "1", "state": "succeeded"}],
        "services": {},
        "workers": {},
        "pid": os.getpid(),
    }
    body = json.dumps(content).encode()
    head = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    writer.close()


async def peers_answer() -> bool:
    if "DATABASE_URL" in os.environ:
        return True
    for peer in PEERS:
        place = urlsplit(os.environ[peer])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                reader, writer = await asyncio.open_connection(place.hostname, place.port)
                writer.write(b"GET /health/live HTTP/1.1\r\n\r\n")
                alive = await reader.readline()
                writer.close()
                if b"200" in alive:
                    continue
        return False
    return True


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
