"""Tells every film anew: live ones whole, deleted ones as deleted."""

from typing import Any

from sqlalchemy import text

from marquee_catalog.movies.events import tell_deleted, tell_movies
from marquee_shared.service import Context

CHUNK = 500

_NEXT = text(
    "SELECT id, slug, revision, deleted_at IS NOT NULL AS gone FROM movies "
    "WHERE id > :after ORDER BY id LIMIT :limit"
)


async def republish(context: Context[Any]) -> int:
    """Publish the current state of every film; return how many events."""
    told = after = 0
    while True:
        async with context.database.transaction() as session:
            rows = (await session.execute(_NEXT, {"after": after, "limit": CHUNK})).all()
            if not rows:
                return told
            await tell_movies(session, [row.id for row in rows if not row.gone])
            await tell_deleted(session, [(r.id, r.slug, r.revision) for r in rows if r.gone])
        after = rows[-1].id
        told += len(rows)
