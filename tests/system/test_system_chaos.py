"""Break things on purpose under load, then compare every replica and cache with its source.

Members go on rating through the gateway while processes are killed, frozen and robbed of their
memory. Afterwards: what was acknowledged is stored, the recommender holds exactly social's ratings,
counters are what the rows add up to, the catalog shows their averages, replicas of films and
members equal their sources, and the gateway answers what the services answer.

`make test` does one round of each fault; `make chaos` (`--chaos`) several, and prints a table.
"""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field

import asyncpg
import httpx
import psutil
import pytest
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table
from steps import eventually

MEMBERS = 6
SETTLED_SECONDS = 60


@dataclass
class Tally:
    """What the writers saw: the last acknowledged value of each rating, and every answer."""

    acknowledged: dict[tuple[str, int], float | None] = field(default_factory=dict)
    in_doubt: set[tuple[str, int]] = field(default_factory=set)
    answers: Counter = field(default_factory=Counter)


async def keep_rating(member, films, tally, stop, seed):
    """Rate and unrate until told to stop; a write without an answer leaves its rating in doubt."""
    choose = random.Random(seed)
    while not stop.is_set():
        film = choose.choice(films)
        key = (member.tokens["user"]["id"], film["id"])
        value = choose.randint(1, 10) / 2
        remove = choose.random() < 0.2
        try:
            if remove:
                answer = await member.delete(f"/v1/movies/{film['slug']}/rating")
            else:
                answer = await member.rate(film["slug"], value)
        except httpx.TransportError as error:
            tally.answers[type(error).__name__] += 1
            tally.in_doubt.add(key)
            await asyncio.sleep(0.05)
            continue
        tally.answers[str(answer.status_code)] += 1
        if answer.is_success:
            tally.acknowledged[key] = None if remove else value
            tally.in_doubt.discard(key)
        elif answer.status_code >= 500:
            tally.in_doubt.add(key)
            await asyncio.sleep(0.05)
        else:
            pytest.fail(f"a good write was refused: {answer.status_code} {answer.text}")


def pid(system, name):
    return system.run["processes"][name]["pid"]


async def restarted(system, name, old):
    async def back():
        entry = system.run["processes"].get(name)
        return entry and entry["pid"] != old

    await eventually(back, seconds=30, what=f"the restart of {name}")


async def kill(system, name):
    old = pid(system, name)
    os.kill(old, signal.SIGKILL)
    await restarted(system, name, old)


async def freeze(system, name, seconds=3.0):
    """Stop a process and all it has started for some seconds, as a stalled disk would."""
    parent = psutil.Process(pid(system, name))
    frozen = [parent, *parent.children(recursive=True)]
    for process in frozen:
        process.suspend()
    try:
        await asyncio.sleep(seconds)  # the fault itself lasts this long
    finally:
        for process in frozen:
            process.resume()


async def empty_redis(system):
    async with Redis.from_url(system.run["redis_url"]) as redis:
        await redis.flushall()


FAULTS = {
    "social worker killed": lambda s: kill(s, "social-worker"),
    "recommender worker killed": lambda s: kill(s, "recommender-worker"),
    "catalog worker killed": lambda s: kill(s, "catalog-worker"),
    "social api killed": lambda s: kill(s, "social-api"),
    "recommender worker frozen": lambda s: freeze(s, "recommender-worker"),
    "redis emptied": empty_redis,
    "redis killed": lambda s: kill(s, "redis"),
    "postgres stopped for 4 s": lambda s: freeze(s, "postgres", 4.0),
    "postgres killed": lambda s: kill(s, "postgres"),
    "gateway killed": lambda s: kill(s, "gateway"),
}


async def rows(system, service, statement, *arguments):
    connection = await asyncpg.connect(
        system.run["database_urls"][service], server_settings={"search_path": service}
    )
    try:
        return [tuple(row) for row in await connection.fetch(statement, *arguments)]
    finally:
        await connection.close()


RATINGS = (
    "SELECT user_id, movie_id, half_steps / 2.0 FROM ratings WHERE half_steps IS NOT NULL "
    "ORDER BY user_id, movie_id"
)
INTERACTIONS = (
    "SELECT user_id, movie_id, value::numeric FROM interactions "
    "WHERE source = 'rating' AND NOT removed ORDER BY user_id, movie_id"
)


def plain(found):
    return [(str(user), movie, float(value)) for user, movie, value in found]


async def differences(system):
    """Compare every replica with its source; return what differs, as words."""
    found = []
    ratings = plain(await rows(system, "social", RATINGS))
    interactions = plain(await rows(system, "recommender", INTERACTIONS))
    if ratings != interactions:
        odd = set(ratings) ^ set(interactions)
        found.append(f"recommender and social differ in {len(odd)} ratings, such as {odd.pop()}")
    summed = await rows(
        system,
        "social",
        "SELECT movie_id, count(*), avg(half_steps / 2.0)::float8 FROM ratings "
        "WHERE half_steps IS NOT NULL GROUP BY movie_id ORDER BY movie_id",
    )
    counted = await rows(
        system,
        "social",
        "SELECT movie_id, sum(n), sum(n * step / 2.0)::float8 / sum(n) FROM rating_counts, "
        "unnest(counts) WITH ORDINALITY AS c (n, step) GROUP BY movie_id HAVING sum(n) > 0 "
        "ORDER BY movie_id",
    )
    shown = await rows(
        system,
        "catalog",
        "SELECT id, rating_count, rating_average::float8 FROM movies WHERE rating_count > 0 "
        "ORDER BY id",
    )

    def rounded(table):
        return {movie: (count, round(average, 2)) for movie, count, average in table}

    if rounded(summed) != rounded(counted):
        found.append("social's counters are not what its ratings add up to")
    truth = rounded(summed)
    if {m: c for m, (c, _) in truth.items()} != {
        m: c for m, (c, _) in rounded(shown).items()
    } or any(
        abs(truth[movie][1] - average) > 0.011 for movie, (_, average) in rounded(shown).items()
    ):
        found.append("the catalog shows other averages than social has")
    for replica in ("social", "recommender"):
        films = "SELECT id, slug, title, revision FROM movies WHERE {} ORDER BY id"
        source = await rows(system, "catalog", films.format("deleted_at IS NULL"))
        if source != await rows(system, replica, films.format("NOT deleted")):
            found.append(f"{replica}'s films are not the catalog's")
        people = "SELECT id, username FROM users WHERE {} ORDER BY id"
        source = await rows(system, "identity", people.format("true"))
        if source != await rows(system, replica, people.format("NOT deleted")):
            found.append(f"{replica}'s members are not identity's")
    for service in ("identity", "catalog", "social", "recommender"):
        dead = await rows(system, service, "SELECT error FROM dead_letters LIMIT 3")
        if dead:
            found.append(f"{service} has dead letters: {dead}")
    return found


async def test_nothing_is_lost_or_doubled_whatever_dies(system, sign_up, http, request):
    rounds = 3 if request.config.getoption("--chaos", default=False) else 1
    films = (await http.get("/v1/movies", params={"sort": "popularity", "limit": 12})).json()
    films = films["items"]
    members = [await sign_up() for _ in range(MEMBERS)]
    tally, stop = Tally(), asyncio.Event()
    writers = [
        asyncio.create_task(keep_rating(member, films, tally, stop, seed))
        for seed, member in enumerate(members)
    ]
    table = Table(title="Chaos", title_justify="left")
    for name in ("fault", "writes answered meanwhile", "errors meanwhile", "seconds until ready"):
        table.add_column(name, justify="left" if name == "fault" else "right")
    for _ in range(rounds):
        for name, fault in FAULTS.items():
            before = Counter(tally.answers)
            started = time.monotonic()
            await fault(system)

            async def ready():
                try:
                    return (await http.get("/health/ready", timeout=5)).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(ready, seconds=60, what=f"recovery from {name}")
            took = time.monotonic() - started
            new = tally.answers - before
            good = sum(count for answer, count in new.items() if answer.startswith("2"))
            table.add_row(name, str(good), str(new.total() - good), f"{took:.1f}")

    async def every_rating_is_sure():
        return not tally.in_doubt

    await eventually(every_rating_is_sure, seconds=60, what="an answer for every rating")
    stop.set()
    await asyncio.gather(*writers)

    async def settled():
        return not await differences(system)

    try:
        async with asyncio.timeout(SETTLED_SECONDS):
            while not await settled():
                await asyncio.sleep(0.2)
    except TimeoutError:
        pytest.fail("\n".join(await differences(system)))
    stored = {
        (user, movie): value
        for user, movie, value in plain(await rows(system, "social", RATINGS))
        if user in {member.tokens["user"]["id"] for member in members}
    }
    for key, value in tally.acknowledged.items():
        assert stored.get(key) == value, f"acknowledged {value}, stored {stored.get(key)}"
    for film in films:
        through = (await http.get(f"/v1/movies/{film['slug']}")).json()
        direct = (
            await http.get(f"{system.run['service_urls']['catalog']}/v1/movies/{film['slug']}")
        ).json()
        assert through == direct
    Console().print(table)
    Console().print(
        f"{sum(tally.answers.values()):,} writes: {dict(tally.answers)}; "
        f"{len(tally.acknowledged)} acknowledged ratings compared; "
        "every replica, counter and cache equals its source"
    )
    assert len(tally.acknowledged) >= MEMBERS * 5
