"""Reads of the catalog at the service, over loopback HTTP, as the number of films grows.

    python -m benchmarks.catalog_reads [--films 1000,10000,100000] [--seconds 4] [--connections 8]
        [--plot FILE]

One API process on its own core's worth of Python; every answer made anew from the database (films
and pages are drawn at random, no cache in between). Eight connections keep both cores busy and tell
how much the service bears; with one, p95 is what a caller waits.
"""

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from matplotlib import pyplot as plt
from rich.console import Console
from rich.table import Table

from marquee_catalog.app import SERVICE
from marquee_catalog.search.words import deletions, indexed_words, title_key
from marquee_shared import migrations
from marquee_shared.bootstrap import bootstrap_databases
from marquee_shared.embedded import start_postgres, start_redis
from marquee_shared.slugs import fold

SEED = 7
LIMIT = 30
"""Milliseconds that a read may take, at the 95th percentile."""
Growth = dict[str, list[tuple[int, float]]]
"""Route → number of films and p95."""
GENRES = 20
PEOPLE_PER_FILM = 8
SYNOPSIS_WORDS = 40
COMMON = 0.3
"""Which part of the titles has a word in common."""
COUNTRIES = ("US", "US", "US", "GB", "FR", "DE", "ES", "JP", "IN", "IT", "KR", "MX")
LANGUAGES = ("en", "en", "en", "fr", "de", "es", "ja", "hi", "it", "ko")

SYLLABLES = ("ka", "mor", "el", "ti", "van", "su", "ro", "lin", "da", "pe", "qui", "sto", "ba",
             "fer", "no", "zi", "gra", "ul", "me", "xan")  # fmt: skip


COUNT_PEOPLE = """
    UPDATE people AS p SET film_count = c.films FROM (
        SELECT person_id, count(DISTINCT movie_id) AS films FROM credits GROUP BY 1
    ) AS c WHERE c.person_id = p.id
"""


def _word(rng: random.Random) -> str:
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.randrange(2, 5)))


async def _fill(connection: asyncpg.Connection, first: int, last: int) -> None:
    """Add synthetic films `first` … `last`, with credits, genres and words."""
    rng = random.Random(SEED + first)
    films: list[tuple[Any, ...]] = []
    dictionary: dict[str, list[str]] = {}
    for number in range(first, last + 1):
        title = " ".join(_word(rng).title() for _ in range(rng.randrange(1, 4)))
        if rng.random() < COMMON:
            title = f"The {title}"
        synopsis = [_word(rng) for _ in range(SYNOPSIS_WORDS)]
        words = indexed_words(title)
        people = [f"person{rng.randrange(max(100, last // 2))}" for _ in range(2)]
        vector = " ".join([*(f"{w}:1A" for w in words), *(f"{p}:1B" for p in people)])
        year = rng.randrange(1920, 2025)
        films.append((f"film-{number}", title, year, rng.paretovariate(1.2), fold(title), words,
                      [title_key(title)], [title_key(title)], vector, sorted(set(synopsis)),
                      " ".join(synopsis), rng.choice(COUNTRIES),
                      rng.choice(LANGUAGES)))  # fmt: skip
        dictionary.update((word, deletions(word)) for word in words)
    await connection.executemany(
        "INSERT INTO movies (slug, title, year, popularity, folded_title, title_words, "
        "own_title_keys, title_keys, words, all_words, synopsis, runtime, countries, languages) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::tsvector, "
        "strip($9::text::tsvector) || array_to_tsvector($10::text[]), $11, 100, "
        "ARRAY[$12::text], ARRAY[$13::text])",
        films,
    )
    await connection.executemany(
        "INSERT INTO dictionary VALUES ($1, $2) ON CONFLICT DO NOTHING", dictionary.items()
    )
    await connection.execute(
        "INSERT INTO movie_genres SELECT DISTINCT m.id, 1 + floor(power(random(), 2) * $3)::int, 0 "
        "FROM movies AS m, generate_series(1, 3) WHERE m.id BETWEEN $1 AND $2 AND m.id > 0",
        first, last, GENRES,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO credits (movie_id, person_id, job, character, position) "
        "SELECT m.id, 1 + ((m.id * 7919 + n * 104729) % $3), "
        "CASE n WHEN 1 THEN 'director' WHEN 2 THEN 'writer' ELSE 'actor' END, '', n "
        "FROM movies AS m, generate_series(1, $4::int) AS n WHERE m.id BETWEEN $1 AND $2 "
        "ON CONFLICT DO NOTHING",
        first, last, max(100, last // 2), PEOPLE_PER_FILM,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO external_ids SELECT 'tmdb', id::text, id FROM movies "
        "WHERE id BETWEEN $1 AND $2", first, last,
    )  # fmt: skip


async def _prepare(connection: asyncpg.Connection, most: int) -> None:
    await connection.executemany(
        "INSERT INTO genres (slug, name) VALUES ($1, $2)",
        [(f"genre-{n}", f"Genre {n}") for n in range(1, GENRES + 1)],
    )
    people = max(100, most // 2)
    await connection.executemany(
        "INSERT INTO people (slug, name, folded_name, words) VALUES ($1, $1, $1, ARRAY[$1::text])",
        [(f"person{n}",) for n in range(1, people + 1)],
    )


def _cpu_milliseconds(pid: int) -> float:
    """Return what a process has used of its core: what holds on a machine others use too."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1000


async def _measure(
    base: str, path: Callable[[random.Random], str], seconds: float, pid: int, connections: int
) -> tuple[float, float, float, float]:
    """Return requests a second, median and 95th percentile in ms, the API's CPU ms a request."""
    taken: list[float] = []
    used = _cpu_milliseconds(pid)
    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(connector=connector) as session:
        end = time.perf_counter() + seconds

        async def one(number: int) -> None:
            rng = random.Random(number)
            while (began := time.perf_counter()) < end:
                async with session.get(base + path(rng)) as answer:
                    body = await answer.read()
                    if answer.status != 200:
                        raise RuntimeError(f"{answer.status}: {body[:300]!r}")
                taken.append((time.perf_counter() - began) * 1000)

        await asyncio.gather(*(one(number) for number in range(connections)))
    cuts = statistics.quantiles(taken, n=20)
    used = _cpu_milliseconds(pid) - used
    return len(taken) / seconds, statistics.median(taken), cuts[-1], used / len(taken)


def _routes(films: int) -> dict[str, Callable[[random.Random], str]]:
    def typo(rng: random.Random) -> str:
        word = _word(rng)
        return word[:2] + word[3:]

    return {
        "one film in full": lambda r: f"/v1/movies/film-{r.randint(1, films)}",
        "list by popularity": lambda _: "/v1/movies",
        "list of a genre, newest": lambda r: (
            f"/v1/movies?genre=genre-{r.randint(1, GENRES)}&sort=release_date"
        ),
        "films of a director": lambda r: (
            f"/v1/movies?director=person{r.randint(1, max(100, films // 2))}"
        ),
        "search, two words": lambda r: f"/v1/movies?q={_word(r)}+{_word(r)[:3]}",
        "search, one typo": lambda r: f"/v1/movies?q={typo(r)}",
        "search, a word of many titles": lambda _: "/v1/movies?q=the",
        "search and filters": lambda r: (
            f"/v1/movies?q={_word(r)}&genre=genre-{r.randint(1, GENRES)}&year_from=1960"
            "&country=US&language=en"
        ),
        "search, facets": lambda r: f"/v1/movies?q={_word(r)}&include=facets",
        "a director's films, facets": lambda r: (
            f"/v1/movies?director=person{r.randint(1, max(100, films // 2))}&include=facets"
        ),
        "typeahead, one letter": lambda r: f"/v1/search?q={_word(r)[0]}",
        "typeahead, three letters": lambda r: f"/v1/search?q={_word(r)[:3]}",
        "typeahead, a word and a letter": lambda r: f"/v1/search?q={_word(r)}+{_word(r)[0]}",
        "typeahead, one typo": lambda r: f"/v1/search?q={typo(r)}",
    }


async def _ready(base: str, process: subprocess.Popen[bytes]) -> None:
    async with aiohttp.ClientSession() as session:
        while process.poll() is None:
            try:
                async with session.get(base + "/health/ready") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
    raise RuntimeError("the API process ended")


async def run(
    sizes: list[int], seconds: float, port: int, connections: int
) -> tuple[Table, Growth]:
    """Measure every route at every size."""
    table = Table(
        *("films", "route", "requests/s", "p50 ms", "p95 ms", "API CPU ms"),
        title=f"catalog reads, {connections} connections",
    )
    growth: Growth = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        async with start_postgres(root / "pg", durable=False) as postgres, start_redis(
            root / "redis", durable=False
        ) as redis:  # fmt: skip
            urls = await bootstrap_databases(postgres.url, ["catalog"], {"catalog": "bench"})
            await asyncio.to_thread(migrations.upgrade, SERVICE.package, urls["catalog"])
            connection: Any = await asyncpg.connect(
                urls["catalog"], server_settings={"search_path": "catalog"}
            )
            await _prepare(connection, max(sizes))
            environment = {
                **os.environ, "DATABASE_URL": urls["catalog"], "REDIS_URL": redis.url,
                "PORT": str(port), "DATA_DIR": str(root), "LOG_LEVEL": "WARNING",
            }  # fmt: skip
            process = subprocess.Popen(  # noqa: ASYNC220 - returns at once
                [sys.executable, "-m", "marquee_catalog", "api"], env=environment
            )
            try:
                base = f"http://127.0.0.1:{port}"
                await _ready(base, process)
                done = 0
                for films in sizes:
                    await _fill(connection, done + 1, films)
                    await connection.execute(COUNT_PEOPLE)
                    await connection.execute("VACUUM ANALYZE")
                    done = films
                    for name, path in _routes(films).items():
                        await _measure(base, path, 0.5, process.pid, connections)
                        rate, *times = await _measure(base, path, seconds, process.pid, connections)
                        table.add_row(
                            f"{films:,}", name, f"{rate:,.0f}", *(f"{t:.2f}" for t in times)
                        )
                        growth.setdefault(name, []).append((films, times[1]))
            finally:
                process.terminate()
                process.wait()
                await connection.close()
    return table, growth


def plot(growth: Growth, file: Path) -> None:
    """Draw p95 against the number of films, a line for each route."""
    figure, axes = plt.subplots(figsize=(9, 5.5))
    for name, points in growth.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=name)
    axes.axhline(LIMIT, color="grey", linestyle="--", linewidth=1)
    axes.set(xscale="log", xlabel="films", ylabel="p95, milliseconds", ylim=(0, None))
    axes.set_title("Reads of the catalog as it grows, one caller")
    axes.legend(fontsize="small", ncols=2)
    figure.tight_layout()
    figure.savefig(file)


def main() -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", default="1000,10000,100000")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--port", type=int, default=18_432)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    sizes = [int(size) for size in given.films.split(",")]
    table, growth = asyncio.run(run(sizes, given.seconds, given.port, given.connections))
    Console().print(table)
    if given.plot:
        plot(growth, given.plot)


if __name__ == "__main__":
    main()
