"""Migrations of one service: alembic on its own schema and nothing else."""

import asyncio
import importlib
from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import BLANK_SCHEMA, Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine

from marquee_shared.database import asyncpg_url, search_path
from marquee_shared.outbox.tables import CREATE_V1

LOCK_TIMEOUT = "5s"


def create_shared_tables(operations: Any) -> None:
    """Create the outbox, inbox and their like; called by each service's first migration.

    `operations` is alembic's `op`: a module that stands for an `Operations`.
    """
    for statement in CREATE_V1.split(";\n"):
        if statement.strip():
            operations.execute(statement)


def _config(package: str, database_url: str) -> Config:
    module = importlib.import_module(package)
    config = Config()
    config.set_main_option("script_location", str(Path(str(module.__file__)).parent / "migrations"))
    config.attributes["database_url"] = database_url
    return config


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave out of comparisons the outbox's partitions (they come and go by day) and alembic's."""
    return not (
        kind == "table"
        and name is not None
        and (name.startswith("outbox_") or name == "alembic_version")
    )


def _without_schema(metadata: MetaData) -> MetaData:
    """Return the tables as the search path shows them: foreign keys compare without a schema."""
    bare = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.tables.values():
        table.to_metadata(
            bare,
            schema=None,  # type: ignore[arg-type] # SQLAlchemy takes None and declares it not
            referred_schema_fn=lambda *_: BLANK_SCHEMA,  # type: ignore[arg-type] # likewise
        )
    return bare


def run_environment(schema: str, metadata: MetaData) -> None:
    """Run alembic for a service; its `migrations/env.py` is this one call."""
    url = context.config.attributes["database_url"]

    def run(connection: Connection) -> None:
        context.configure(
            connection=connection,
            target_metadata=_without_schema(metadata),
            version_table_schema=schema,
            include_name=_is_ours,
            include_schemas=False,
            compare_server_default=False,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()

    async def connect() -> None:
        engine = create_async_engine(
            asyncpg_url(url),
            connect_args={
                "server_settings": {
                    "search_path": search_path(schema),
                    "lock_timeout": LOCK_TIMEOUT,
                },
                "timeout": 10,
            },
        )
        async with engine.connect() as connection:
            await connection.run_sync(run)
        await engine.dispose()

    asyncio.run(connect())


def upgrade(package: str, database_url: str) -> None:
    """Bring a service's schema to its newest migration."""
    command.upgrade(_config(package, database_url), "head")


def check(package: str, database_url: str) -> None:
    """Raise when the tables and the models differ."""
    command.check(_config(package, database_url))


async def is_current(package: str, database_url: str, schema: str) -> bool:
    """Whether the schema is at its newest migration."""
    heads = set(ScriptDirectory.from_config(_config(package, database_url)).get_heads())
    engine = create_async_engine(
        asyncpg_url(database_url),
        connect_args={"server_settings": {"search_path": search_path(schema)}},
    )

    def current(connection: Connection) -> set[str]:
        connection.execute(text("SELECT 1"))
        found = MigrationContext.configure(connection, opts={"version_table_schema": schema})
        return set(found.get_current_heads())

    try:
        async with engine.connect() as connection:
            return await connection.run_sync(current) == heads
    finally:
        await engine.dispose()
