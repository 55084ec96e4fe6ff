"""One login role and one schema per service, in whatever PostgreSQL an administrator's URL names.

A role owns its schema, finds it without naming it, and sees no other's: nothing is left to PUBLIC
in the database. `deploy/postgres` does the same by psql for servers that are set up elsewhere.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from marquee_shared.database import EXTENSIONS_SCHEMA

ATTEMPTS = 5
# Roles belong to the whole server: two databases of it may be prepared at the same moment.
COLLISIONS = (
    asyncpg.DuplicateObjectError,
    asyncpg.UniqueViolationError,
    asyncpg.InternalServerError,  # "tuple concurrently updated"
)


def role_of(service: str) -> str:
    """The login role of a service; its schema has the service's name."""
    return f"marquee_{service}"


def service_url(admin_url: str, service: str, password: str) -> str:
    """`admin_url` with the service's role and password in place of the administrator's."""
    parts = urlsplit(admin_url)
    _, _, place = parts.netloc.rpartition("@")
    return urlunsplit(
        parts._replace(netloc=f"{role_of(service)}:{quote(password, safe='')}@{place}")
    )


async def bootstrap_databases(
    admin_url: str, services: Iterable[str], passwords: Mapping[str, str]
) -> dict[str, str]:
    """Give every service its role and schema in the database of `admin_url`; safe to repeat.

    Args:
        admin_url: A role that may create roles and schemas there, superuser or not.
        services: Names; each becomes a schema, owned by the role `marquee_<name>`.
        passwords: Service → password; set anew each time.

    Returns:
        Service → its own DATABASE_URL.
    """
    connection = await asyncpg.connect(admin_url)
    try:
        await _close_public(connection)
        await _add_vector(connection)
        names = sorted(services)
        for service in names:
            await _login_role(connection, role_of(service), passwords[service])
            await _own_schema(connection, service)
    finally:
        await connection.close()
    return {name: service_url(admin_url, name, passwords[name]) for name in names}


async def create_database(admin_url: str, name: str) -> str:
    """Create the database `name` on that server unless it is there; its administrator's URL."""
    connection = await asyncpg.connect(admin_url)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f"CREATE DATABASE {_identifier(name)}")
    except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
        pass  # another process was faster, and it is what was asked for
    finally:
        await connection.close()
    return urlunsplit(urlsplit(admin_url)._replace(path=f"/{quote(name)}"))


async def _close_public(connection: asyncpg.Connection) -> None:
    database = _identifier(await connection.fetchval("SELECT current_database()"))
    await connection.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
    await connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {EXTENSIONS_SCHEMA}")


async def _add_vector(connection: asyncpg.Connection) -> None:
    """pgvector, where the server has it and lets this administrator add it."""
    permitted = """
        SELECT 1 FROM pg_available_extension_versions
        WHERE name = 'vector'
          AND (NOT superuser OR trusted OR current_setting('is_superuser')::boolean)
    """
    if await connection.fetchval(permitted):
        await connection.execute(
            f"CREATE EXTENSION IF NOT EXISTS vector SCHEMA {EXTENSIONS_SCHEMA}"
        )


async def _login_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    for attempt in range(ATTEMPTS):
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
                await connection.execute(f"CREATE ROLE {_identifier(role)}")
            await connection.execute(
                f"ALTER ROLE {_identifier(role)} LOGIN NOINHERIT PASSWORD {_literal(password)}"
            )
        except COLLISIONS:
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return


async def _own_schema(connection: asyncpg.Connection, service: str) -> None:
    role, schema = _identifier(role_of(service)), _identifier(service)
    database = _identifier(await connection.fetchval("SELECT current_database()"))
    if not await connection.fetchval(
        "SELECT pg_has_role(current_user, $1, 'SET')", role_of(service)
    ):
        # Who is no superuser must be able to act as a role to give it a schema.
        await connection.execute(f"GRANT {role} TO CURRENT_USER WITH SET TRUE")
    await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {role}")
    await connection.execute(f"GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}")
    await connection.execute(f"GRANT USAGE ON SCHEMA {EXTENSIONS_SCHEMA} TO {role}")
    await connection.execute(
        f"ALTER ROLE {role} IN DATABASE {database} SET search_path = {schema}, {EXTENSIONS_SCHEMA}"
    )


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    # Utility statements take no bound parameters; standard_conforming_strings is always on.
    return "'" + text.replace("'", "''") + "'"
