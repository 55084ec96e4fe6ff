"""What can be exported, as schemas and streams of Arrow batches."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import UUID

import pyarrow as pa  # type: ignore[import-untyped]
from sqlalchemy import text

from marquee_recommender.circle.repository import load_circles
from marquee_recommender.interactions.repository import load_profiles
from marquee_recommender.models.active import ActiveModel
from marquee_recommender.movies.catalog import Catalog, Filters
from marquee_shared.database import Database

What = Literal["interactions", "items", "factors", "recommendations"]
Batches = AsyncGenerator[pa.RecordBatch, None]

ROWS: Final = 20_000
"""Rows of a batch."""
MEMBERS: Final = 200
"""Members ranked for at a time."""
NIL: Final = UUID(int=0)
STRINGS = pa.list_(pa.string())

SCHEMAS: Final[Mapping[What, pa.Schema]] = {
    "interactions": pa.schema(
        [
            ("user", pa.string()),
            ("item", pa.int64()),
            ("kind", pa.string()),
            ("rating", pa.float32()),
            ("at", pa.timestamp("us", tz="UTC")),
        ]
    ),
    "items": pa.schema(
        [
            ("item", pa.int64()),
            ("slug", pa.string()),
            ("title", pa.string()),
            ("year", pa.int32()),
            ("release_date", pa.date32()),
            ("status", pa.string()),
            ("popularity", pa.float64()),
            ("genres", STRINGS),
            ("tags", STRINGS),
            ("directors", STRINGS),
            ("actors", STRINGS),
            ("countries", STRINGS),
            ("languages", STRINGS),
        ]
    ),
    "factors": pa.schema(
        [("item", pa.int64()), ("interactions", pa.int64()), ("vector", pa.list_(pa.float32()))]
    ),
    "recommendations": pa.schema(
        [
            ("user", pa.string()),
            ("rank", pa.int32()),
            ("item", pa.int64()),
            ("score", pa.float32()),
            ("model", pa.string()),
        ]
    ),
}

INTERACTIONS = text("""
SELECT user_id, movie_id, kind, value, at FROM interactions
WHERE NOT removed AND (CAST(:since AS timestamptz) IS NULL OR at >= :since)
""")
ITEMS = text("""
SELECT id, slug, title, year, release_date, status, popularity, genres, tags, credits, countries,
    languages
FROM movies WHERE NOT deleted ORDER BY id
""")
NEXT_MEMBERS = text("""
SELECT DISTINCT user_id FROM interactions WHERE NOT removed AND user_id > :after
ORDER BY user_id LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class Place:
    """Where rows come from."""

    database: Database
    catalog: Catalog


def _batch(what: What, rows: Iterable[Sequence[Any]]) -> pa.RecordBatch:
    schema = SCHEMAS[what]
    columns = zip(*rows, strict=True)
    arrays = [pa.array(c, field.type) for c, field in zip(columns, schema, strict=True)]
    return pa.record_batch(arrays, schema=schema)


async def _selected(
    database: Database,
    what: What,
    statement: Any,
    parameters: Mapping[str, Any],
    as_row: Callable[[Any], Sequence[Any]],
) -> Batches:
    """Yield a statement's rows, all as they are at one moment."""
    async with database.snapshot() as session:
        found = await session.stream(
            statement, parameters, execution_options={"yield_per": ROWS, "max_row_buffer": ROWS}
        )
        async for rows in found.partitions(ROWS):
            yield await asyncio.to_thread(_batch, what, map(as_row, rows))


def interactions(place: Place, since: datetime | None) -> Batches:
    """Yield what members did, in no order."""

    def as_row(row: Any) -> Sequence[Any]:
        return str(row.user_id), row.movie_id, row.kind, row.value, row.at.astimezone(UTC)

    return _selected(place.database, "interactions", INTERACTIONS, {"since": since}, as_row)


def items(place: Place) -> Batches:
    """Yield the films, by id."""

    def slugs(things: Sequence[Mapping[str, Any]]) -> list[str]:
        return [thing["slug"] for thing in things]

    def as_row(row: Any) -> Sequence[Any]:
        people = row.credits
        return (
            *(row.id, row.slug, row.title, row.year, row.release_date, row.status, row.popularity),
            *(slugs(row.genres), slugs(row.tags)),
            slugs([person for person in people if person["job"] == "director"]),
            slugs([person for person in people if person["job"] == "actor"]),
            *(row.countries, row.languages),
        )

    return _selected(place.database, "items", ITEMS, {}, as_row)


async def factors(active: ActiveModel) -> Batches:
    """Yield the factors of the model that ranks, the most popular films first."""
    model = active.model
    vectors = model.factors.items

    def part(start: int) -> pa.RecordBatch:
        end = min(start + ROWS, len(vectors))
        columns = [
            pa.array(model.item_ids[start:end].tolist(), pa.int64()),
            pa.array(model.counts[start:end].tolist(), pa.int64()),
            pa.array(vectors[start:end].tolist(), pa.list_(pa.float32())),
        ]
        return pa.record_batch(columns, schema=SCHEMAS["factors"])

    for start in range(0, len(vectors), ROWS):
        yield await asyncio.to_thread(part, start)


async def recommendations(place: Place, active: ActiveModel, limit: int) -> Batches:
    """Yield the best films of every member who did anything, by member and rank."""
    allowed = place.catalog.allowed(Filters(), datetime.now(UTC).date())
    mask = active.mask(place.catalog, allowed)
    after = NIL
    while True:
        async with place.database.reading() as session:
            parameters = {"after": after, "limit": MEMBERS}
            users: list[UUID] = list((await session.execute(NEXT_MEMBERS, parameters)).scalars())
            if not users:
                return
            found = await load_profiles(session, users)
            circles = await load_circles(session, users)
        profiles = {user: found[user].within(circles[user]) for user in users if user in found}

        def rank(users: list[UUID] = users, profiles: Any = profiles) -> pa.RecordBatch:
            rows = [
                (str(user), place_, item.item, item.score, active.version)
                for user in users
                if user in profiles
                for place_, item in enumerate(
                    active.model.recommend(
                        profiles[user].for_engine(),
                        limit,
                        exclude=profiles[user].movie_ids,
                        allowed_mask=mask,
                        with_reasons=False,
                    ),
                    1,
                )
            ]
            return _batch("recommendations", rows) if rows else None

        batch = await asyncio.to_thread(rank)
        if batch is not None:
            yield batch
        after = users[-1]
