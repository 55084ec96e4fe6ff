"""The recommender's service by itself on MovieLens: fed by events, trained, asked over a socket.

Starts a PostgreSQL and a Redis of its own, the recommender's worker and API as real processes,
and brings ml-latest-small (9k films, 100k ratings) through the event streams. Prints

* how long the replicas took, and how long until the first model served;
* p50 and p99 of `GET /v1/me/recommendations` for one client on one connection, each member once
  (so nothing is repeated), the read-your-writes path, and the other routes; beside them the API's
  CPU per answer, which other work on the machine changes little;
* answers and errors while models are swapped under eight readers;
* the memory of the two processes.

    python benchmarks/recommender_service.py [--data FOLDER] [--json]
"""

import argparse
import asyncio
import csv
import json
import os
import re
import socket
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import orjson
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from marquee_shared import migrations
from marquee_shared.auth.tokens import ALGORITHM, TYPE
from marquee_shared.bootstrap import bootstrap_databases
from marquee_shared.embedded import start_postgres, start_redis
from marquee_shared.events import EventData, stream_of
from marquee_shared.events.catalog import MovieCreated, NamedRef
from marquee_shared.events.social import RatingsSet, RatingState

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "ml-latest-small"
PACKAGE = "marquee_recommender"
CHUNK = 1000
KEY = ECKey.generate_key("P-256", {"kid": "bench", "use": "sig", "alg": ALGORITHM})
PATIENCE = 300
AVID = "avid"
"""A member who has rated every film but the first ten, up to ten thousand."""
READERS, SWAPS = 8, 10
SCIENTIST = uuid.uuid4()


def member(number: str) -> uuid.UUID:
    """Return the id of a MovieLens user."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"marquee:movielens:{number}")


def films(folder: Path) -> Iterator[EventData]:
    """Yield an event per film."""
    genres: dict[str, int] = {}
    with (folder / "movies.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            year = re.search(r"\((\d{4})\)\s*$", row["title"])
            named = [name for name in row["genres"].split("|") if name[0] != "("]
            yield MovieCreated(
                id=int(row["movieId"]),
                slug=f"film-{row['movieId']}",
                title=row["title"],
                year=int(year[1]) if year else None,
                genres=[
                    NamedRef(
                        id=genres.setdefault(name, len(genres) + 1), slug=name.lower(), name=name
                    )
                    for name in named
                ],
            )


def ratings(folder: Path) -> tuple[list[EventData], list[str]]:
    """Return bulk events, and the members."""
    states, members = [], {}
    with (folder / "ratings.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            members[row["userId"]] = True
            states.append(
                RatingState(
                    user_id=member(row["userId"]),
                    movie_id=int(row["movieId"]),
                    value=float(row["rating"]),
                    rated_at=datetime.fromtimestamp(int(row["timestamp"]), UTC),
                    revision=1,
                )
            )
    for movie in sorted({state.movie_id for state in states})[10:10_010]:
        values = {"user_id": member(AVID), "movie_id": movie, "value": 4.0, "revision": 1}
        states.append(RatingState(rated_at=datetime.fromtimestamp(1_000_000_000, UTC), **values))
    chunks = range(0, len(states), CHUNK)
    return [RatingsSet(ratings=states[start : start + CHUNK]) for start in chunks], list(members)


async def send(redis: Redis, events: Iterator[EventData] | list[EventData]) -> None:
    """Put events into their streams as a relay does."""
    pipeline = redis.pipeline(transaction=False)
    for data in events:
        raw = {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "type": data.type,
            "source": "/marquee/bench",
            "time": datetime.now(UTC).isoformat(),
            "subject": data.subject(),
            "dataschema": f"urn:marquee:event:{data.type}",
            "revision": "1",
            "epoch": "1",
            "data": data.model_dump(mode="json"),
        }
        pipeline.xadd(stream_of(data.type), {"event": orjson.dumps(raw)})
    await pipeline.execute()


def token(user: uuid.UUID, scope: str = "") -> str:
    """Return an access token."""
    now = int(time.time())
    claims = {
        "sub": str(user),
        "username": f"member-{user.hex[:6]}",
        "boarded": True,
        "verified": True,
        "language": None,
        "roles": ["member"],
        "scope": scope,
        "sid": str(uuid.uuid4()),
        "iss": "marquee",
        "aud": "marquee",
        "iat": now,
        "exp": now + 900,
        "jti": str(uuid.uuid4()),
    }
    return jwt.encode({"alg": ALGORITHM, "typ": TYPE, "kid": "bench"}, claims, KEY)


@asynccontextmanager
async def peers() -> AsyncIterator[str]:
    """Run what stands in for identity's keys and social's interactions; yield its address."""

    async def keys(_request: web.Request) -> web.Response:
        return web.json_response({"keys": [KEY.as_dict(private=False)]})

    rated = [
        {"movie_id": 1 + n, "value": 4.0, "rated_at": "2016-01-01T00:00:00Z", "revision": 1}
        for n in range(50)
    ]

    async def interactions(_request: web.Request) -> web.Response:
        return web.json_response({"user_id": str(uuid.uuid4()), "ratings": rated, "signals": []})

    async def taste(_request: web.Request) -> web.Response:
        chosen: dict[str, Any] = {"genres": ["drama"], "platforms": [], "people": []}
        return web.json_response({**chosen, "country": None})

    async def following(_request: web.Request) -> web.Response:
        return web.json_response({"items": [], "next_cursor": None})

    application = web.Application()
    application.router.add_get("/v1/me/taste", taste)
    application.router.add_get("/v1/me/following/people", following)
    application.router.add_get("/v1/.well-known/jwks.json", keys)
    application.router.add_get("/internal/me/interactions", interactions)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@asynccontextmanager
async def process(*arguments: str, **options: Any) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a process of the recommender, and stop it."""
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", PACKAGE, *arguments, stdout=sys.stderr, **options
    )
    try:
        yield running
    finally:
        running.terminate()
        await running.wait()


def megabytes(pid: int) -> float:
    """Return the resident memory of a process that is its own."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    found = re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)
    return int(found[1]) / 1000 if found else 0.0


async def until(check: Any) -> float:
    """Wait until a check is true; return the seconds it took."""
    started = time.perf_counter()
    async with asyncio.timeout(PATIENCE):
        while not await check():
            await asyncio.sleep(0.02)
    return time.perf_counter() - started


def cpu_seconds(pid: int) -> float:
    """Return the CPU time a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def timed(
    http: aiohttp.ClientSession, pid: int, asked: list[tuple[str, dict[str, str]]]
) -> tuple[float, float, float]:
    """Ask one after another; return p50, p99 and the API's CPU per answer, in milliseconds."""
    took = []
    before = cpu_seconds(pid)
    for url, headers in asked:
        started = time.perf_counter()
        async with http.get(url, headers=headers) as answer:
            await answer.read()
            took.append((time.perf_counter() - started) * 1000)
            if answer.status != 200:  # the figures would be of errors
                raise RuntimeError(f"{url}: {answer.status} {await answer.text()}")
    cpu = (cpu_seconds(pid) - before) * 1000 / len(asked)
    return statistics.median(took), statistics.quantiles(took, n=100)[98], cpu


async def measure(
    http: aiohttp.ClientSession, base: str, pid: int, members: list[str]
) -> dict[str, tuple[float, float, float]]:
    """Return p50, p99 and CPU of each kind of question."""
    url = f"{base}/v1/me/recommendations"
    who = [{"Authorization": f"Bearer {token(member(number))}"} for number in members]
    public: dict[str, str] = {}
    avid = {"Authorization": f"Bearer {token(member(AVID))}"}
    nobody = {"Authorization": f"Bearer {token(uuid.uuid4())}"}
    for headers in who:  # tokens are verified once in 30 s; that is measured by itself
        async with http.get(f"{base}/v1/movies/film-1/why", headers=headers) as answer:
            await answer.read()
    asked: dict[str, list[tuple[str, dict[str, str]]]] = {
        "recommendations, every member once": [(url, headers) for headers in who],
        "… with a filter": [(f"{url}?genre=drama&year_from=1990", each) for each in who],
        "… a member who did nothing": [(url, nobody)] * 200,
        "… a member of nine thousand ratings": [
            (f"{url}?limit={1 + n % 100}", avid) for n in range(200)
        ],
        "… an event under way, peers asked": [
            (url, {**each, "Marquee-After": str(uuid.uuid4())}) for each in who[:200]
        ],
        "… token never seen before": [
            (url, {"Authorization": f"Bearer {token(member(number))}"}) for number in members[:200]
        ],
        "home": [(f"{base}/v1/me/home", headers) for headers in who],
        "why": [(f"{base}/v1/movies/film-1/why", headers) for headers in who[:200]],
        "similar": [(f"{base}/v1/movies/film-{n}/similar", public) for n in (1, 2, 3, 5, 6)] * 40,
        "trending": [(f"{base}/v1/trending", public)] * 200,
    }
    return {name: await timed(http, pid, questions) for name, questions in asked.items()}


async def swap(http: aiohttp.ClientSession, base: str, members: list[str]) -> str:
    """Activate two models in turn under eight readers; return what became of their questions."""
    scientist = {"Authorization": f"Bearer {token(SCIENTIST, 'recommender')}"}
    own = [{"Authorization": f"Bearer {token(member(number))}"} for number in members]
    models = f"{base}/v1/recommender/models"
    async with http.get(models, headers=scientist) as answer:
        versions = [model["version"] for model in (await answer.json())["items"]][:2]
    took, errors, served, done = [], 0, set(), asyncio.Event()

    async def read_on(reader: int) -> None:
        nonlocal errors
        for turn in range(reader, 1_000_000, READERS):
            if done.is_set():
                return
            started = time.perf_counter()
            try:
                url, headers = f"{base}/v1/me/recommendations", own[turn % len(own)]
                async with http.get(url, headers=headers) as answer:
                    errors += answer.status != 200
                    served.add((await answer.json()).get("model"))
            except aiohttp.ClientError:
                errors += 1
            took.append((time.perf_counter() - started) * 1000)

    readers = [asyncio.create_task(read_on(reader)) for reader in range(READERS)]
    for turn in range(SWAPS):
        async with http.post(
            f"{models}/{versions[turn % 2]}/activate", headers=scientist
        ) as answer:
            answer.raise_for_status()
        seen = len(took)
        while len(took) < seen + 10 * READERS:
            await asyncio.sleep(0.01)
    done.set()
    await asyncio.gather(*readers)
    p99 = statistics.quantiles(took, n=100)[98]
    return (
        f"{len(took):,} answers by {len(served)} models, {errors} errors, "
        f"p50 {statistics.median(took):.0f} ms, p99 {p99:.0f} ms"
    )


async def run(folder: Path) -> dict[str, Any]:
    """Start everything, measure, stop everything."""
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        async with (
            start_postgres(place / "postgres") as postgres,
            start_redis(place / "redis", durable=False) as redis_server,
            peers() as peer,
        ):
            urls = await bootstrap_databases(
                postgres.url, ["recommender"], {"recommender": "benchmark"}
            )
            url = urls["recommender"]
            await asyncio.to_thread(migrations.upgrade, PACKAGE, url)
            listener = socket.create_server(("127.0.0.1", 0))
            listener.set_inheritable(True)
            environment = {
                **os.environ,
                "DATABASE_URL": url,
                "REDIS_URL": redis_server.url,
                "DATA_DIR": str(place / "data"),
                "IDENTITY_URL": peer,
                "SOCIAL_URL": peer,
                "LOG_LEVEL": "WARNING",
                "ENVIRONMENT": "test",
            }
            fd = listener.fileno()
            base = f"http://127.0.0.1:{listener.getsockname()[1]}"
            connection = await asyncpg.connect(url, server_settings={"search_path": "recommender"})
            async with (
                process("api", "--fd", str(fd), env=environment, pass_fds=[fd]) as api,
                process("worker", env=environment) as worker,
                Redis.from_url(redis_server.url) as redis,
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http,
            ):

                async def alive() -> bool:
                    return bool(await redis.exists("heartbeat:recommender:worker"))

                await until(alive)
                bulk, members = ratings(folder)
                events = list(films(folder))
                rows = sum(len(chunk.ratings) for chunk in bulk if isinstance(chunk, RatingsSet))
                started = time.perf_counter()
                await send(redis, events)
                await send(redis, bulk)

                async def fed() -> bool:
                    counted = "SELECT count(*) FROM interactions"
                    return bool(await connection.fetchval(counted) == rows)

                async def served() -> bool:
                    headers = {"Authorization": f"Bearer {token(member(members[0]))}"}
                    asked = http.get(f"{base}/v1/me/recommendations", headers=headers)
                    async with asked as answer:
                        return bool((await answer.json())["model"])

                await until(fed)
                figures["replicas fed (s)"] = round(time.perf_counter() - started, 2)
                await until(served)
                figures["served by a first model (s)"] = round(time.perf_counter() - started, 2)

                async def finished() -> bool:
                    busy = "SELECT EXISTS (SELECT FROM jobs WHERE state IN ('queued', 'running'))"
                    return not await connection.fetchval(busy)

                await until(finished)
                figures["evaluated (s)"] = round(time.perf_counter() - started, 2)
                figures["milliseconds"] = await measure(http, base, api.pid, members)
                scientist = {"Authorization": f"Bearer {token(SCIENTIST, 'recommender')}"}
                trainings = f"{base}/v1/recommender/trainings"
                small = {"parameters": {"factors": 16, "iterations": 3}, "activation": "never"}
                async with http.post(trainings, json=small, headers=scientist) as answer:
                    answer.raise_for_status()
                await until(finished)
                figures[f"{SWAPS} swaps under load"] = await swap(http, base, members)
                figures["api (MB)"] = round(megabytes(api.pid), 1)
                figures["worker (MB)"] = round(megabytes(worker.pid), 1)
            await connection.close()
    return figures


def main() -> int:
    """Print the figures."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--data", type=Path, default=DATA)
    command.add_argument("--json", action="store_true")
    options = command.parse_args()
    if not (options.data / "ratings.csv").is_file():
        print(f"no MovieLens data in {options.data}: passed over")
        return 0
    figures = asyncio.run(run(options.data))
    if options.json:
        print(json.dumps(figures, indent=1))
        return 0
    console = Console()
    table = Table(title="The recommender's service on ml-latest-small, one client")
    for column in ("", "p50 ms", "p99 ms", "CPU ms"):
        table.add_column(column, justify="right" if column else "left")
    for name, (half, most, cpu) in figures.pop("milliseconds").items():
        table.add_row(name, f"{half:.1f}", f"{most:.1f}", f"{cpu:.1f}")
    console.print(table)
    for name, value in figures.items():
        console.print(f"{name:32} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
