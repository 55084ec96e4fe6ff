"""A pytest plugin: real servers once per test process, a migrated database, signed tokens.

A service's `conftest.py` sets `SERVICE` by overriding the `service` fixture and gets:

* `settings`, `database`, `redis`, `context` - on a database made from the service's migrations;
* `app`, `client` - the application and an HTTP client on it, lifespan running;
* `token(...)`, `member(...)` - access tokens signed by a test key that the app trusts;
* `sink` - the events the service has published, read from its outbox as the relay would send.

Tables are emptied before each test that asks for `database` (or anything above it).
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import orjson
import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import ECKey
from redis.asyncio import Redis
from uuid6 import uuid7

from marquee_shared import migrations
from marquee_shared.app import create_app
from marquee_shared.auth.tokens import ALGORITHM, TYPE
from marquee_shared.bootstrap import bootstrap_databases
from marquee_shared.database import Database
from marquee_shared.embedded import EmbeddedPostgres, EmbeddedRedis, start_postgres, start_redis
from marquee_shared.events import Event, EventData, parse
from marquee_shared.outbox.relay import envelope
from marquee_shared.service import Context, Service, open_context

KID = "test-key"


def new_uuid() -> UUID:
    """Return a UUIDv7."""
    return UUID(int=uuid7().int)


@pytest_asyncio.fixture(scope="session")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedPostgres]:
    """A PostgreSQL server of this test process: safe from its own crash, not the machine's."""
    folder = tmp_path_factory.mktemp("postgres")
    settings = {"synchronous_commit": "on"}  # what was committed must survive kill -9
    async with start_postgres(folder, durable=False, settings=settings) as server:
        yield server


@pytest_asyncio.fixture(scope="session")
async def redis_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedRedis]:
    """A Redis server of this test process, in memory only."""
    async with start_redis(tmp_path_factory.mktemp("redis"), durable=False) as server:
        yield server


@pytest_asyncio.fixture
async def redis(redis_server: EmbeddedRedis) -> AsyncIterator[Redis]:
    """A client of an empty Redis."""
    client = Redis.from_url(redis_server.url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def service() -> Service[Any]:
    """Override in a service's conftest with its `SERVICE`."""
    pytest.fail("the conftest must override the `service` fixture")


async def new_database(
    postgres: EmbeddedPostgres, name: str, services: list[str]
) -> dict[str, str]:
    """Make an empty database with a role and schema per service; return their URLs."""
    connection = await asyncpg.connect(postgres.url)
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    base = postgres.url.replace("/postgres?", f"/{name}?")
    passwords = dict.fromkeys(services, "test-password")
    return await bootstrap_databases(base, services, passwords)


@pytest.fixture(scope="session")
def migrated_urls() -> dict[str, str]:
    """Service → the URL of its migrated database, filled as services are first asked for.

    Tests of several services run in one process, each with its own `service` fixture; a
    session fixture that depended on `service` would be made once, for the first of them.
    """
    return {}


@pytest_asyncio.fixture
async def migrated_url(
    postgres: EmbeddedPostgres, service: Service[Any], migrated_urls: dict[str, str]
) -> str:
    """The URL of a database made from the service's migrations, once per process."""
    name = service.name
    if name not in migrated_urls:
        urls = await new_database(postgres, f"test_{name}_{os.getpid()}", [name])
        await asyncio.to_thread(migrations.upgrade, service.package, urls[name])
        migrated_urls[name] = urls[name]
    return migrated_urls[name]


@pytest.fixture(scope="session")
def settings_overrides() -> dict[str, Any]:
    """Override to give the service's settings other values in tests."""
    return {}


@pytest.fixture
def settings(
    service: Service[Any],
    migrated_url: str,
    redis_server: EmbeddedRedis,
    tmp_path: Path,
    settings_overrides: dict[str, Any],
) -> Any:
    """The service's settings on the test servers."""
    values: dict[str, Any] = {
        "environment": "test",
        "database_url": migrated_url,
        "redis_url": redis_server.url,
        "data_dir": tmp_path,
        "_env_file": None,
        **settings_overrides,
    }
    return service.settings(**values)


async def empty_tables(url: str, schema: str) -> None:
    """Empty every table of a schema and start its numbers anew."""
    connection = await asyncpg.connect(url, server_settings={"search_path": schema})
    rows = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace "
        "AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'alembic_version'",
        schema,
    )
    names = [row["relname"] for row in rows]
    filled = [
        name
        for name in names
        if await connection.fetchval(f'SELECT EXISTS (SELECT FROM "{name}")')  # noqa: S608 - catalog names
    ]
    if filled:
        listed = ", ".join(f'"{name}"' for name in filled)
        await connection.execute(f"TRUNCATE {listed} RESTART IDENTITY CASCADE")
        if "relay_state" in filled:
            await connection.execute("INSERT INTO relay_state (id) VALUES (1)")
    await connection.close()


@pytest_asyncio.fixture
async def context(
    service: Service[Any], settings: Any, redis: Redis
) -> AsyncIterator[Context[Any]]:
    """An open context of the service on emptied tables and an empty Redis."""
    del redis  # emptied
    await empty_tables(settings.database_url, service.name)
    async with open_context(service, settings, "test") as opened:
        yield opened


@pytest.fixture
def database(context: Context[Any]) -> Database:
    """The service's database, emptied."""
    return context.database


@pytest.fixture(scope="session")
def signing_key() -> ECKey:
    """The key that test tokens are signed with."""
    return ECKey.generate_key("P-256", {"kid": KID, "use": "sig", "alg": ALGORITHM})


MakeToken = Callable[..., str]


@pytest.fixture(scope="session")
def token(signing_key: ECKey) -> MakeToken:
    """Return the maker of access tokens; its keywords are claims, such as `roles`."""

    def make(**claims: Any) -> str:
        now = int(time.time())
        sub = str(claims.pop("sub", None) or new_uuid())
        payload = {
            "sub": sub,
            "username": f"member-{sub[-6:]}",
            "boarded": True,
            "verified": True,
            "language": None,
            "roles": ["member"],
            "scope": "",
            "sid": str(new_uuid()),
            "iss": "marquee",
            "aud": "marquee",
            "iat": now,
            "exp": now + 900,
            "jti": str(new_uuid()),
            **claims,
        }
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": KID}
        return jwt.encode(header, payload, signing_key, algorithms=[ALGORITHM])

    return make


@pytest.fixture
def authorization(token: MakeToken) -> Callable[..., dict[str, str]]:
    """Make an `Authorization` header: `authorization(roles=["editor"])`."""

    def make(**claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {token(**claims)}"}

    return make


@pytest.fixture
def jwks(signing_key: ECKey) -> dict[str, Any]:
    """The key set that holds the test key's public half."""
    return {"keys": [signing_key.as_dict(private=False)]}


@pytest_asyncio.fixture
async def app(
    service: Service[Any], context: Context[Any], settings: Any, jwks: dict[str, Any]
) -> AsyncIterator[Any]:
    """The service's application, lifespan running, trusting the test key."""
    del context  # its tables are empty
    application = create_app(service, settings)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(application.router.lifespan_context(application))

        async def fetch() -> dict[str, Any]:
            return jwks

        application.state.verifier._jwks._fetch = fetch  # noqa: SLF001 - identity is not running here
        yield application


@pytest_asyncio.fixture
async def client(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client on the application."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield http


class EventSink:
    """What a service has told, as its relay would send it."""

    def __init__(self, service: str, url: str) -> None:
        self._service = service
        self._url = url

    async def raw(self) -> list[bytes]:
        """Return every event as CloudEvents JSON, in order."""
        connection = await asyncpg.connect(
            self._url, server_settings={"search_path": self._service}
        )
        rows = await connection.fetch(
            "SELECT outbox.*, relay_state.epoch FROM outbox, relay_state ORDER BY seq"
        )
        await connection.close()
        return [envelope(self._service, row) for row in rows]

    async def events(self, *types: type[EventData]) -> list[Event[Any]]:
        """Return the events of these contracts (all without any), in order."""
        names = {contract.type for contract in types}
        found = [parse(raw) for raw in await self.raw()]
        return [event for event in found if event and (not names or event.type in names)]


@pytest.fixture
def sink(service: Service[Any], settings: Any) -> EventSink:
    """The events the service has published in this test."""
    return EventSink(service.name, settings.database_url)


DeliverEvents = Callable[..., Any]


@pytest.fixture
def deliver(service: Service[Any], context: Context[Any]) -> DeliverEvents:
    """Return what hands (data, revision) pairs to the service as its consumer would."""
    from marquee_shared.outbox.consumer import Consumer  # noqa: PLC0415 - only for this fixture

    consumer = Consumer(service.name, context.database, context.redis, service.handlers)

    async def send(*events: tuple[EventData, int], epoch: int = 1) -> None:
        await consumer.handle([as_event(data, revision, epoch=epoch) for data, revision in events])

    return send


def as_message(data: EventData, revision: int, *, epoch: int = 1) -> bytes:
    """Return data as the message that would stand in a stream, with a new id."""
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": str(new_uuid()),
            "type": data.type,
            "source": "/marquee/test",
            "time": "2026-01-01T00:00:00Z",
            "subject": data.subject(),
            "dataschema": f"urn:marquee:event:{data.type}",
            "revision": str(revision),
            "epoch": str(epoch),
            "data": data.model_dump(mode="json"),
        }
    )


def as_event(data: EventData, revision: int, *, epoch: int = 1) -> Event[EventData]:
    """Return data as the event a consumer would get, with a new id."""
    event = parse(as_message(data, revision, epoch=epoch))
    if event is None:
        message = f"no contract for {data.type}"
        raise ValueError(message)
    return event


@pytest.fixture(scope="session")
def shared_data() -> Iterator[Path]:
    """The folder of real data beside the checkout; tests that need it skip without it."""
    for parent in Path(__file__).resolve().parents:
        candidate = parent.parent / "shared" / "data"
        if (candidate / "ml-latest-small").is_dir():
            yield candidate
            return
    pytest.skip("the data folder beside the checkout is missing")
