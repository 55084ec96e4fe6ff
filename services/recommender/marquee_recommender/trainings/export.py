"""What a training reads, from PostgreSQL to files: constant memory, one consistent snapshot."""

from dataclasses import dataclass
from pathlib import Path

import asyncpg
import numpy as np
import orjson
from numpy.typing import NDArray

from marquee_recommender.tables import SCHEMA

INTERACTIONS = "interactions.bin"
ITEMS = "items.ndjson"

# What was rejected says nothing about which films go together; it counts in the fold-in.
COPIED = """
SELECT user_id, movie_id, coalesce(value, 'NaN'::real), extract(epoch FROM at)::bigint
FROM interactions WHERE NOT removed AND kind IN ('rating', 'like', 'seen')
"""

FILMS = """
SELECT id, title, synopsis, year, genres, tags, credits, countries
FROM movies WHERE NOT deleted
"""

HEADER = 19
"""Bytes before the first row of PostgreSQL's binary COPY format."""
TRAILER = 2

# Each field comes after its length; all columns are of fixed width and never null.
ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("user_length", ">i4"),
        ("user_high", ">u8"),
        ("user_low", ">u8"),
        ("movie_length", ">i4"),
        ("movie", ">i8"),
        ("value_length", ">i4"),
        ("value", ">f4"),
        ("at_length", ">i4"),
        ("at", ">i8"),
    ]
)
ACTORS = 10


@dataclass(frozen=True, slots=True)
class Exported:
    """How much was exported, and the change it reaches up to."""

    interactions: int
    items: int
    changes: int


async def export(database_url: str, folder: Path) -> Exported:
    """Write interactions and films of one snapshot into a folder."""
    connection = await asyncpg.connect(
        database_url, server_settings={"search_path": SCHEMA, "statement_timeout": "0"}, timeout=10
    )
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            changes = await connection.fetchval("SELECT max(changes) FROM training_state") or 0
            await connection.copy_from_query(COPIED, output=folder / INTERACTIONS, format="binary")
            items = 0
            with (folder / ITEMS).open("wb") as file:
                async for film in connection.cursor(FILMS, prefetch=1000):
                    file.write(orjson.dumps(_item(film)) + b"\n")
                    items += 1
    finally:
        await connection.close()
    return Exported(count_interactions(folder), items, changes)


def _item(film: asyncpg.Record) -> dict[str, object]:
    """Return a film's features by slugs, which reasons are looked up by."""
    people = orjson.loads(film["credits"])
    return {
        "id": film["id"],
        "title": film["title"],
        "synopsis": film["synopsis"] or "",
        "year": film["year"],
        "genres": _slugs(orjson.loads(film["genres"])),
        "tags": _slugs(orjson.loads(film["tags"])),
        "directors": _slugs(p for p in people if p["job"] == "director"),
        "actors": _slugs(p for p in people if p["job"] == "actor" and p["order"] < ACTORS),
        "countries": orjson.loads(film["countries"]),
    }


def _slugs(things: object) -> list[str]:
    return [thing["slug"] for thing in things]  # type: ignore[attr-defined]  # of our own making


def count_interactions(folder: Path) -> int:
    """Return how many interactions were exported."""
    return ((folder / INTERACTIONS).stat().st_size - HEADER - TRAILER) // ROW.itemsize


def read_interactions(
    folder: Path,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
    """Return the columns users, movies, values and times (seconds), read from the mapped file.

    A member is the two halves of their UUID folded into 64 bits: ids only tell members apart
    here, and two that fell together would cost a model nothing.
    """
    count = count_interactions(folder)
    if not count:
        empty = np.empty(0, np.int64)
        return empty, empty, np.empty(0, np.float32), empty
    rows = np.memmap(folder / INTERACTIONS, ROW, "r", offset=HEADER, shape=(count,))
    users = (rows["user_high"] ^ rows["user_low"]).astype(np.uint64).view(np.int64)
    return (
        users,
        rows["movie"].astype(np.int64),
        rows["value"].astype(np.float32),
        rows["at"].astype(np.int64),
    )
