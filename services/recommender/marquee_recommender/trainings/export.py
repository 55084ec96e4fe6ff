"""What a training reads, from PostgreSQL to files: constant memory, one consistent snapshot."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import asyncpg
import numpy as np
import orjson
import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow import parquet

from marquee_recommender.engine import Interactions
from marquee_recommender.tables import SCHEMA

INTERACTIONS = "interactions.parquet"
ITEMS = "items.ndjson"
VECTORS = "vectors.f32"
"""A row of floats per film, empty where no encoder but our own embeds texts."""

# What was rejected says nothing about which films go together; it counts in the fold-in.
COPIED = """
SELECT user_id, movie_id, coalesce(value, 'NaN'::real), extract(epoch FROM at)::bigint
FROM interactions WHERE NOT removed AND kind IN ('rating', 'like', 'seen')
"""

FILMS = """
SELECT m.id, title, synopsis, year, genres, tags, credits, countries,
    embedding::real[] AS vector
FROM movies m
LEFT JOIN encoders e ON e.active AND e.source <> 'tfidf'
LEFT JOIN movie_embeddings v ON v.encoder_id = e.id AND v.movie_id = m.id
WHERE NOT deleted
"""
DIMENSIONS = "SELECT dimensions FROM encoders WHERE active AND source <> 'tfidf'"
"""Words are what the training reduces by itself; other encoders' vectors stand in their place."""

HEADER = 19
"""Bytes before the first row of PostgreSQL's binary COPY format."""
CHUNK_ROWS = 100_000

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
COLUMNS = pa.schema(
    [
        ("user", pa.int64()),
        ("item", pa.int64()),
        ("rating", pa.float32()),
        ("timestamp", pa.int64()),
    ]
)


@dataclass(frozen=True, slots=True)
class Exported:
    """How much was exported, and the change it reaches up to."""

    interactions: int
    items: int
    changes: int


async def export(database_url: str, folder: Path) -> Exported:
    """Write interactions (Parquet) and films of one snapshot into a folder.

    Raises:
        OSError: the disk is full, or gone.
    """
    connection = await asyncpg.connect(
        database_url, server_settings={"search_path": SCHEMA, "statement_timeout": "0"}, timeout=10
    )
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            changes = await connection.fetchval("SELECT max(changes) FROM training_state") or 0
            with InteractionsFile(folder / INTERACTIONS) as written:
                await connection.copy_from_query(COPIED, output=written.take, format="binary")
                written.finish()
            dimensions = await connection.fetchval(DIMENSIONS) or 0
            nothing = np.zeros(dimensions, dtype=np.float32)
            items = 0
            with (folder / ITEMS).open("wb") as file, (folder / VECTORS).open("wb") as vectors:
                async for film in connection.cursor(FILMS, prefetch=1000):
                    file.write(orjson.dumps(_item(film)) + b"\n")
                    known = film["vector"] is not None
                    vector = np.array(film["vector"], dtype=np.float32) if known else nothing
                    vectors.write(vector.tobytes())
                    items += 1
    finally:
        await connection.close()
    return Exported(written.rows, items, changes)


class InteractionsFile:
    """A Parquet file `user, item, rating, timestamp` fed with PostgreSQL's binary COPY format.

    A member is the two halves of their UUID folded into 64 bits: ids only tell members apart
    here, and two that fell together would cost a model nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pending = bytearray()
        self._skip = HEADER
        self._failure: OSError | None = None
        self.rows = 0

    def __enter__(self) -> Self:
        self._file = self._path.open("wb")
        self._writer = parquet.ParquetWriter(self._file, COLUMNS, compression="zstd")
        return self

    def __exit__(self, *_: object) -> None:
        if self._failure is None:
            self._writer.close()
        self._file.close()

    async def take(self, data: bytes) -> None:
        """Take some bytes; a failure is kept for `finish`, since asyncpg would wait for ever."""
        if self._failure is not None:
            return
        self._pending += data
        if len(self._pending) >= CHUNK_ROWS * ROW.itemsize:
            try:
                self._write()
            except OSError as error:
                self._failure = error

    def finish(self) -> None:
        """Write what is left; raises what has failed."""
        if self._failure is None:
            try:
                self._write()
                self._writer.close()
            except OSError as error:
                self._failure = error
        if self._failure is not None:
            raise self._failure

    def _write(self) -> None:
        if self._skip and len(self._pending) >= self._skip:
            del self._pending[: self._skip]
            self._skip = 0
        count = len(self._pending) // ROW.itemsize
        if not count or self._skip:
            return
        rows = np.frombuffer(bytes(self._pending[: count * ROW.itemsize]), ROW)
        del self._pending[: count * ROW.itemsize]
        values = rows["value"].astype(np.float32)
        columns = [
            pa.array((rows["user_high"] ^ rows["user_low"]).astype(np.uint64).view(np.int64)),
            pa.array(rows["movie"].astype(np.int64)),
            pa.array(values, mask=np.isnan(values)),
            pa.array(rows["at"].astype(np.int64)),
        ]
        self._writer.write_batch(pa.record_batch(columns, schema=COLUMNS))
        self.rows += count


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


def read_interactions(folder: Path) -> Interactions:
    """Return what was exported; raises `InteractionsInvalid` when there is nothing."""
    table = parquet.read_table(folder / INTERACTIONS)
    values = table["rating"].to_numpy(zero_copy_only=False)
    return Interactions.load(
        table["user"].to_numpy(), table["item"].to_numpy(), values, table["timestamp"].to_numpy()
    )
