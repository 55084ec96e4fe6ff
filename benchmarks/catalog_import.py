"""An import of MovieLens-shaped ratings beside PostgreSQL's own COPY of the same rows.

    python -m benchmarks.catalog_import [--films 10000,100000] [--ratings 10] [--plot FILE]

The import checks, joins and tells every row through the outbox, until each is safely the relay's
to deliver; what a whole system makes of them is `benchmarks.import_to_recommendations`. COPY stores
the rows as they stand in the end, into a table with the columns, checks and indexes of the social
service's ratings. Both in the same run, on one server that writes as safely as in production. The
goal is 0.3 of COPY's rows a second. `--ratings` are those of each film; the peak is of what the
importing process holds in memory over what it held before, and should not grow with the file.
"""

import argparse
import asyncio
import random
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from matplotlib import pyplot as plt
from rich.console import Console
from rich.table import Table

from marquee_catalog.app import SERVICE
from marquee_catalog.imports.ratings import member_id
from marquee_catalog.imports.tasks import KIND
from marquee_shared import migrations
from marquee_shared.bootstrap import bootstrap_databases
from marquee_shared.embedded import start_postgres, start_redis
from marquee_shared.jobs import create_job, get_job, run_job
from marquee_shared.service import open_context

SEED = 7
GOAL = 0.3


Growth = list[tuple[int, float, float, float]]
"""Films, ratings brought and copied a second, megabytes at the peak."""


def _write(folder: Path, films: int, ratings: int) -> None:
    rng = random.Random(SEED)
    folder.mkdir()
    with (folder / "movies.csv").open("w") as movies:
        movies.write("movieId,title,genres\n")
        for film in range(1, films + 1):
            movies.write(f"{film},Film {film} ({1920 + film % 100}),Drama|Comedy\n")
    with (folder / "ratings.csv").open("w") as file:
        file.write("userId,movieId,rating,timestamp\n")
        for row in range(ratings):
            file.write(
                f"{1 + row // 100},{rng.randint(1, films)},{rng.randint(1, 10) / 2},{10**9 + row}\n"
            )


PLAIN = """
CREATE TABLE plain (
    user_id uuid NOT NULL, movie_id bigint NOT NULL,
    half_steps smallint CHECK (half_steps BETWEEN 1 AND 10),
    created_at timestamptz NOT NULL, rated_at timestamptz NOT NULL,
    revision bigint NOT NULL CHECK (revision > 0), PRIMARY KEY (user_id, movie_id)
);
CREATE INDEX ON plain (user_id, rated_at, movie_id) WHERE half_steps IS NOT NULL;
"""


def _write_rows(given: Path, rows: Path) -> None:
    """Write the ratings of a MovieLens file as the rows that come of them; the last one counts."""
    with given.open() as file, rows.open("w") as written:
        next(file)
        last = {}
        for line in file:
            member, film, value, at = line.strip().split(",")
            last[member, film] = (value, at)
        for (member, film), (value, at) in last.items():
            when = datetime.fromtimestamp(int(at), UTC).isoformat()
            steps = int(float(value) * 2)
            written.write(f"{member_id('movielens', member)},{film},{steps},{when},{when},1\n")


async def _copy(url: str, file: Path) -> float:
    connection = await asyncpg.connect(url, server_settings={"search_path": "catalog"})
    await connection.execute(PLAIN)
    began = time.perf_counter()
    await connection.copy_to_table("plain", source=file, format="csv")
    taken = time.perf_counter() - began
    await connection.execute("DROP TABLE plain")
    await connection.close()
    return taken


def _resident(name: str) -> float:
    """Return a figure of this process's memory, in megabytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{name}:")[2].split()[0]) / 1024


def _measure_anew() -> float:
    """Let the peak of this process's memory begin anew, and return what it is now."""
    Path("/proc/self/clear_refs").write_text("5")
    return _resident("VmRSS")


async def run(sizes: list[int], per_film: int) -> tuple[Table, Growth]:
    """Measure at every size, each on a fresh database server."""
    table = Table(
        "films", "ratings", "films/s", "ratings/s", "COPY rows/s", "ratio", "goal", "peak MB",
        title="imports",
    )  # fmt: skip
    growth: Growth = []
    for films in sizes:
        ratings = films * per_film
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            _write(root / "ml", films, ratings)
            async with (
                start_postgres(root / "pg") as postgres,
                start_redis(root / "redis", durable=False) as redis,
            ):
                urls = await bootstrap_databases(postgres.url, ["catalog"], {"catalog": "bench"})
                url = urls["catalog"]
                await asyncio.to_thread(migrations.upgrade, SERVICE.package, url)
                settings = SERVICE.settings(
                    database_url=url, redis_url=redis.url, data_dir=root, _env_file=None
                )
                taken = {}
                async with open_context(SERVICE, settings, "bench") as context:
                    before = _measure_anew()
                    for part in ("movies", "ratings"):  # films first: the rate is of ratings
                        path = str(root / "ml" / f"{part}.csv")
                        parameters = {"source": "movielens", "path": path}
                        async with context.database.transaction() as session:
                            job_id = await create_job(session, context, KIND, parameters)
                        began = time.perf_counter()
                        await run_job(context, SERVICE.jobs, job_id)
                        taken[part] = time.perf_counter() - began
                        async with context.database.reading() as reading:
                            job = await get_job(reading, job_id)
                        if job.state != "succeeded":
                            raise RuntimeError(job.error)
                    peak = _resident("VmHWM") - before
                rows = root / "rows.csv"
                await asyncio.to_thread(_write_rows, root / "ml" / "ratings.csv", rows)
                copied = await _copy(url, rows)
                imported = taken["ratings"]
                table.add_row(
                    f"{films:,}", f"{ratings:,}", f"{films / taken['movies']:,.0f}",
                    f"{ratings / imported:,.0f}", f"{ratings / copied:,.0f}",
                    f"{copied / imported:.2f}", f"{GOAL}", f"{peak:.0f}",
                )  # fmt: skip
                growth.append((films, ratings / imported, ratings / copied, peak))
    return table, growth


def plot(growth: Growth, file: Path) -> None:
    """Draw rows a second, imported and copied, against the number of films."""
    films, imported, copied, _ = zip(*growth, strict=True)
    figure, axes = plt.subplots(figsize=(7, 4.5))
    axes.plot(films, copied, marker="o", label="COPY")
    axes.plot(films, imported, marker="o", label="import")
    axes.plot(films, [GOAL * rows for rows in copied], "--", color="grey", label="goal")
    axes.set(xscale="log", xlabel="films", ylabel="ratings a second", ylim=(0, None))
    axes.set_title("Imports as they grow")
    axes.legend()
    figure.tight_layout()
    figure.savefig(file)


def main() -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", default="10000,100000")
    parser.add_argument("--ratings", type=int, default=10)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    sizes = [int(size) for size in given.films.split(",")]
    table, growth = asyncio.run(run(sizes, given.ratings))
    Console().print(table)
    if given.plot:
        plot(growth, given.plot)


if __name__ == "__main__":
    main()
