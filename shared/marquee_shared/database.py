"""The database of one service: one transaction per request, job or message.

The invariant: service code never commits. `Database.transaction()` commits on leaving, runs
what was asked for after the commit (waking the relay, queueing a job), and rolls back on any
exception. Endpoints get their session from `SessionDep`, which closes **before** the response
leaves, so a failed commit is an error and never a lost success.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson
from sqlalchemy import MetaData, event
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from marquee_shared.settings import ServiceSettings

AfterCommit = Callable[[], Awaitable[None]]

EXTENSIONS_SCHEMA = "extensions"

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def new_metadata(schema: str) -> MetaData:
    """Return metadata whose tables live in the service's schema, with named constraints."""
    return MetaData(schema=schema, naming_convention=NAMING)


def search_path(schema: str) -> str:
    """Return where names are looked up: a service's schema, then that of pgvector."""
    return f"{schema}, {EXTENSIONS_SCHEMA}"


ANSWER_SECONDS = 5.0
"""How much longer than the server's own limit a statement is waited for. A server that was
killed or frozen cannot keep its limit; without ours a worker could wait for it for ever."""


class ReadSession(AsyncSession):
    """A session on read-only connections in autocommit: every statement sees the latest data."""


class WriteSession(AsyncSession):
    """A session inside the one transaction of a request, job or message."""

    def after_commit(self, callback: AfterCommit) -> None:
        """Run `callback` once this transaction has committed; dropped on rollback."""
        self.info.setdefault("after_commit", []).append(callback)


def asyncpg_url(url: str) -> str:
    """Return a libpq-style URL as SQLAlchemy's asyncpg dialect takes it, unix sockets included."""
    parts = urlsplit(url)
    query = urlencode(parse_qsl(parts.query))
    return urlunsplit(("postgresql+asyncpg", parts.netloc, parts.path, query, ""))


def _refuse_closed(connection: Any, _record: Any, _proxy: Any) -> None:
    """Replace pooled connections that the server has closed, before anybody gets one.

    asyncpg has seen the socket's end by itself, so this asks the server nothing, where a
    pre-ping would cost a round trip at every checkout.

    Raises:
        InvalidatePoolError: it is closed; SQLAlchemy opens a new one in its place.
    """
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError


class Database:
    """Engines and sessions of one process on one service's schema."""

    def __init__(self, settings: ServiceSettings, schema: str, *, process: str = "api") -> None:
        self.schema = schema
        self._settings = settings
        self._process = process
        self.write_engine = self._engine(read_only=False)
        self.read_engine = self._engine(read_only=True)
        self.on_published: Callable[[], None] | None = None
        """Called after the commit of a transaction that published events: wakes the relay."""

    def _engine(self, *, read_only: bool) -> AsyncEngine:
        settings = self._settings
        server_settings = {
            "search_path": search_path(self.schema),
            "application_name": f"{self.schema}.{self._process}",
            "statement_timeout": str(int(settings.statement_timeout * 1000)),
            "idle_in_transaction_session_timeout": "60000",
            "jit": "off",
        }
        options: dict[str, Any] = {}
        if read_only:
            server_settings["default_transaction_read_only"] = "on"
            options["isolation_level"] = "AUTOCOMMIT"
        engine = create_async_engine(
            asyncpg_url(settings.database_url),
            pool_size=settings.database_pool_size,
            max_overflow=0,
            pool_timeout=settings.database_pool_timeout,
            pool_pre_ping=False,
            pool_use_lifo=True,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
            connect_args={
                "server_settings": server_settings,
                "timeout": 5,
                "command_timeout": settings.statement_timeout + ANSWER_SECONDS,
            },
            **options,
        )
        event.listen(engine.sync_engine, "checkout", _refuse_closed)
        return engine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WriteSession]:
        """Open the one transaction of a unit of work; commit on leaving, then run the hooks."""
        async with WriteSession(self.write_engine, expire_on_commit=False) as session:
            async with session.begin():
                yield session
            if self.on_published is not None and session.info.get("published_events"):
                self.on_published()
            for callback in session.info.pop("after_commit", ()):
                await callback()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[ReadSession]:
        """Open a session that can only read."""
        async with ReadSession(self.read_engine, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[ReadSession]:
        """Open a session that can only read, and sees one moment for as long as it is open.

        Its statements can be streamed, which a session of `reading` cannot: a cursor needs a
        transaction.
        """
        engine = self.read_engine.execution_options(isolation_level="REPEATABLE READ")
        async with ReadSession(engine, expire_on_commit=False) as session:
            yield session

    async def close(self) -> None:
        """Close every connection."""
        await self.write_engine.dispose()
        await self.read_engine.dispose()


def is_out_of_reach(error: BaseException) -> bool:
    """Whether an error says that the database cannot be used now, and nothing about the work.

    SQLSTATE classes: 08 connection, 53 resources, 57 operator intervention (shutdown, starting
    up, cancelled).
    """
    if isinstance(error, OSError | InterfaceError | PoolTimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    return error.connection_invalidated or state[:2] in {"08", "53", "57"}


class Base(DeclarativeBase):
    """The declarative base that each service's own base derives from, with its metadata."""

    __abstract__ = True
