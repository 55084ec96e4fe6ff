"""What ratings cost, and that a popular film does not make its raters wait for each other.

Starts a PostgreSQL (durable, as in production) and a Redis of its own. Two tables:

* in the database: rating + counter + event in one transaction, many writers at once, all on one
  film with a single counter row (what we do not do), on one film with its shards, and spread;
* through the service's API process over HTTP: first ratings of many members, on one film and
  spread, and reads of the film's summary.

Afterwards every histogram is compared with the rows it counts.

    python benchmarks/social_ratings.py [--ratings 5000] [--writers 32]
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from _social import authorization, key_server, new_member, process
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from marquee_shared import migrations
from marquee_shared.bootstrap import bootstrap_databases
from marquee_shared.database import Database
from marquee_shared.embedded import start_postgres, start_redis
from marquee_shared.events.social import RatingSet
from marquee_shared.outbox import publish
from marquee_social.ratings import repository
from marquee_social.settings import SocialSettings

FILMS = 1_000
ROUNDS = 3
SHARDED = repository.STATEMENTS.set
SINGLE = text(SHARDED.text.replace(repository.OWN_SHARD, "0::smallint"))


def popular(_number: int) -> int:
    """Return the film that everybody rates."""
    return 1


def spread(number: int) -> int:
    """Return another film for each rating in turn."""
    return number % FILMS + 1


async def paced(count: int, writers: int, act: Callable[[int], Awaitable[None]]) -> float:
    """Run `act` for 0 … count-1 by so many workers; return how many a second."""
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await act(number)

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(writers)))
    return count / (time.perf_counter() - started)


async def medians(
    cases: Mapping[str, Callable[[], Awaitable[float]]],
) -> list[tuple[str, float]]:
    """Measure the cases in turn, several rounds, so that a busy moment hits all alike."""
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, measure in cases.items():
            found[name].append(await measure())
    return [(name, statistics.median(rates)) for name, rates in found.items()]


async def in_database(
    database: Database, statement: Any, film: Callable[[int], int], count: int, writers: int
) -> float:
    """Return ratings a second by transactions like the service's own."""

    async def rate(number: int) -> None:
        member = new_member()
        values = {"slug": "", "movie_id": film(number), "user_id": member}
        async with database.transaction() as session:
            written = await session.execute(statement, {**values, "value": number % 10 + 1})
            row = written.one()
            told = RatingSet(user_id=member, movie_id=row.id, value=row.after / 2, rated_at=row.at)
            await publish(session, told, row.revision)

    await paced(writers * 4, writers, rate)  # warm
    return await paced(count, writers, rate)


async def over_http(url: str, film: Callable[[int], int], count: int, writers: int) -> float:
    """Return ratings a second, each by another member."""
    headers = [authorization() for _ in range(count)]
    async with aiohttp.ClientSession() as http:

        async def rate(number: int) -> None:
            path = f"{url}/v1/movies/film-{film(number)}/rating"
            body = {"value": (number % 10 + 1) / 2}
            async with http.put(path, json=body, headers=headers[number]) as answer:
                answer.raise_for_status()
                await answer.read()

        return await paced(count, writers, rate)


async def summaries(url: str, count: int, writers: int) -> float:
    """Return reads a second of a popular film's summary."""
    async with aiohttp.ClientSession() as http:

        async def read(_number: int) -> None:
            async with http.get(f"{url}/v1/movies/film-1/ratings") as answer:
                answer.raise_for_status()
                await answer.read()

        return await paced(count, writers, read)


async def add_films(database: Database) -> None:
    """Fill the replica of films."""
    async with database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO movies SELECT n, 'film-' || n, 'Film', 2000, NULL, '[]', 'released', "
                "false, 1, 1 FROM generate_series(1, :films) n"
            ),
            {"films": FILMS},
        )


async def drift(database: Database) -> int:
    """Return how many films' counters differ from their rating rows."""
    async with database.reading() as session:
        return int(
            await session.scalar(
                text(
                    "SELECT count(*) FROM (SELECT movie_id, count(*) AS n, sum(half_steps) AS s "
                    "FROM ratings GROUP BY movie_id) r FULL JOIN (SELECT movie_id, "
                    "sum((SELECT sum(c) FROM unnest(counts) c)) AS n, sum((SELECT sum(c * i) "
                    "FROM unnest(counts) WITH ORDINALITY u (c, i))) AS s FROM rating_counts "
                    "GROUP BY movie_id) k USING (movie_id) "
                    "WHERE (r.n, r.s) IS DISTINCT FROM (k.n, k.s)"
                )
            )
            or 0
        )


async def run(ratings: int, writers: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            start_postgres(Path(folder) / "postgres") as postgres,
            start_redis(Path(folder) / "redis") as redis,
            key_server() as identity,
        ):
            urls = await bootstrap_databases(postgres.url, ["social"], {"social": "benchmark"})
            url = urls["social"]
            await asyncio.to_thread(migrations.upgrade, "marquee_social", url)
            settings = SocialSettings(database_url=url, database_pool_size=writers)
            database = Database(settings, "social")
            await add_films(database)
            share = ratings // ROUNDS
            store = partial(in_database, database, count=share, writers=writers)
            stored = await medians(
                {
                    "one film, one counter row": partial(store, SINGLE, popular),
                    "one film, sharded counters": partial(store, SHARDED, popular),
                    f"spread over {FILMS} films": partial(store, SHARDED, spread),
                }
            )
            environment = {
                "DATABASE_URL": url,
                "REDIS_URL": redis.url,
                "IDENTITY_URL": identity,
            }
            async with process("api", environment) as service:
                rate = partial(over_http, service, count=share, writers=writers)
                await over_http(service, spread, writers * 4, writers)  # warm
                served = await medians(
                    {
                        "rate one film": partial(rate, popular),
                        f"rate {FILMS} films": partial(rate, spread),
                        "read one film's summary": partial(summaries, service, share, writers),
                    }
                )
            differing = await drift(database)
            await database.close()
    show(f"In the database, {writers} writers", stored)
    show(f"Through the API process, {writers} connections", served)
    print(f"films whose counters differ from their rows: {differing}")
    if differing:
        sys.exit(1)


def show(title: str, figures: Sequence[tuple[str, float]]) -> None:
    """Print one table, each line with its ratio to the first."""
    table = Table(title=title, title_justify="left")
    table.add_column("what")
    table.add_column("per second", justify="right")
    table.add_column("of the first", justify="right")
    for name, rate in figures:
        table.add_row(name, f"{rate:,.0f}", f"{rate / figures[0][1]:.2f}")
    Console().print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ratings", type=int, default=5_000)
    parser.add_argument("--writers", type=int, default=32)
    arguments = parser.parse_args()
    asyncio.run(run(arguments.ratings, arguments.writers))
