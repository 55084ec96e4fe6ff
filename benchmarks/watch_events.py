"""Player events from the request to the figures: how many a second, and what lags behind.

Starts a durable PostgreSQL and Redis (append-only file), the service's API and worker as
processes. Viewers send batches as players do that were offline for a while; each request is
answered once its batch is stored. Printed are the rate of the intake alone (worker stopped),
of the consumer alone on what then waits, and of both at once; afterwards the sum of all seconds
watched is compared with what was sent.

    python benchmarks/watch_events.py [--events 100000] [--batch 50] [--viewers 32]
"""

import argparse
import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from _social import authorization, key_server, new_member, process
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from marquee_shared import migrations
from marquee_shared.bootstrap import bootstrap_databases
from marquee_shared.database import Database
from marquee_shared.embedded import start_postgres, start_redis
from marquee_social.settings import SocialSettings

FILMS = 1_000
STEP = 10
POLL = 0.05


def batches(number: int, count: int, size: int) -> list[dict[str, object]]:
    """Return what one viewer's player sends: a film from its start, an event every ten seconds."""
    began = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    events = [
        {
            "session_id": f"viewer-{number}",
            "sequence": place,
            "movie": f"film-{number % FILMS + 1}",
            "type": "start" if place == 0 else "progress",
            "position": place * STEP,
            "at": (began + timedelta(seconds=place * STEP)).isoformat(),
        }
        for place in range(count)
    ]
    return [{"events": events[start : start + size]} for start in range(0, count, size)]


async def send(url: str, viewers: int, each: int, size: int, first: int) -> float:
    """Send all viewers' events, each viewer's in order; return the seconds it took."""
    work = [
        (authorization(new_member()), batches(first + number, each, size))
        for number in range(viewers)
    ]
    async with aiohttp.ClientSession() as http:

        async def view(headers: dict[str, str], parts: list[dict[str, object]]) -> None:
            for part in parts:
                path = f"{url}/v1/me/watch-events"
                async with http.post(path, json=part, headers=headers) as answer:
                    answer.raise_for_status()
                    await answer.read()

        started = time.perf_counter()
        await asyncio.gather(*(view(headers, parts) for headers, parts in work))
        return time.perf_counter() - started


async def watched(database: Database) -> int:
    """Return the milliseconds that all members have watched."""
    async with database.reading() as session:
        return int(
            await session.scalar(text("SELECT coalesce(sum(milliseconds), 0) FROM watchers")) or 0
        )


async def until_watched(database: Database, milliseconds: int) -> float:
    """Wait until so much has been summed up; return the seconds it took."""
    started = time.perf_counter()
    while await watched(database) < milliseconds:
        await asyncio.sleep(POLL)  # a database offers nothing to wait on
    return time.perf_counter() - started


async def run(events: int, size: int, viewers: int) -> None:
    """Measure and print."""
    each = events // viewers
    sent = each * viewers
    expected = viewers * (each - 1) * STEP * 1000
    with tempfile.TemporaryDirectory() as folder:
        async with (
            start_postgres(Path(folder) / "postgres") as postgres,
            start_redis(Path(folder) / "redis") as redis,
            key_server() as identity,
        ):
            urls = await bootstrap_databases(postgres.url, ["social"], {"social": "benchmark"})
            url = urls["social"]
            await asyncio.to_thread(migrations.upgrade, "marquee_social", url)
            database = Database(SocialSettings(database_url=url), "social")
            async with database.transaction() as session:
                await session.execute(
                    text(
                        "INSERT INTO movies (id, slug, title, genres, runtime, status, deleted, "
                        "epoch, revision) SELECT n, 'film-' || n, 'Film', '[]', 120, 'released', "
                        "false, 1, 1 FROM generate_series(1, :films) n"
                    ),
                    {"films": FILMS},
                )
            environment = {"DATABASE_URL": url, "REDIS_URL": redis.url, "IDENTITY_URL": identity}
            async with process("api", environment) as api:
                await send(api, 2, 100, size, 10**6)  # warm
                warm = 2 * 99 * STEP * 1000
                intake = await send(api, viewers, each, size, 0)
                async with process("worker", environment):
                    await until_watched(database, warm)  # it has started
                    before = await watched(database)
                    drained = await until_watched(database, warm + expected)
                    share = (warm + expected - before) / expected
                    started = time.perf_counter()
                    both = await send(api, viewers, each, size, viewers)
                    behind = await until_watched(database, warm + 2 * expected)
                    whole = time.perf_counter() - started
            total = await watched(database)
            await database.close()
    table = Table(title=f"{sent:,} player events, {size} a request, {viewers} viewers at once")
    table.add_column("what")
    table.add_column("events/s", justify="right")
    table.add_row("taken in, 202 answered (no worker running)", f"{sent / intake:,.0f}")
    table.add_row("consumed into figures (nothing coming in)", f"{sent * share / drained:,.0f}")
    table.add_row("taken in while consumed", f"{sent / both:,.0f}")
    table.add_row("from request to figures, both at once", f"{sent / whole:,.0f}")
    Console().print(table)
    print(
        f"figures complete {behind:.2f} s after the last answer; "
        f"{total / 1000:,.0f} s watched, {(warm + 2 * expected) / 1000:,.0f} s sent"
    )
    if total != warm + 2 * expected:
        sys.exit(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--viewers", type=int, default=32)
    arguments = parser.parse_args()
    asyncio.run(run(arguments.events, arguments.batch, arguments.viewers))
