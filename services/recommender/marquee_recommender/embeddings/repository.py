"""Encoders, the films' vectors and the queue of films to embed.

Each encoder has an index of its own over its vectors, so that another model, of whatever
dimension, is filled beside the one that answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import numpy as np
from numpy.typing import NDArray
from pgvector import Vector
from pgvector.sqlalchemy import VECTOR
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    any_,
    cast,
    delete,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from marquee_recommender.tables import SCHEMA, encoders, movie_embeddings
from marquee_shared.database import ReadSession, WriteSession, search_path

KIND = "embedding"
NEIGHBOURS = 200
"""What the index looks through for a query; more cannot be asked for."""

INDEX_MEMORY = "256MB"

QUEUE = text("""
INSERT INTO embedding_queue AS q (movie_id) SELECT unnest(CAST(:ids AS bigint[]))
ON CONFLICT (movie_id) DO UPDATE SET mark = q.mark + 1
""")
QUEUE_ALL = text("""
INSERT INTO embedding_queue AS q (movie_id) SELECT id FROM movies WHERE NOT deleted
ON CONFLICT (movie_id) DO UPDATE SET mark = q.mark + 1
""")
QUEUED = text("""
SELECT q.movie_id, q.mark, m.title, m.synopsis, m.genres, m.tags, m.credits
FROM embedding_queue q LEFT JOIN movies m ON m.id = q.movie_id AND NOT m.deleted
ORDER BY q.movie_id LIMIT :limit
""")
UNQUEUE = text("""
DELETE FROM embedding_queue AS q
USING unnest(CAST(:ids AS bigint[]), CAST(:marks AS bigint[])) AS done(movie_id, mark)
WHERE q.movie_id = done.movie_id AND q.mark = done.mark
""")
STATE = text("""
SELECT (SELECT count(*) FROM embedding_queue) AS queued,
    (SELECT source FROM encoders WHERE active) AS source,
    EXISTS (SELECT FROM movies WHERE NOT deleted) AS films,
    EXISTS (SELECT FROM jobs WHERE kind = :kind AND state IN ('queued', 'running')) AS busy,
    (SELECT CASE WHEN state IN ('failed', 'cancelled') THEN finished_at END FROM jobs
     WHERE kind = :kind ORDER BY id DESC LIMIT 1) AS failed_at
""")
DOCUMENTS = text("""
SELECT title, synopsis, genres, tags, credits FROM movies WHERE NOT deleted ORDER BY id
""")
LOOK_WIDELY = text("""
SELECT set_config('hnsw.ef_search', :breadth, false),
    set_config('hnsw.iterative_scan', 'strict_order', false)
""")


@dataclass(frozen=True, slots=True)
class EncoderRow:
    """An encoder of the registry; `state` is read apart."""

    id: int
    source: str
    name: str
    dimensions: int
    films: int
    taken: int
    active: bool


@dataclass(frozen=True, slots=True)
class QueueState:
    """What decides whether films have to be embedded.

    `source` is the active encoder's, None where there is none; `films` whether there are any.
    """

    queued: int
    source: str | None
    films: bool
    busy: bool
    failed_at: datetime | None


FIELDS = [encoders.c[name] for name in EncoderRow.__slots__]


async def read_state(session: ReadSession) -> QueueState:
    """Return how many films wait, and for whom."""
    row = (await session.execute(STATE, {"kind": KIND})).one()
    return QueueState(row.queued, row.source, row.films, row.busy, row.failed_at)


async def queue_films(session: WriteSession, ids: Sequence[int]) -> None:
    """Note that what is told about these films may have changed."""
    await session.execute(QUEUE, {"ids": list(ids)})


async def queue_all(session: WriteSession) -> None:
    """Queue every film; those whose vectors are right already cost nothing much."""
    await session.execute(QUEUE_ALL)


async def forget_films(session: WriteSession, ids: Sequence[int]) -> None:
    """Drop the vectors of films that are gone."""
    await session.execute(
        delete(movie_embeddings).where(movie_embeddings.c.movie_id.in_(list(ids)))
    )


async def read_queue(session: ReadSession, limit: int) -> Sequence[Any]:
    """Return films that wait; one that is gone has no title."""
    return (await session.execute(QUEUED, {"limit": limit})).all()


async def read_films(session: ReadSession) -> Sequence[Any]:
    """Return what is told about every film."""
    return (await session.execute(DOCUMENTS)).all()


async def find_encoder(
    session: ReadSession | WriteSession, *conditions: ColumnElement[bool]
) -> EncoderRow | None:
    """Return the newest encoder of which all this is true."""
    found = select(*FIELDS).where(*conditions).order_by(encoders.c.id.desc()).limit(1)
    row = (await session.execute(found)).one_or_none()
    return EncoderRow(*row) if row else None


async def active_encoder(session: ReadSession | WriteSession) -> EncoderRow | None:
    """Return the encoder whose vectors are complete and answer."""
    return await find_encoder(session, encoders.c.active)


async def encoder_state(session: ReadSession, encoder_id: int) -> bytes | None:
    """Return what an encoder that was fitted here is made of."""
    found = select(encoders.c.state).where(encoders.c.id == encoder_id)
    state: bytes | None = await session.scalar(found)
    return state


async def add_encoder(
    session: WriteSession, source: str, name: str, dimensions: int, state: bytes | None, films: int
) -> EncoderRow:
    """Add an encoder or find it by its name; unless it answers already, queue all films."""
    values = {"source": source, "name": name, "dimensions": dimensions, "films": films}
    added = insert(encoders).values(**values, state=state)
    kept = added.on_conflict_do_update(index_elements=["name"], set_={"source": source})
    row = EncoderRow(*(await session.execute(kept.returning(*FIELDS))).one())
    if not row.active:
        await session.execute(text(f"DROP INDEX IF EXISTS {_index_of(row.id)}"))
        await queue_all(session)
    return row


async def known_digests(
    session: ReadSession, encoder_id: int, ids: Sequence[int]
) -> dict[int, bytes]:
    """Return what films were embedded from."""
    table = movie_embeddings.c
    rows = await session.execute(
        select(table.movie_id, table.digest).where(
            table.encoder_id == encoder_id, table.movie_id.in_(list(ids))
        )
    )
    return {row.movie_id: row.digest for row in rows}


async def store_vectors(
    session: WriteSession,
    encoder_id: int,
    digests: Mapping[int, bytes],
    vectors: NDArray[np.float32],
    queued: Mapping[int, int],
) -> None:
    """Keep vectors (row by row those of `digests`) and take what was `queued` off the queue.

    A film that was queued again meanwhile stays in it. Zero rows mean that nothing is known.
    """
    if digests:
        added = insert(movie_embeddings)
        kept = added.on_conflict_do_update(
            index_elements=["encoder_id", "movie_id"],
            set_={"digest": added.excluded.digest, "embedding": added.excluded.embedding},
        )
        rows = [
            {
                "encoder_id": encoder_id,
                "movie_id": movie_id,
                "digest": digest,
                "embedding": Vector(vector) if vector.any() else None,
            }
            for (movie_id, digest), vector in zip(digests.items(), vectors, strict=True)
        ]
        await session.execute(kept, rows)
        taken = update(encoders).where(encoders.c.id == encoder_id)
        await session.execute(taken.values(taken=encoders.c.taken + len(digests)))
    await session.execute(UNQUEUE, {"ids": list(queued), "marks": list(queued.values())})


async def create_index(database_url: str, encoder: EncoderRow) -> None:
    """Index an encoder's vectors, however long that takes."""
    connection = await asyncpg.connect(
        database_url,
        server_settings={
            "search_path": search_path(SCHEMA),
            "statement_timeout": "0",
            "maintenance_work_mem": INDEX_MEMORY,
        },
        timeout=10,
    )
    try:
        await connection.execute(
            f"CREATE INDEX IF NOT EXISTS {_index_of(encoder.id)} ON movie_embeddings USING hnsw "
            f"((embedding::vector({encoder.dimensions})) vector_cosine_ops) "
            f"WHERE encoder_id = {encoder.id}"
        )
    finally:
        await connection.close()


async def activate_encoder(session: WriteSession, encoder: EncoderRow) -> None:
    """Let an encoder answer in the place of every other one."""
    others = (await session.scalars(select(encoders.c.id).where(encoders.c.id != encoder.id))).all()
    for other in others:
        await session.execute(text(f"DROP INDEX IF EXISTS {_index_of(other)}"))
    await session.execute(delete(encoders).where(encoders.c.id.in_(others)))
    activated = update(encoders).where(encoders.c.id == encoder.id)
    await session.execute(activated.values(active=True, taken=0))


def _index_of(encoder_id: int) -> str:
    return f"ix_movie_embeddings_{encoder_id}"


async def nearest(
    session: ReadSession | WriteSession,
    encoder: EncoderRow,
    vector: NDArray[np.float32],
    among: Sequence[int] | None = None,
) -> list[tuple[int, float]]:
    """Return the films (id, cosine) whose vectors point most nearly the same way.

    `among` are the only films that count, where those are few.
    """
    await session.execute(LOOK_WIDELY, {"breadth": str(NEIGHBOURS)})
    found = nearest_films(encoder, vector)
    if among is not None:
        found = found.where(movie_embeddings.c.movie_id == any_(cast(among, ARRAY(BigInteger))))
    rows = (await session.execute(found)).all()
    return [(movie_id, cosine) for movie_id, cosine in rows]


def nearest_films(encoder: EncoderRow, vector: NDArray[np.float32]) -> Select[int, float]:
    """The statement of `nearest`, in the words of the encoder's index."""
    indexed = cast(movie_embeddings.c.embedding, VECTOR(encoder.dimensions))
    distance = indexed.cosine_distance(Vector(vector))
    return (
        select(movie_embeddings.c.movie_id, 1 - distance)
        .where(
            # A bound number would not be seen to imply the index's condition.
            movie_embeddings.c.encoder_id == literal_column(str(encoder.id)),
            movie_embeddings.c.embedding.is_not(None),
        )
        .order_by(distance)
        .limit(NEIGHBOURS)
    )


async def vectors_of(
    session: ReadSession | WriteSession, encoder: EncoderRow, ids: Sequence[int]
) -> dict[int, NDArray[np.float32]]:
    """Return the vectors of films that have one."""
    table = movie_embeddings.c
    rows = await session.execute(
        select(table.movie_id, table.embedding).where(
            table.encoder_id == encoder.id,
            table.movie_id.in_(list(ids)),
            table.embedding.is_not(None),
        )
    )
    return {movie_id: np.array(vector, dtype=np.float32) for movie_id, vector in rows}
