"""The films' replica: written by events, read whole into memory and for trainings."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson
from sqlalchemy import text

from marquee_shared.database import ReadSession, WriteSession

STORE = text("""
INSERT INTO movies AS m (id, slug, title, titles, synopsis, year, release_date, runtime, status,
    cover_url, popularity, languages, countries, genres, tags, credits, platforms, epoch,
    revision, deleted)
SELECT id, slug, title, titles, synopsis, year, release_date, runtime, status, cover_url,
    popularity,
    languages, countries, genres, tags, credits, platforms, epoch, revision, false
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id bigint, slug text, title text, titles jsonb,
    synopsis text, year integer, release_date date, runtime integer, status text, cover_url text,
    popularity double precision, languages jsonb, countries jsonb, genres jsonb, tags jsonb,
    credits jsonb, platforms jsonb, epoch bigint, revision bigint)
ORDER BY id
ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, title = excluded.title,
    titles = excluded.titles, synopsis = excluded.synopsis, year = excluded.year,
    release_date = excluded.release_date, runtime = excluded.runtime, status = excluded.status,
    cover_url = excluded.cover_url, popularity = excluded.popularity,
    languages = excluded.languages, countries = excluded.countries, genres = excluded.genres,
    tags = excluded.tags, credits = excluded.credits, platforms = excluded.platforms,
    epoch = excluded.epoch, revision = excluded.revision, deleted = false
WHERE (m.epoch, m.revision) < (excluded.epoch, excluded.revision)
""")

BURY = text("""
INSERT INTO movies AS m (id, slug, title, status, epoch, revision, deleted)
SELECT id, slug, '', 'deleted', epoch, revision, true
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
    AS r(id bigint, slug text, epoch bigint, revision bigint)
ORDER BY id
ON CONFLICT (id) DO UPDATE
SET epoch = excluded.epoch, revision = excluded.revision, deleted = true
WHERE (m.epoch, m.revision) < (excluded.epoch, excluded.revision)
""")

READ_SOME = text("""
SELECT id, slug, title, titles, year, release_date, runtime, status, cover_url, popularity,
    countries, genres, tags, credits, platforms, epoch, revision, deleted
FROM movies WHERE id > :after ORDER BY id LIMIT :limit
""")

CHUNK = 2000


async def store_movies(session: WriteSession, rows: Sequence[dict[str, Any]]) -> None:
    """Keep films (each id once) as told, where that is newer than what is held."""
    if rows:
        await session.execute(STORE, {"rows": orjson.dumps(rows).decode()})


async def bury_movies(session: WriteSession, rows: Sequence[dict[str, Any]]) -> None:
    """Mark films (each id once) as deleted, where that is newer than what is held."""
    if rows:
        await session.execute(BURY, {"rows": orjson.dumps(rows).decode()})


async def read_movies(session: ReadSession) -> AsyncIterator[Sequence[Any]]:
    """Yield every film, tombstones too, by id in chunks, each as of its own reading."""
    after = -1
    while True:
        rows = (await session.execute(READ_SOME, {"after": after, "limit": CHUNK})).all()
        if not rows:
            return
        yield rows
        after = rows[-1].id
