"""Tells every film anew: live ones whole, deleted ones as deleted, merged ones as merged too."""

from typing import Any

from sqlalchemy import text

from marquee_catalog.movies.events import tell_deleted, tell_merged, tell_movies
from marquee_shared.service import Context

CHUNK = 500

_NEXT = text(
    "SELECT id, slug, revision, deleted_at IS NOT NULL AS gone, merged_into FROM movies "
    "WHERE id > :after ORDER BY id LIMIT :limit"
)
_BURIED = text(
    "SELECT id, slug, revision FROM tombstones WHERE kind = 'movie' AND id > :after "
    "ORDER BY id LIMIT :limit"
)


async def republish_movies(context: Context[Any]) -> int:
    """Publish the current state of every film; return how many films."""
    told = after = 0
    while True:
        async with context.database.transaction() as session:
            rows = (await session.execute(_NEXT, {"after": after, "limit": CHUNK})).all()
            if not rows:
                break
            await tell_movies(session, [row.id for row in rows if not row.gone])
            merged = [row for row in rows if row.gone and row.merged_into is not None]
            await tell_merged(session, [(r.id, r.slug, r.merged_into, r.revision) for r in merged])
            gone = [row for row in rows if row.gone and row.merged_into is None]
            await tell_deleted(session, [(r.id, r.slug, r.revision) for r in gone])
        after = rows[-1].id
        told += len(rows)
    return told + await _republish_buried(context)


async def _republish_buried(context: Context[Any]) -> int:
    """Publish again what was deleted for good."""
    told = after = 0
    while True:
        async with context.database.transaction() as session:
            rows = (await session.execute(_BURIED, {"after": after, "limit": CHUNK})).all()
            if not rows:
                return told
            films = [(row.id, row.slug, row.revision) for row in rows]
            await tell_deleted(session, films, hard=True)
        after = rows[-1].id
        told += len(rows)
