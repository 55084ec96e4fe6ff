"""What makes a service: its name, settings, tables, routes, reactions and jobs, in one value.

`app.create_app`, `worker.run_worker` and `cli.command_line` take it and wire everything else.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from fastapi import APIRouter, FastAPI
from redis.asyncio import Redis
from sqlalchemy import MetaData

from marquee_shared.auth.revocations import Revocations, revocation_tail
from marquee_shared.auth.tokens import JwksCache, TokenVerifier
from marquee_shared.database import Database
from marquee_shared.jobs import Jobs
from marquee_shared.outbox.consumer import Handlers
from marquee_shared.peers import Peer
from marquee_shared.problems import Unavailable
from marquee_shared.schedule import ScheduledTask as ScheduledTask  # noqa: PLC0414 - part of a service
from marquee_shared.settings import ServiceSettings
from marquee_shared.streams import StreamTail

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


@dataclass
class Context(Generic[SettingsT]):
    """What a running process holds: for jobs, schedules and lifespan hooks; in `app.state`."""

    settings: SettingsT
    database: Database
    redis: Redis
    peers: dict[str, Peer]
    state: dict[str, Any] = field(default_factory=dict)
    """Whatever the service's own lifespan puts here."""

    def peer(self, name: str) -> Peer:
        """Return the client of a peer service."""
        return self.peers[name]


Republish = Callable[[Context[Any]], Awaitable[int]]
Lifespan = Callable[[Context[Any], str], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class Service(Generic[SettingsT]):
    """A service, declared.

    `lifespan(context, process)` wraps the life of an `api` or `worker` process. `republish`
    publishes the current state of everything anew, in chunks, and returns how many events. `extend`
    mounts what is no route of the API, such as pages.
    """

    name: str
    title: str
    package: str
    settings: type[SettingsT]
    metadata: MetaData
    routers: Sequence[APIRouter]
    handlers: Handlers = field(default_factory=Handlers)
    jobs: Jobs = field(default_factory=Jobs)
    schedule: Sequence[ScheduledTask] = ()
    peers: Sequence[str] = ()
    delegable: frozenset[str] | None = None
    """The paths that a member's token with scopes may use; None: all."""
    republish: Republish | None = None
    lifespan: Lifespan | None = None
    on_drained: Callable[[Context[Any]], Awaitable[None]] | None = None
    ready: Callable[[Context[Any]], Awaitable[bool]] | None = None
    extend: Callable[[FastAPI, SettingsT], None] | None = None

    def __post_init__(self) -> None:
        for task in self.schedule:
            task.register(self.jobs)


def _peer_url(settings: ServiceSettings, name: str) -> str:
    url: str = getattr(settings, f"{name}_url")
    return url


@asynccontextmanager
async def open_context(
    service: Service[SettingsT], settings: SettingsT, process: str
) -> AsyncIterator[Context[SettingsT]]:
    """Open what a process of this service needs, and close it on leaving."""
    database = Database(settings, service.name, process=process)
    redis = Redis.from_url(settings.redis_url, socket_connect_timeout=5, health_check_interval=15)
    peers = {name: Peer(name, _peer_url(settings, name)) for name in {*service.peers, "identity"}}
    context = Context(settings=settings, database=database, redis=redis, peers=peers)
    try:
        if service.lifespan is None:
            yield context
        else:
            async with service.lifespan(context, process):
                yield context
    finally:
        for peer in peers.values():
            await peer.close()
        await redis.aclose()
        await database.close()


def verification(context: Context[Any]) -> tuple[TokenVerifier, StreamTail]:
    """Return a token verifier and the stream tail that keeps its revocations."""
    identity = context.peer("identity")

    async def fetch_keys() -> dict[str, Any]:
        status, document = await identity.json("GET", "/v1/.well-known/jwks.json")
        if status != 200:  # noqa: PLR2004 - ok
            raise Unavailable
        keys: dict[str, Any] = document
        return keys

    async def introspect(token: str) -> dict[str, Any]:
        status, answer = await identity.json("POST", "/internal/introspect", body={"token": token})
        if status != 200:  # noqa: PLR2004 - ok
            raise Unavailable
        claims: dict[str, Any] = answer
        return claims

    revocations = Revocations()
    settings = context.settings
    verifier = TokenVerifier(
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        jwks=JwksCache(fetch_keys),
        revocations=revocations,
        introspect=introspect,
    )
    return verifier, revocation_tail(context.redis, revocations)
