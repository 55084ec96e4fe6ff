"""The processes of the house: which there are, what each is told, the order they stop in."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from deploy.local import records
from deploy.local.children import Child, run_command
from deploy.local.migrations import already_applied, remember_applied
from deploy.local.settings import SERVICES, LocalSettings

from marquee_shared.bootstrap import bootstrap_databases, create_database
from marquee_shared.embedded import (
    EmbeddedPostgres,
    EmbeddedRedis,
    start_postgres,
    start_redis,
)

DATABASE = "marquee"
BACKLOG = 2048
DRAIN_SECONDS = 20.0


class PortTakenError(RuntimeError):
    """Somebody else listens where the gateway should."""


@dataclass
class House:
    """Everything one `make up` runs. Steps in the order in which `bring_up` calls them."""

    settings: LocalSettings
    stack: AsyncExitStack
    door: socket.socket
    postgres: EmbeddedPostgres | None = None
    redis: EmbeddedRedis | None = None
    admin_url: str = ""
    redis_url: str = ""
    secrets: Mapping[str, dict[str, str]] = field(default_factory=dict)
    database_urls: Mapping[str, str] = field(default_factory=dict)
    listeners: dict[str, socket.socket] = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    drain_seconds: float = DRAIN_SECONDS

    @property
    def gateway_url(self) -> str:
        """The one public address."""
        return address_of(self.door)

    async def start_servers(self) -> None:
        """PostgreSQL and Redis side by side, unless real ones were named; then the databases."""
        settings = self.settings
        started = await asyncio.gather(
            self._start_postgres(), self._start_redis(), return_exceptions=True
        )
        for outcome in started:
            if isinstance(outcome, BaseException):
                raise outcome
        self.secrets = records.service_secrets(settings.data_dir, SERVICES)
        passwords = {
            service: self.secrets[service].pop("database_password") for service in SERVICES
        }
        self.database_urls = await bootstrap_databases(self.admin_url, SERVICES, passwords)
        self.listeners = {service: listen("127.0.0.1", 0) for service in SERVICES}
        for listener in self.listeners.values():
            self.stack.enter_context(listener)
        self.write_run_record()

    async def _start_postgres(self) -> None:
        if self.settings.database_url:
            self.admin_url = _plain(self.settings.database_url)
            return
        self.postgres = await self.stack.enter_async_context(
            start_postgres(
                self.settings.data_dir / "postgres", log=self.settings.logs / "postgres.log"
            )
        )
        self.admin_url = await create_database(self.postgres.url, DATABASE)

    async def _start_redis(self) -> None:
        if self.settings.redis_url:
            self.redis_url = self.settings.redis_url
            return
        self.redis = await self.stack.enter_async_context(
            start_redis(self.settings.data_dir / "redis", log=self.settings.logs / "redis.log")
        )
        self.redis_url = self.redis.url

    async def migrate(self) -> None:
        """All four services side by side; skipped when the same migrations ran here before."""
        if self.postgres is not None and already_applied(self.settings.data_dir):
            return
        await asyncio.gather(*(self._migrate(service) for service in SERVICES))
        remember_applied(self.settings.data_dir)

    async def _migrate(self, service: str) -> None:
        log = self.settings.logs / f"{service}-migrate.log"
        await self.run_service_command(service, "migrate", log_name=log.name)

    async def run_service_command(
        self, service: str, *arguments: str, log_name: str | None = None
    ) -> None:
        """Run `python -m marquee_<service> …` to its end; on our terminal without a log."""
        await run_command(
            f"{service} {arguments[0]}",
            _module(f"marquee_{service}", *arguments),
            self.environment(service),
            self.settings.data_dir,
            self.settings.logs / log_name if log_name else None,
        )

    def start_gateway(self) -> None:
        """The gateway alone: it needs no database, and can load while the migrations run."""
        self._start("gateway", "marquee_gateway", "api", self.door)

    def start_services(self) -> None:
        """Every service's API and worker, all at once."""
        for service in SERVICES:
            module = f"marquee_{service}"
            self._start(f"{service}-api", module, "api", self.listeners[service])
            self._start(f"{service}-worker", module, "worker", None)
        for server in (self.postgres, self.redis):
            if server is not None:
                self.tasks.append(asyncio.create_task(self._keep_server(server)))

    def _start(self, name: str, module: str, role: str, listener: socket.socket | None) -> None:
        fds = [listener.fileno()] if listener else []
        child = Child(
            name=name,
            command=_module(module, role, *(part for fd in fds for part in ("--fd", str(fd)))),
            environment=self.environment(name.partition("-")[0]),
            log=self.settings.logs / f"{name}.log",
            folder=self.settings.data_dir,
            on_change=self.write_run_record,
            pass_fds=fds,
        )
        self.children[name] = child
        self.tasks.append(asyncio.create_task(child.keep_running()))

    async def _keep_server(self, server: EmbeddedPostgres | EmbeddedRedis) -> None:
        while True:
            await asyncio.to_thread(server.process.wait)
            await server.start()
            self.write_run_record()

    def environment(self, service: str) -> dict[str, str]:
        """What a process of `service` (or of the gateway) is told, on top of our environment."""
        settings = self.settings
        told = {
            **os.environ,
            "DATA_DIR": str(settings.data_dir),
            "MAIL_DIR": str(settings.mail),
            "REDIS_URL": self.redis_url,
            "PUBLIC_URL": self.gateway_url,
            "PYTHONUNBUFFERED": "1",
            **{f"{name.upper()}_URL": address_of(self.listeners[name]) for name in SERVICES},
        }
        told.setdefault("ENVIRONMENT", "development")
        # glibc gives every thread an arena of its own, which these processes pay for in memory.
        told.setdefault("MALLOC_ARENA_MAX", "2")
        for ours in ("DATABASE_URL", "HOST", "PORT", "MOVIELENS"):
            told.pop(ours, None)
        if service in SERVICES:
            told["DATABASE_URL"] = self.database_urls[service]
            told |= {name.upper(): value for name, value in self.secrets[service].items()}
        return told

    def write_run_record(self) -> None:
        """`run.json`: who runs as what, and where; for tests that kill, and for recovery."""
        pids = {name: child.pid for name, child in self.children.items()}
        for name, server in (("postgres", self.postgres), ("redis", self.redis)):
            if server is not None:
                pids[name] = server.process.pid
        records.write(
            self.settings.data_dir / "run.json",
            {
                "supervisor": os.getpid(),
                "gateway_url": self.gateway_url,
                "service_urls": {name: address_of(it) for name, it in self.listeners.items()},
                "database_urls": {"admin": self.admin_url, **self.database_urls},
                "redis_url": self.redis_url,
                "processes": {
                    name: records.process_entry(pid) for name, pid in sorted(pids.items()) if pid
                },
            },
        )

    async def stop(self) -> None:
        """Drain in order: the door, then those behind it; the servers end with the stack."""
        for child in self.children.values():
            child.expect_end()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        gateway = [child for name, child in self.children.items() if name == "gateway"]
        others = [child for name, child in self.children.items() if name != "gateway"]
        for group in (gateway, others):
            await asyncio.gather(*(child.stop(self.drain_seconds) for child in group))

    def hurry(self) -> None:
        """Asked to end a second time: nothing drains any longer."""
        for child in self.children.values():
            child.send(signal.SIGKILL)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, made here so that a process that restarts leaves no gap.

    Raises:
        PortTakenError: somebody else listens there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise PortTakenError(
            f"cannot listen on {host}:{port} ({why}); choose another: make up PORT=…"
        ) from error


def address_of(listener: socket.socket) -> str:
    """The URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _module(module: str, *arguments: str) -> Sequence[str]:
    return [sys.executable, "-m", module, *arguments]


def _plain(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(scheme=parts.scheme.partition("+")[0]))
