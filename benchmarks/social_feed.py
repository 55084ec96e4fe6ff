"""A feed as friends grow: read by fan-out (what we do) beside fan-out on write.

Fills a PostgreSQL of its own with members of whom the first has 10, 100 … friends, each with a
hundred acts. Printed for each number of friends: the time to read the first page and a page deep
down by the service's own statement; the same from a table that has a row for every reader; and
what one act costs to write there, a row for each friend.

    python benchmarks/social_feed.py [--friends 10 100 500 1000 2000] [--reads 50]
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from _social import new_member
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from marquee_shared import migrations
from marquee_shared.bootstrap import bootstrap_databases
from marquee_shared.database import Database
from marquee_shared.embedded import start_postgres
from marquee_social.activities.repository import Position, list_activities
from marquee_social.activities.service import START
from marquee_social.settings import SocialSettings

ACTS = 100
FILMS = 1_000
PAGE = 20

FILL = """
    INSERT INTO users (id, username, name, deleted, epoch, revision)
    SELECT id, 'u' || n, 'U', false, 1, 1
    FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY u (id, n) ON CONFLICT DO NOTHING
"""
RELATE = """
    INSERT INTO relationships (low_id, high_id, friendship, friendship_at, revision)
    SELECT least(id, :me), greatest(id, :me), 'friends', now(), 1
    FROM unnest(CAST(:ids AS uuid[])) u (id) ON CONFLICT DO NOTHING
"""
ACT = f"""
    INSERT INTO ratings (user_id, movie_id, half_steps, created_at, rated_at, revision)
    SELECT id, n * 7 % {FILMS} + 1, 8, at, at, 1
    FROM unnest(CAST(:ids AS uuid[])) u (id), generate_series(1, {ACTS}) n,
        LATERAL (SELECT now() - n * interval '1 hour' - random() * interval '1 hour' AS at) t
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants
INBOX = """
    CREATE TABLE IF NOT EXISTS feed_inbox (reader uuid, at timestamptz, user_id uuid, kind text,
        id text, movie_id bigint);
"""
PUSHED = """
    INSERT INTO feed_inbox SELECT :me, at, user_id, kind, id, movie_id FROM activities
"""
PULL = "SELECT * FROM feed_inbox WHERE reader = :me ORDER BY at DESC LIMIT 21"
PUSH = """
    INSERT INTO feed_inbox
    SELECT id, now(), :me, 'rating', '1', 1 FROM unnest(CAST(:ids AS uuid[])) u (id)
"""


async def timed(act: Callable[[], Awaitable[object]], times: int) -> tuple[float, float]:
    """Return the median and the 95th percentile in milliseconds."""
    await act()
    found = []
    for _ in range(times):
        started = time.perf_counter()
        await act()
        found.append((time.perf_counter() - started) * 1000)
    return statistics.median(found), statistics.quantiles(found, n=20)[-1]


async def measure(database: Database, friends: int, reads: int) -> list[str]:
    """Fill the tables for one number of friends and return the row of the report."""
    me, others = new_member(), [new_member() for _ in range(friends)]
    async with database.transaction() as session:
        for table in ("ratings", "activities", "relationships", "users", "member_changes"):
            await session.execute(text(f"TRUNCATE {table}"))
        await session.execute(text(FILL), {"ids": [me, *others]})
        await session.execute(text(RELATE), {"ids": others, "me": me})
        await session.execute(text(ACT), {"ids": others})
        await session.execute(text("DROP TABLE IF EXISTS feed_inbox"))
        await session.execute(text(INBOX))
        await session.execute(text(PUSHED), {"me": me})
        await session.execute(text("CREATE INDEX ON feed_inbox (reader, at)"))
    async with database.write_engine.connect() as raw:
        await raw.execution_options(isolation_level="AUTOCOMMIT")
        await raw.execute(text("ANALYZE"))

    async def read(after: Position) -> int:
        async with database.reading() as session:
            return len(await list_activities(session, me, None, after, PAGE + 1))

    async def pull() -> None:
        async with database.reading() as session:
            (await session.execute(text(PULL), {"me": me})).all()

    async def push() -> None:
        async with database.transaction() as session:
            await session.execute(text(PUSH), {"ids": others, "me": me})

    deep: Position = (datetime.now(UTC).replace(microsecond=0), str(UUID(int=0)), "", "")
    async with database.reading() as session:
        middle = await session.scalar(
            text("SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY at) FROM activities")
        )
    deep = (middle, *deep[1:])
    first = await timed(lambda: read(START), reads)
    later = await timed(lambda: read(deep), reads)
    pulled = await timed(pull, reads)
    pushed = await timed(push, max(5, reads // 5))
    return [
        f"{friends:,}",
        *(f"{p50:.1f} / {p95:.1f}" for p50, p95 in (first, later, pulled, pushed)),
    ]


async def run(friends: list[int], reads: int) -> None:
    """Measure and print."""
    table = Table(title=f"Feed of {PAGE}, {ACTS} acts a friend: milliseconds, p50 / p95")
    for name in ("friends", "first page", "deep page", "first page, pushed", "one act, pushed"):
        table.add_column(name, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        async with start_postgres(Path(folder) / "postgres") as postgres:
            urls = await bootstrap_databases(postgres.url, ["social"], {"social": "benchmark"})
            await asyncio.to_thread(migrations.upgrade, "marquee_social", urls["social"])
            database = Database(SocialSettings(database_url=urls["social"]), "social")
            async with database.transaction() as session:
                await session.execute(
                    text(
                        "INSERT INTO movies (id, slug, title, genres, status, deleted, epoch, "
                        "revision) SELECT n, 'film-' || n, 'Film', '[]', 'released', false, 1, 1 "
                        "FROM generate_series(1, :films) n"
                    ),
                    {"films": FILMS},
                )
            for number in friends:
                table.add_row(*await measure(database, number, reads))
            await database.close()
    Console().print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--friends", type=int, nargs="+", default=[10, 100, 500, 1_000, 2_000])
    parser.add_argument("--reads", type=int, default=50)
    arguments = parser.parse_args()
    asyncio.run(run(arguments.friends, arguments.reads))
