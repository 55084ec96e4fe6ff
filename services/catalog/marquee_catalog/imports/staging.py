"""Where an import puts what it reads before anything of the catalog is touched.

Temporary tables of one connection, filled by `COPY`. They go with the connection: an import
that was killed reads its files again and finds, chunk by chunk, what it has done already.
"""

import io
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from marquee_shared.database import WriteSession
from marquee_shared.outbox.relay import advisory_key
from marquee_shared.service import Context

FILM_CHUNK = 1000
MOST_REJECTIONS = 10_000

TABLES = """
CREATE TEMP TABLE stage_films (
    number bigint NOT NULL, line bigint NOT NULL, chunk integer NOT NULL, foreign_id text NOT NULL,
    slug text NOT NULL, title text NOT NULL, original_title text,
    alternative_titles text[] NOT NULL DEFAULT '{}', year integer, release_date date,
    runtime integer, synopsis text, tagline text, original_language text,
    languages text[] NOT NULL DEFAULT '{}', countries text[] NOT NULL DEFAULT '{}',
    age_rating text, cover_url text, status text NOT NULL DEFAULT 'released',
    popularity double precision NOT NULL DEFAULT 0, folded_title text NOT NULL,
    title_words text[] NOT NULL, own_title_keys text[] NOT NULL,
    movie_id bigint, state text NOT NULL DEFAULT 'new', confidence numeric
);
CREATE TEMP TABLE stage_links (number bigint, source text, foreign_id text);
CREATE TEMP TABLE stage_genres (number bigint, slug text, name text, position integer);
CREATE TEMP TABLE stage_tags (
    number bigint, member bigint, slug text, name text, words text[], line bigint,
    given integer NOT NULL DEFAULT 0
);
CREATE TEMP TABLE stage_credits (
    number bigint, slug text, name text, folded_name text, words text[], job text, character text,
    position integer, foreign_id text, person_id bigint
);
CREATE TEMP TABLE stage_platforms (number bigint, slug text, name text, country text);
CREATE TEMP TABLE stage_awards (
    number bigint, slug text, name text, category text, year integer, won boolean
);
CREATE TEMP TABLE stage_titles (
    number bigint, language text, title text, synopsis text, title_key text, title_words text[]
);
CREATE TEMP TABLE stage_members (
    number bigint, id uuid, username text, name text, body text
);
CREATE TEMP SEQUENCE stage_line;
CREATE TEMP TABLE stage_ratings (
    line bigint NOT NULL DEFAULT nextval('stage_line'), member bigint NOT NULL,
    film bigint NOT NULL, value double precision NOT NULL, at bigint NOT NULL
);
CREATE TEMP TABLE stage_resolved (number bigint, movie_id bigint);
"""

INDEXES = """
CREATE INDEX ON stage_films (chunk);
CREATE INDEX ON stage_films (number);
CREATE INDEX ON stage_links (number);
CREATE INDEX ON stage_genres (number);
CREATE INDEX ON stage_tags (number);
CREATE INDEX ON stage_credits (number);
CREATE INDEX ON stage_credits (foreign_id) WHERE foreign_id IS NOT NULL;
CREATE INDEX ON stage_platforms (number);
CREATE INDEX ON stage_awards (number);
CREATE INDEX ON stage_titles (number);
CREATE INDEX ON stage_ratings (line);
"""
ANALYZE = """
ANALYZE stage_films, stage_links, stage_genres, stage_tags, stage_credits, stage_platforms,
    stage_awards, stage_titles, stage_ratings;
"""
CLEAR = """
TRUNCATE stage_films, stage_links, stage_genres, stage_tags, stage_credits, stage_platforms,
    stage_awards, stage_titles;
"""

_REJECT = text(
    "INSERT INTO import_rejections (job_id, file, line, reason) "
    "SELECT CAST(:job_id AS uuid), * FROM unnest(CAST(:files AS text[]), "
    "CAST(:lines AS bigint[]), CAST(:reasons AS text[])) ON CONFLICT DO NOTHING"
)


class Stage:
    """The staging tables of one import, on its connection."""

    def __init__(self, context: Context[Any], connection: AsyncConnection, job_id: UUID) -> None:
        self._context = context
        self._connection = connection
        self._driver: Any = None
        self._job_id = job_id
        self._rejected: list[tuple[str, int, str]] = []
        self.rejected = 0
        """How many rows were refused, also those past the number that is kept."""

    async def prepare(self) -> None:
        """Create the tables."""
        self._driver = (await self._connection.get_raw_connection()).driver_connection
        await self._driver.execute("SET statement_timeout = 0")
        await self._driver.execute(TABLES)

    async def index(self) -> None:
        """Index and analyse what was staged, before it is joined with the catalog."""
        await self._driver.execute(INDEXES)
        await self.analyze()

    async def analyze(self) -> None:
        """Let the planner know what is staged."""
        await self._driver.execute(ANALYZE)

    async def clear(self) -> None:
        """Take away the staged films, for others to follow."""
        await self._driver.execute(CLEAR)

    async def number_lines_from(self, line: int) -> None:
        """Make this the line of the next rating that is copied without one."""
        await self._driver.execute(f"ALTER SEQUENCE stage_line RESTART WITH {line:d}")

    async def lock(self, source: str) -> None:
        """Wait until no other import of this source runs; held by the connection."""
        await self._driver.execute(
            "SELECT pg_advisory_lock($1)", advisory_key(f"catalog.import.{source}")
        )

    async def copy(
        self, table: str, columns: Sequence[str], records: Iterable[Sequence[Any]]
    ) -> None:
        """Add rows to a staging table."""
        await self._driver.copy_records_to_table(table, columns=list(columns), records=records)

    async def copy_csv(self, table: str, columns: Sequence[str], lines: bytes) -> None:
        """Add rows given as CSV that is known to be clean."""
        await self._driver.copy_to_table(
            table, source=io.BytesIO(lines), columns=list(columns), format="csv"
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WriteSession]:
        """Open a transaction that sees the staging tables; commits on leaving."""
        async with WriteSession(self._connection, expire_on_commit=False) as session:
            async with session.begin():
                yield session
            wake = self._context.database.on_published
            if wake is not None and session.info.get("published_events"):
                wake()

    def reject(self, file: str, line: int, reason: str) -> None:
        """Note a row that is not taken."""
        self.rejected += 1
        if self.rejected <= MOST_REJECTIONS:
            self._rejected.append((file, line, reason))

    async def write_rejections(self) -> None:
        """Write down what was refused since the last time."""
        if not self._rejected:
            return
        files, lines, reasons = zip(*self._rejected, strict=True)
        values = {
            "job_id": self._job_id,
            "files": list(files),
            "lines": list(lines),
            "reasons": list(reasons),
        }
        self._rejected.clear()
        async with self.transaction() as session:
            await session.execute(_REJECT, values)


@asynccontextmanager
async def open_stage(context: Context[Any], job_id: UUID) -> AsyncIterator[Stage]:
    """Open a connection with empty staging tables; both go on leaving."""
    async with context.database.write_engine.connect() as connection:
        stage = Stage(context, connection, job_id)
        try:
            await stage.prepare()
            yield stage
        finally:
            await connection.invalidate()
