import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from marquee_shared.bootstrap import bootstrap_databases, create_database
from marquee_shared.embedded import EmbeddedPostgres, start_postgres

SERVICES = ["catalog", "social"]
PASSWORDS = {"catalog": "it's \\ a %s / @ password", "social": "another"}


@pytest.fixture(scope="module")
async def own_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedPostgres]:
    folder: Path = tmp_path_factory.mktemp("bootstrap")
    async with start_postgres(folder, durable=False) as running:
        yield running


async def test_each_role_finds_its_own_schema_and_nothing_else(
    own_server: EmbeddedPostgres,
) -> None:
    database = await create_database(own_server.url, "apart")
    urls = await bootstrap_databases(database, SERVICES, PASSWORDS)

    catalog = await asyncpg.connect(urls["catalog"])
    await catalog.execute("CREATE TABLE movies (id int)")
    assert await catalog.fetchval("SELECT 'catalog.movies'::regclass = 'movies'::regclass")
    assert await catalog.fetchval("SELECT '[1,2]'::vector <-> '[1,3]'") == 1
    await catalog.close()

    social = await asyncpg.connect(urls["social"])
    for forbidden in (
        "SELECT * FROM catalog.movies",
        "CREATE TABLE catalog.intruder ()",
        "CREATE TABLE public.intruder ()",
        "CREATE TABLE extensions.intruder ()",
        "SET ROLE marquee_catalog",
        "CREATE SCHEMA another",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await social.execute(forbidden)
    await social.close()


async def test_repeating_it_keeps_the_data_and_takes_new_passwords(
    own_server: EmbeddedPostgres,
) -> None:
    database = await create_database(own_server.url, "repeated")
    before = await bootstrap_databases(database, ["again"], {"again": "old"})
    role = await asyncpg.connect(before["again"])
    await role.execute("CREATE TABLE kept ()")
    await role.close()

    after = await bootstrap_databases(database, ["again"], {"again": "new"})

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(before["again"])
    role = await asyncpg.connect(after["again"])
    assert await role.fetchval("SELECT to_regclass('kept')") is not None
    await role.close()


async def test_many_at_once_on_one_server_do_not_collide(own_server: EmbeddedPostgres) -> None:
    databases = await asyncio.gather(
        *(create_database(own_server.url, f"crowd{number % 3}") for number in range(6))
    )
    urls = await asyncio.gather(
        *(bootstrap_databases(url, SERVICES, PASSWORDS) for url in set(databases))
    )
    for url in (url for of_database in urls for url in of_database.values()):
        connection = await asyncpg.connect(url)
        await connection.close()


async def test_an_administrator_who_is_no_superuser_can_do_it(
    own_server: EmbeddedPostgres,
) -> None:
    root = await asyncpg.connect(own_server.url)
    await root.execute("CREATE ROLE landlord LOGIN CREATEROLE PASSWORD 'key'")
    await root.execute("CREATE DATABASE rented OWNER landlord")
    await root.close()
    landlord = own_server.url_for("landlord", "key", "rented")

    for _ in range(2):
        urls = await bootstrap_databases(landlord, ["tenant"], {"tenant": "door"})

    tenant = await asyncpg.connect(urls["tenant"])
    assert await tenant.fetchval("SELECT current_schema()") == "tenant"
    await tenant.close()
