"""The listening side: all connections, their clock, and leaving in good order."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

from marquee_gateway.edge.connection import EdgeConnection
from marquee_gateway.edge.cors import Cors
from marquee_gateway.edge.exchange import Exchange

SWEEP_INTERVAL: Final = 1.0

SECURITY_HEADERS: Final = (
    b"x-content-type-options: nosniff\r\n"
    b"referrer-policy: strict-origin-when-cross-origin\r\n"
    b"x-frame-options: DENY\r\n"
    b"content-security-policy: frame-ancestors 'none'\r\n"
)
HSTS: Final = b"strict-transport-security: max-age=31536000; includeSubDomains\r\n"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class EdgeServer:
    """Accepts connections and gives each request to `handle`.

    Args:
        handle: Called with every exchange; it answers or runs a task that does.
        observe: Called when an exchange has been answered.
        cors: Which origins may read answers.
        hosts: Names served here; empty serves any.
        trusted: Networks of proxies whose `X-Forwarded-For` is believed.
        https: Whether clients come by https, so that they may be told to stay there.
        most: How many clients may be connected at once.
    """

    def __init__(
        self,
        handle: Callable[[Exchange], None],
        observe: Callable[[Exchange], None],
        *,
        cors: Cors | None = None,
        hosts: Iterable[str] = (),
        trusted: Iterable[Network] = (),
        https: bool = False,
        most: int = 10_000,
    ) -> None:
        self.handle = handle
        self.observe = observe
        self.cors = (cors or Cors(())).headers
        self.hosts = frozenset(host.lower().encode() for host in hosts)
        self.clock = asyncio.get_running_loop().time
        self.draining = False
        self.common = b""
        self._most = most
        self._trusted = tuple(trusted)
        self._static = SECURITY_HEADERS + (HSTS if https else b"")
        self._connections: set[EdgeConnection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server
        self._sweeper: asyncio.Task[None]
        self._idle = asyncio.Event()

    async def start(self, listener: socket.socket) -> None:
        """Accept connections on a bound socket."""
        self._set_date()
        self._sweeper = asyncio.create_task(self._sweep())
        self._server = await asyncio.get_running_loop().create_server(
            lambda: EdgeConnection(self), sock=listener, backlog=2048
        )

    async def stop(self, grace: float) -> None:
        """Accept no more, let answers finish for up to `grace` seconds, then close the rest."""
        self.draining = True
        self._server.close()
        for connection in list(self._connections):
            connection.close_when_idle()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                while self._connections or self._tasks:
                    self._idle.clear()
                    await self._idle.wait()
        for connection in list(self._connections):
            connection.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._sweeper.cancel()
        await asyncio.gather(self._sweeper, return_exceptions=True)

    def join(self, connection: EdgeConnection) -> bool:
        """Count a connection in; False where there are too many."""
        if len(self._connections) >= self._most:
            return False
        self._connections.add(connection)
        return True

    def leave(self, connection: EdgeConnection) -> None:
        """Count a connection out."""
        self._connections.discard(connection)
        self._idle.set()

    def keep(self, task: asyncio.Task[None]) -> None:
        """Hold on to a task until it is done: it may outlive its connection."""
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._idle.set()

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

    def trusts(self, peer: str) -> bool:
        """Whether a peer is a proxy of ours."""
        return bool(self._trusted) and _within(peer, self._trusted)

    def forwarded_address(self, header: bytes) -> str | None:
        """Return the last address of an `X-Forwarded-For` that is no proxy of ours."""
        for part in reversed(header.decode("latin-1").split(",")):
            address = part.strip()
            if _is_address(address) and not _within(address, self._trusted):
                return address
        return None

    async def _sweep(self) -> None:
        """Once a second: the date of the answers, and clients that take too long."""
        while True:
            await asyncio.sleep(SWEEP_INTERVAL)
            self._set_date()
            now = self.clock()
            for connection in list(self._connections):
                connection.check_time(now)

    def _set_date(self) -> None:
        date = format_datetime(datetime.now(UTC), usegmt=True)
        self.common = b"date: %b\r\n%b" % (date.encode(), self._static)


def bind(host: str, port: int) -> socket.socket:
    """Return a listening TCP socket; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.setblocking(False)
    return listener


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _within(address: str, networks: Iterable[Network]) -> bool:
    if not _is_address(address):
        return False
    parsed = ipaddress.ip_address(address)
    return any(parsed in network for network in networks)
