"""A worker killed in the middle of an import: the next one finishes it, and every row counts once."""

import csv
import io
import os
import random
import signal
import zipfile

import asyncpg
from steps import eventually

FILMS = 2_000
RATINGS = 40_000
MEMBERS = 400


def movielens_zip():
    """Return a small data set in MovieLens' layout, and its ratings' sum."""
    choose = random.Random(1)
    tables = {
        "movies.csv": [
            ("movieId", "title", "genres"),
            *((n, f"Invented Film {n} (1931)", "Documentary") for n in range(1, FILMS + 1)),
        ],
        "links.csv": [("movieId", "imdbId", "tmdbId")],
        "ratings.csv": [("userId", "movieId", "rating", "timestamp")],
    }
    pairs = choose.sample(range(FILMS * MEMBERS), RATINGS)
    total = 0
    for number, pair in enumerate(sorted(pairs)):
        steps = choose.randint(1, 10)
        total += steps
        row = (pair // FILMS + 1, pair % FILMS + 1, steps / 2, 1_500_000_000 + number)
        tables["ratings.csv"].append(row)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, rows in tables.items():
            text = io.StringIO()
            csv.writer(text).writerows(rows)
            packed.writestr(f"invented/{name}", text.getvalue())
    return archive.getvalue(), total


async def value(system, service, statement):
    connection = await asyncpg.connect(
        system.run["database_urls"][service], server_settings={"search_path": service}
    )
    try:
        return tuple(await connection.fetchrow(statement))
    finally:
        await connection.close()


async def test_import_survives_its_worker(system, http):
    admin = system.credentials["admin"]
    login = {"login": admin["username"], "password": admin["password"]}
    token = (await http.post("/v1/auth/login", json=login)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    before = await value(
        system, "social", "SELECT count(half_steps), sum(half_steps)::bigint FROM ratings"
    )
    content, total = movielens_zip()
    started = await http.post(
        "/v1/imports",
        headers=headers,
        data={"source": "movielens"},
        files={"file": ("invented.zip", content, "application/zip")},
    )
    assert started.status_code == 202, started.text
    location = started.headers["location"]

    async def job():
        answer = (await http.get(location, headers=headers)).json()
        assert answer["state"] != "failed", answer
        return answer

    async def under_way():
        now = await job()
        return now["progress"]["done"] > 0 or now["state"] == "succeeded"

    await eventually(under_way, what="the start of the import")
    killed = system.run["processes"]["catalog-worker"]["pid"]
    interrupted = (await job())["state"] == "running"
    os.kill(killed, signal.SIGKILL)

    async def done():
        return (await job())["state"] == "succeeded"

    await eventually(done, seconds=90, what="the end of the import")
    films = await value(
        system, "catalog", "SELECT count(*) FROM movies WHERE title LIKE 'Invented Film %'"
    )
    assert films == (FILMS,)
    expected = (before[0] + RATINGS, before[1] + total)

    async def all_ratings():
        found = await value(
            system, "social", "SELECT count(half_steps), sum(half_steps)::bigint FROM ratings"
        )
        assert found[0] <= expected[0], "a rating was counted twice"
        return found == expected

    await eventually(all_ratings, seconds=60, what="the arrival of every rating")

    async def members():
        found = await http.get("/v1/users", params={"q": "ml-400"})
        return found.json()["items"]

    assert await eventually(members, what="the members")
    assert interrupted, "the import was over before the kill; make the data set larger"
