"""A forest of channels: one path lookup, a move, and the report over all, as it grows.

    python -m benchmarks.catalog_channels [--channels 1000,10000,100000] [--depth 50]

In the database, without HTTP: what the statements cost. Every chain is `depth` channels long; the
chains share their beginnings at random, and each leaf holds two contents.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import asyncpg
from rich.console import Console
from rich.table import Table

from marquee_catalog.app import SERVICE
from marquee_catalog.channels import service
from marquee_catalog.channels.report import read_ratings
from marquee_catalog.channels.schemas import ChannelUpdate
from marquee_shared import migrations
from marquee_shared.bootstrap import bootstrap_databases
from marquee_shared.conditional import Preconditions
from marquee_shared.database import Database
from marquee_shared.embedded import start_postgres

SEED = 7
LOOKUPS = 300
MOVES = 20


async def _fill(connection: Any, channels: int, depth: int) -> list[list[str]]:
    """Make the forest; return the paths of its deepest channels."""
    await connection.execute("TRUNCATE channels, groups RESTART IDENTITY CASCADE")
    await connection.execute(
        "INSERT INTO groups (slug, title) SELECT 'group-' || n, 'Group ' || n "
        "FROM generate_series(1, 20) AS n"
    )
    rng = random.Random(SEED)
    rows: list[tuple[int, int | None, str]] = []
    chains: list[list[int]] = []
    while len(rows) < channels:
        shared = rng.choice(chains)[: rng.randrange(depth - 1)] if chains else []
        chain = list(shared)
        while len(chain) < depth and len(rows) < channels:
            number = len(rows) + 1
            rows.append((number, chain[-1] if chain else None, f"channel-{number}"))
            chain.append(number)
        chains.append(chain)
    # A forest just made has no cycle to look for in each of its rows.
    await connection.execute("ALTER TABLE channels DISABLE TRIGGER keep_a_tree")
    await connection.execute(
        "INSERT INTO channels (id, parent_id, slug, title) OVERRIDING SYSTEM VALUE "
        "SELECT id, parent, slug, slug FROM unnest($1::bigint[], $2::bigint[], $3::text[]) "
        "AS new (id, parent, slug)",
        *zip(*rows, strict=True),
    )
    await connection.execute("ALTER TABLE channels ENABLE TRIGGER keep_a_tree")
    await connection.execute(
        "SELECT setval(pg_get_serial_sequence('channels', 'id'), max(id)) FROM channels"
    )
    leaf = "NOT EXISTS (SELECT FROM channels AS k WHERE k.parent_id = c.id)"
    await connection.execute(
        "INSERT INTO contents (channel_id, slug, title, rating) "  # noqa: S608 - our own text
        "SELECT c.id, 'content-' || n, 'Content', (c.id * 7 + n * 13) % 101 / 10.0 "
        f"FROM channels AS c, generate_series(1, 2) AS n WHERE {leaf}"
    )
    await connection.execute(
        "INSERT INTO channel_groups SELECT c.id, 1 + c.id % 20 FROM channels AS c "  # noqa: S608 - likewise
        f"WHERE {leaf}"
    )
    await connection.execute("VACUUM ANALYZE channels, contents, channel_groups")
    await connection.execute("VACUUM ANALYZE channel_group_sources")
    return [[f"channel-{number}" for number in chain] for chain in chains if len(chain) == depth]


async def _lookups(database: Database, paths: list[list[str]]) -> list[float]:
    rng = random.Random(SEED)
    taken = []
    for _ in range(LOOKUPS):
        path = rng.choice(paths)
        began = time.perf_counter()
        async with database.reading() as session:
            await service.get_at_path(session, path, hidden=False)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


async def _moves(database: Database, paths: list[list[str]]) -> list[float]:
    """Move the upper half of a chain to the root and back."""
    taken = []
    for path in paths[:MOVES]:
        half = len(path) // 2
        for there, parent in ((path[:half], None), (path[half - 1 : half], path[: half - 1])):
            began = time.perf_counter()
            async with database.transaction() as session:
                change = ChannelUpdate(parent="/".join(parent) if parent else None)
                await service.update_channel(session, "/".join(there), change, _Any())
            taken.append((time.perf_counter() - began) * 1000)
    return taken


class _Any(Preconditions):
    """No precondition."""

    def __init__(self) -> None:
        pass

    def require(self, revision: int | None) -> None:
        """Demand nothing."""

    def answered(self, revision: int) -> None:
        """Tell nobody."""


async def run(sizes: list[int], depth: int) -> Table:
    """Measure at every size."""
    table = Table(
        "channels", "depth", "loaded s", "lookup p50 ms", "lookup p95 ms", "move p50 ms",
        "report s", title="channels",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        async with start_postgres(Path(folder) / "pg", durable=False) as postgres:
            urls = await bootstrap_databases(postgres.url, ["catalog"], {"catalog": "bench"})
            url = urls["catalog"]
            await asyncio.to_thread(migrations.upgrade, SERVICE.package, url)
            settings = SERVICE.settings(database_url=url, statement_timeout=300, _env_file=None)
            database = Database(settings, "catalog", process="bench")
            connection = await asyncpg.connect(url, server_settings={"search_path": "catalog"})
            for channels in sizes:
                began = time.perf_counter()
                paths = await _fill(connection, channels, depth)
                loaded = time.perf_counter() - began
                await _lookups(database, paths[:10])
                found = await _lookups(database, paths)
                moved = await _moves(database, paths)
                began = time.perf_counter()
                async with database.reading() as session:
                    rows = await read_ratings(session)
                reported = time.perf_counter() - began
                if len(rows) != channels:
                    raise RuntimeError(f"{len(rows)} channels in the report")
                table.add_row(
                    f"{channels:,}", str(depth), f"{loaded:.1f}",
                    f"{statistics.median(found):.2f}",
                    f"{statistics.quantiles(found, n=20)[-1]:.2f}",
                    f"{statistics.median(moved):.1f}", f"{reported:.2f}",
                )  # fmt: skip
            await connection.close()
            await database.close()
    return table


def main() -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--channels", default="1000,10000,100000")
    parser.add_argument("--depth", type=int, default=50)
    given = parser.parse_args()
    sizes = [int(size) for size in given.channels.split(",")]
    Console().print(asyncio.run(run(sizes, given.depth)))


if __name__ == "__main__":
    main()
