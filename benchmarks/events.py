"""How quickly and how densely facts travel: commit → outbox → relay → stream → inbox.

Starts a PostgreSQL (durable, as in production) and a Redis of its own, the example service's
worker as a real process, and writes from this one. Prints two tables:

* latency, one event at a time on an otherwise idle machine: commit to handled;
* throughput: events published in transactions of ten until all are handled, and what the
  same rows cost without any delivery (a plain INSERT), as a ratio.

    python benchmarks/events.py [--events 20000] [--latency 300]
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import asyncpg
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "shared" / "tests"
sys.path.insert(0, str(EXAMPLE))

from example.service import NoteUpdated  # noqa: E402 - the path stands since just now

from marquee_shared import migrations  # noqa: E402
from marquee_shared.bootstrap import bootstrap_databases  # noqa: E402
from marquee_shared.database import Database  # noqa: E402
from marquee_shared.embedded import start_postgres, start_redis  # noqa: E402
from marquee_shared.outbox import publish, publish_many  # noqa: E402
from marquee_shared.settings import ServiceSettings  # noqa: E402

PER_TRANSACTION = 10
WRITERS = 8


async def handled(connection: asyncpg.Connection) -> int:
    """Return how many events the consumer has handled."""
    count: int = await connection.fetchval("SELECT count(*) FROM inbox")
    return count


async def latency(database: Database, redis: Redis, url: str, count: int) -> list[float]:
    """Return milliseconds from commit to the moment the consumer's transaction is visible."""
    connection = await asyncpg.connect(url, server_settings={"search_path": "example"})
    statement = await connection.prepare("SELECT EXISTS (SELECT FROM inbox WHERE event_id = $1)")
    found = []
    for number in range(count):
        async with database.transaction() as session:
            event_id = await publish(session, NoteUpdated(id=number, title="latency"), 1)
        committed = time.perf_counter()
        await redis.publish("wake:example", b"1")
        while not await statement.fetchval(event_id):
            await asyncio.sleep(0)
        found.append((time.perf_counter() - committed) * 1000)
        await asyncio.sleep(0.01)  # idle between two
    await connection.close()
    return found


async def throughput(database: Database, redis: Redis, url: str, count: int) -> tuple[float, float]:
    """Return events a second: written, and written and handled to the last."""
    connection = await asyncpg.connect(url, server_settings={"search_path": "example"})
    before = await handled(connection)
    transactions = iter(range(count // PER_TRANSACTION))

    async def write() -> None:
        for number in transactions:
            async with database.transaction() as session:
                await publish_many(
                    session,
                    [
                        (NoteUpdated(id=number * PER_TRANSACTION + i, title="dense"), 2)
                        for i in range(PER_TRANSACTION)
                    ],
                )
            await redis.publish("wake:example", b"1")

    started = time.perf_counter()
    await asyncio.gather(*(write() for _ in range(WRITERS)))
    written = time.perf_counter() - started
    total = count // PER_TRANSACTION * PER_TRANSACTION
    while await handled(connection) < before + total:
        await asyncio.sleep(0.01)
    seen = time.perf_counter() - started
    await connection.close()
    return total / written, total / seen


async def plain_inserts(url: str, count: int) -> float:
    """Return rows a second of the same shape by plain INSERTs, ten a transaction."""
    connection = await asyncpg.connect(url, server_settings={"search_path": "example"})
    await connection.execute("CREATE TABLE IF NOT EXISTS plain (id bigint, title text)")
    started = time.perf_counter()
    for number in range(count // PER_TRANSACTION):
        async with connection.transaction():
            await connection.execute(
                "INSERT INTO plain SELECT $1::bigint + n, 'dense' FROM generate_series(1, $2) n",
                number,
                PER_TRANSACTION,
            )
    took = time.perf_counter() - started
    await connection.close()
    return count / took


async def run(events: int, samples: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            start_postgres(Path(folder) / "postgres") as postgres,
            start_redis(Path(folder) / "redis") as redis_server,
        ):
            urls = await bootstrap_databases(postgres.url, ["example"], {"example": "benchmark"})
            url = urls["example"]
            await asyncio.to_thread(migrations.upgrade, "example", url)
            settings = ServiceSettings(database_url=url, redis_url=redis_server.url)
            database = Database(settings, "example")
            redis = Redis.from_url(redis_server.url)
            worker = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "example", "worker"),
                cwd=EXAMPLE,
                env={
                    **os.environ,
                    "PYTHONPATH": str(EXAMPLE),
                    "DATABASE_URL": url,
                    "REDIS_URL": redis_server.url,
                    "LOG_LEVEL": "ERROR",
                },
            )
            try:
                await latency(database, redis, url, 20)  # warm
                idle = sorted(await latency(database, redis, url, samples))
                written, seen = await throughput(database, redis, url, events)
                plain = await plain_inserts(url, events)
            finally:
                worker.terminate()
                await worker.wait()
                await redis.aclose()
                await database.close()
    console = Console()
    table = Table(title="Commit → consumer, idle machine", title_justify="left")
    for name in ("p50 ms", "p95 ms", "p99 ms", "worst ms"):
        table.add_column(name, justify="right")
    marks = [statistics.median(idle), idle[int(len(idle) * 0.95)], idle[int(len(idle) * 0.99)]]
    table.add_row(*(f"{value:.1f}" for value in [*marks, idle[-1]]))
    console.print(table)
    table = Table(title=f"{events:,} events, {PER_TRANSACTION} a transaction", title_justify="left")
    for name in ("written /s", "written and handled /s", "plain INSERT rows/s", "ratio"):
        table.add_column(name, justify="right")
    table.add_row(f"{written:,.0f}", f"{seen:,.0f}", f"{plain:,.0f}", f"{seen / plain:.2f}")
    console.print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--latency", type=int, default=300)
    arguments = parser.parse_args()
    asyncio.run(run(arguments.events, arguments.latency))
