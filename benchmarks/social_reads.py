# ruff: noqa: S608 - every statement is made of constants and numbers
"""Reads of the social service over HTTP, as what members have made grows.

    python benchmarks/social_reads.py [--ratings 1000000] [--shares 0.1 1] [--seconds 3]
        [--connections 1 8] [--plot docs/assets/social-reads.svg]

Fills a PostgreSQL of its own, by SQL, with a share of: a million ratings, 200,000 reviews, a
million comments in threads of four levels, and what belongs to as many members (friends, lists,
signals, watched films, notifications, reports). Films and threads are drawn as people choose them,
a few very much more than most. Then every read of the service is asked of a real API process by
members drawn at random: with one connection p95 is what a caller waits, with eight what the
service bears.
"""

import argparse
import asyncio
import os
import random
import re
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID

import aiohttp
import asyncpg
from _social import authorization, key_server, process
from matplotlib import pyplot as plt
from rich.console import Console
from rich.table import Table

from marquee_shared import migrations
from marquee_shared.bootstrap import bootstrap_databases
from marquee_shared.embedded import start_postgres, start_redis

LIMIT = 30
"""Milliseconds that a read may take, at the 95th percentile."""
MEMBERS_PER_RATING = 0.02
FILMS_PER_RATING = 0.01
FRIENDS = 50
VIEWERS = 200
"""How many members read; their friends are looked at, too."""

MEMBER = "('00000000-0000-7000-8000-' || lpad(to_hex({0}), 12, '0'))::uuid"
SKEWED = "(floor({0} * power(random(), 3))::bigint + 1)"
AGO = "now() - random() * interval '300 days'"


def _member(number: str) -> str:
    return MEMBER.format(number)


_BY_STEP = ", ".join(f"count(*) FILTER (WHERE half_steps = {step})" for step in range(1, 11))
FILL = (
    f"""
    INSERT INTO users (id, username, name, deleted, epoch, revision)
    SELECT {_member("n")}, 'm' || n, 'Member ' || n, false, 1, 1
    FROM generate_series(1, :members) n
    """,
    """
    INSERT INTO movies (id, slug, title, folded, year, genres, runtime, popularity, status,
        deleted, epoch, revision)
    SELECT n, 'film-' || n, 'Film ' || n, 'film ' || n, 1950 + n % 70,
        jsonb_build_array(jsonb_build_object('id', n % 20, 'slug', 'genre-' || n % 20,
            'name', 'Genre')), 100, 1.0 / n, 'released', false, 1, 1
    FROM generate_series(1, :films) n
    """,
    f"""
    INSERT INTO relationships (low_id, high_id, friendship, friendship_at, revision)
    SELECT least(a, b), greatest(a, b), 'friends', {AGO}, 1
    FROM generate_series(1, :members) n, generate_series(1, {FRIENDS} / 2) step,
        LATERAL (SELECT {_member("n")} AS a, {_member("(n + step * step) % :members + 1")} AS b) p
    WHERE a <> b ON CONFLICT DO NOTHING
    """,
    f"""
    INSERT INTO ratings (user_id, movie_id, half_steps, created_at, rated_at, revision)
    SELECT {_member("n % :members + 1")}, {SKEWED.format(":films")},
        floor(random() * 10)::int + 1, at, at, 1
    FROM generate_series(1, :ratings * 6 / 5) n, LATERAL (SELECT {AGO} + n * interval '0' AS at) t
    ON CONFLICT DO NOTHING
    """,
    f"""
    INSERT INTO rating_counts (movie_id, shard, counts)
    SELECT movie_id, 0, ARRAY[{_BY_STEP}] FROM ratings GROUP BY movie_id
    """,
    f"""
    INSERT INTO signals (user_id, movie_id, kind, created_at, signalled_at, revision)
    SELECT {_member("n % :members + 1")}, {SKEWED.format(":films")}, 'like', at, at, 1
    FROM generate_series(1, :ratings / 5) n, LATERAL (SELECT {AGO} + n * interval '0' AS at) t
    ON CONFLICT DO NOTHING
    """,
    f"""
    INSERT INTO watched_movies (user_id, movie_id, milliseconds, coverage, last_position, last_at,
        completed_at, revision)
    SELECT {_member("n % :members + 1")}, {SKEWED.format(":films")}, 6000000, 5500000, 5500000,
        at, CASE WHEN n % 3 > 0 THEN at END, 1
    FROM generate_series(1, :ratings / 5) n, LATERAL (SELECT {AGO} + n * interval '0' AS at) t
    ON CONFLICT DO NOTHING
    """,
    f"""
    INSERT INTO reviews (user_id, movie_id, title, content, is_positive, has_spoilers, helpful,
        revision, created_at, updated_at)
    SELECT {_member("n % :members + 1")}, {SKEWED.format(":films")}, 'Title', repeat('word ', 60),
        true, n % 10 = 0, floor(random() * 20)::int, 1, at, at
    FROM generate_series(1, :reviews) n, LATERAL (SELECT {AGO} + n * interval '0' AS at) t
    ON CONFLICT DO NOTHING
    """,
    f"""
    INSERT INTO comments (review_id, parent_id, depth, user_id, content, has_spoilers, revision,
        created_at, updated_at)
    SELECT r.id, NULL, 1, {_member("n % :members + 1")}, 'A comment', false, 1, now(), now()
    FROM (
        SELECT n, {SKEWED.format("(SELECT count(*) FROM reviews)")} AS number
        FROM generate_series(1, :comments / 4) n OFFSET 0
    ) AS drawn JOIN (SELECT id, row_number() OVER (ORDER BY id) AS number FROM reviews) AS r
        USING (number)
    """,
    *(
        f"""
        INSERT INTO comments (review_id, parent_id, depth, user_id, content, has_spoilers,
            revision, created_at, updated_at)
        SELECT review_id, id, {depth}, {_member("id % :members + 1")}, 'A reply', false, 1,
            now(), now() FROM comments WHERE depth = {depth - 1}
        """
        for depth in (2, 3, 4)
    ),
    """
    UPDATE reviews SET comments = c.comments
    FROM (SELECT review_id, count(*) AS comments FROM comments GROUP BY 1) AS c
    WHERE id = c.review_id
    """,
    f"""
    INSERT INTO reactions (target, target_id, user_id, emoji, created_at)
    SELECT 'review', id, {_member("(id * 7 + e.n) % :members + 1")}, emoji, now() FROM reviews,
        unnest(ARRAY['LIKE', 'FIRE']) WITH ORDINALITY AS e (emoji, n) ON CONFLICT DO NOTHING
    """,
    """UPDATE reviews SET reactions = '{"LIKE": 1, "FIRE": 1}'""",
    f"""
    INSERT INTO lists (user_id, kind, slug, name, name_key, description, privacy, search, fills,
        created_at, updated_at, revision)
    SELECT {_member("n")}, 'list', 'list-' || k, 'List ' || k, 'list ' || k, '',
        (ARRAY['public', 'friends', 'private'])[1 + (n + k) % 3],
        to_tsvector('simple', 'list ' || k || ' of m' || n), 0, now(), now(), 1
    FROM generate_series(1, :members) n, generate_series(1, 5) k
    """,
    f"""
    INSERT INTO lists (user_id, kind, slug, name, name_key, description, privacy, search, fills,
        created_at, updated_at, revision)
    SELECT {_member("n")}, 'watchlist', 'watchlist', 'Watchlist', 'watchlist', '', 'private', '',
        0, now(), now(), 1 FROM generate_series(1, :members) n
    """,
    """
    INSERT INTO list_movies (list_id, movie_id, position, added_at)
    SELECT id, (id * 31 + k * 17) % :films + 1, k, now() FROM lists, generate_series(1, 20) k
    ON CONFLICT DO NOTHING
    """,
    f"""
    INSERT INTO notifications (user_id, sequence, kind, actor_id, target_type, target_id, data,
        created_at)
    SELECT {_member("n")}, k, 'comment', {_member("(n + k) % :members + 1")}, 'comment', k::text,
        '{{}}', now() FROM generate_series(1, :members) n, generate_series(1, 50) k
    ON CONFLICT DO NOTHING
    """,
    f"""
    INSERT INTO notification_counters SELECT {_member("n")}, 50
    FROM generate_series(1, :members) n
    """,
    """
    INSERT INTO reports (reporter_id, target_type, target_id, author_id, reason, note, snapshot,
        state, decision_note, revision, created_at, updated_at)
    SELECT (SELECT id FROM users LIMIT 1), 'review', id::text, user_id, 'spam', '', '{}', 'open',
        '', 1, now(), now() FROM reviews WHERE id % 20 = 0
    """,
)
"""Statements that fill the tables; `:members`, `:films`, `:ratings`, `:reviews`, `:comments`."""

Draw = Callable[[random.Random], int]


def routes(member: Draw, film: Draw, review: Draw, comment: Draw) -> dict[str, str | Callable]:
    """Return every read by its name: a path, or what draws one."""

    def of(path: str, draw: Draw) -> Callable[[random.Random], str]:
        return lambda rng: path.format(draw(rng))

    return {
        "own rating": of("/v1/movies/film-{}/rating", film),
        "a film's ratings": of("/v1/movies/film-{}/ratings", film),
        "friends' ratings": of("/v1/movies/film-{}/ratings/friends", film),
        "own ratings": "/v1/me/ratings",
        "own signal": of("/v1/movies/film-{}/signal", film),
        "own signals": "/v1/me/signals",
        "reviews, newest": of("/v1/movies/film-{}/reviews", film),
        "reviews, helpful": of("/v1/movies/film-{}/reviews?sort=helpful", film),
        "reviews, friends": of("/v1/movies/film-{}/reviews?sort=friends", film),
        "a member's reviews": of("/v1/users/m{}/reviews", member),
        "a review": of("/v1/reviews/{}", review),
        "its history": of("/v1/reviews/{}/history", review),
        "its comments": of("/v1/reviews/{}/comments", review),
        "its thread": of("/v1/reviews/{}/comments?depth=50&limit=100", review),
        "its reactions": of("/v1/reviews/{}/reactions", review),
        "a comment": of("/v1/comments/{}", comment),
        "replies": of("/v1/comments/{}/replies?depth=50", comment),
        "a comment's reactions": of("/v1/comments/{}/reactions", comment),
        "friends": "/v1/me/friends",
        "a member's friends": of("/v1/users/m{}/friends", member),
        "friend requests": "/v1/me/friend-requests",
        "friend suggestions": "/v1/me/friend-suggestions",
        "blocks": "/v1/me/blocks",
        "mutes": "/v1/me/mutes",
        "privacy": "/v1/me/privacy",
        "feed": "/v1/me/feed",
        "a member's activity": of("/v1/users/m{}/activity", member),
        "a member's stats": of("/v1/users/m{}/stats", member),
        "history": "/v1/me/history",
        "to continue": "/v1/me/history?state=in_progress",
        "a member's watch time": of("/v1/users/m{}/watch-time", member),
        "a film's watch time": of("/v1/movies/film-{}/watch-time", film),
        "all lists": "/v1/lists",
        "all lists, by page": "/v1/lists?page=3",
        "lists, a rare word": of("/v1/lists?q=m{}", member),
        "lists, a word of all": "/v1/lists?q=list",
        "own lists": "/v1/me/lists",
        "a member's lists": of("/v1/users/m{}/lists", member),
        "watchlist": "/v1/me/watchlist",
        "lists that hold a film": of("/v1/movies/film-{}/lists", film),
        "notifications": "/v1/me/notifications",
        "unread": "/v1/me/notifications/unread",
        "changes": "/v1/me/changes",
        "decisions": "/v1/me/moderation",
        "report queue": "/v1/moderation/reports",
        "report queue, a type": "/v1/moderation/reports?target=list",
        "moderation log": "/v1/moderation/log",
        "interactions": "/internal/me/interactions",
    }


async def fill(url: str, ratings: int) -> dict[str, int]:
    """Fill the tables for as many ratings; return how much there is of what."""
    sizes = {
        "members": max(200, int(ratings * MEMBERS_PER_RATING)),
        "films": max(200, int(ratings * FILMS_PER_RATING)),
        "ratings": ratings,
        "reviews": ratings // 5,
        "comments": ratings,
    }
    connection = await asyncpg.connect(url)  # unlike a service's it waits as long as it takes
    try:
        for statement in FILL:
            filled = statement
            for name, size in sizes.items():
                filled = re.sub(rf"(?<!:):{name}\b", str(size), filled)
            await connection.execute(filled)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return sizes


async def measure(
    url: str, path: str | Callable, headers: Sequence[dict[str, str]], seconds: float, clients: int
) -> list[float]:
    """Return how long each read took, in milliseconds, by so many connections."""
    taken: list[float] = []

    async def read(http: aiohttp.ClientSession, rng: random.Random) -> None:
        where = path if isinstance(path, str) else path(rng)
        started = time.perf_counter()
        async with http.get(url + where, headers=rng.choice(headers)) as answer:
            await answer.read()
            if answer.status not in (200, 404):
                raise RuntimeError(f"{answer.status} for {where}")
        taken.append((time.perf_counter() - started) * 1000)

    async def client(number: int) -> None:
        rng = random.Random(number)
        async with aiohttp.ClientSession() as http:
            for _ in range(5):
                await read(http, rng)
            ends = time.perf_counter() + seconds
            while time.perf_counter() < ends:
                await read(http, rng)

    await asyncio.gather(*(client(number) for number in range(clients)))
    return taken[5 * clients :]


async def measure_all(
    database: str, url: str, ratings: int, seconds: float, connections: Sequence[int]
) -> dict[tuple[str, int], float]:
    """Fill for as many ratings; return p95 by route and connections."""
    sizes = await fill(database, ratings)
    members = sizes["members"]
    headers = [
        authorization(UUID(f"00000000-0000-7000-8000-{n % members + 1:012x}"), "moderator")
        for n in range(1, VIEWERS + 1)
    ]

    def skewed(most: int) -> Draw:
        return lambda rng: int(most * rng.random() ** 3) + 1

    asked = routes(
        lambda rng: rng.randint(2, VIEWERS),
        skewed(sizes["films"]),
        skewed(int(sizes["reviews"] * 0.8)),
        skewed(sizes["comments"]),
    )
    found = {}
    for path in asked.values():  # connections, prepared statements and caches first
        await measure(url, path, headers, 0, 4)
    for name, path in asked.items():
        for clients in connections:
            taken = await measure(url, path, headers, seconds, clients)
            found[name, clients] = statistics.quantiles(taken, n=20)[-1]
    return found


async def run(
    ratings: int, shares: Sequence[float], seconds: float, connections: Sequence[int]
) -> dict[float, dict[tuple[str, int], float]]:
    """Measure at each share, each on a database of its own."""
    results = {}
    for share in shares:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            async with (
                start_postgres(root / "postgres", durable=False) as postgres,
                start_redis(root / "redis", durable=False) as redis,
                key_server() as identity,
            ):
                urls = await bootstrap_databases(postgres.url, ["social"], {"social": "benchmark"})
                await asyncio.to_thread(migrations.upgrade, "marquee_social", urls["social"])
                environment = {
                    "DATABASE_URL": urls["social"],
                    "REDIS_URL": redis.url,
                    "IDENTITY_URL": identity,
                    "CATALOG_URL": identity,
                    "DATA_DIR": os.fspath(root),
                }
                async with process("api", environment) as url:
                    results[share] = await measure_all(
                        urls["social"], url, int(ratings * share), seconds, connections
                    )
    return results


def table(
    results: dict[float, dict[tuple[str, int], float]], ratings: int, connections: Sequence[int]
) -> Table:
    """Return p95 of each route, at each size and number of connections."""
    drawn = Table(title="Reads of the social service: p95 in milliseconds")
    drawn.add_column("route")
    columns = [(share, clients) for clients in connections for share in results]
    for share, clients in columns:
        drawn.add_column(f"{ratings * share:,.0f} ratings\n{clients} at once", justify="right")
    last = max(results)
    slowest = sorted(results[last], key=lambda key: -results[last][key])
    for name in dict.fromkeys(name for name, clients in slowest if clients == connections[0]):
        row = [results[share][name, clients] for share, clients in columns]
        style = "red" if row[len(results) - 1] > LIMIT else None
        drawn.add_row(name, *(f"{value:.1f}" for value in row), style=style)
    return drawn


def plot(results: dict[float, dict[tuple[str, int], float]], ratings: int, file: Path) -> None:
    """Draw p95 of one caller against the number of ratings, a line for each route."""
    lines = defaultdict(list)
    for share, found in sorted(results.items()):
        for (name, clients), value in found.items():
            if clients == min(clients for _, clients in found):
                lines[name].append((ratings * share, value))
    figure, axes = plt.subplots(figsize=(11, 8))
    for name, points in sorted(lines.items(), key=lambda line: -line[1][-1][1]):
        axes.plot(*zip(*points, strict=True), marker="o", label=name)
    axes.axhline(LIMIT, color="grey", linestyle="--", linewidth=1)
    axes.set(xscale="log", yscale="log", xlabel="ratings", ylabel="p95, milliseconds")
    axes.set_title("Reads of the social service as it grows, one caller")
    axes.legend(fontsize="x-small", ncols=2, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.tight_layout()
    figure.savefig(file)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ratings", type=int, default=1_000_000)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.1, 1.0])
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    measured = asyncio.run(run(given.ratings, given.shares, given.seconds, given.connections))
    Console(width=120).print(table(measured, given.ratings, given.connections))
    if given.plot:
        plot(measured, given.ratings, given.plot)
