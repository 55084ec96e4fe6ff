"""The SQL of exports: all that a member said of each film, and their lists."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from marquee_shared.database import Database

PAGE = 500
FilmRow = Row[Any]
"""A film with `half_steps, rated_at`, `kind, signalled_at`, `added_at, position, note` on the
watchlist, and `review` as JSON with `reviewed_at`; null where there is none."""

FILMS = text(
    """
    WITH watchlist AS (
        SELECT lm.* FROM list_movies lm JOIN lists l ON l.id = lm.list_id
        WHERE l.user_id = :user_id AND l.slug = 'watchlist' AND l.deleted_at IS NULL
    ), page AS (
        SELECT m.id, m.slug, m.title, m.year FROM movies m WHERE NOT m.deleted AND m.id IN (
            SELECT movie_id FROM ratings
            WHERE user_id = :user_id AND half_steps IS NOT NULL AND movie_id > :movie_id
            UNION
            SELECT movie_id FROM signals
            WHERE user_id = :user_id AND kind IS NOT NULL AND movie_id > :movie_id
            UNION
            SELECT movie_id FROM reviews
            WHERE user_id = :user_id AND deleted_at IS NULL AND movie_id > :movie_id
            UNION
            SELECT movie_id FROM watchlist WHERE movie_id > :movie_id
        )
        ORDER BY m.id LIMIT :limit
    )
    SELECT page.*, r.half_steps, r.rated_at, s.kind, s.signalled_at,
        w.added_at, w.position, w.note, v.created_at AS reviewed_at,
        CASE WHEN v.id IS NOT NULL THEN jsonb_build_object(
            'title', v.title, 'content', v.content, 'is_positive', v.is_positive,
            'has_spoilers', v.has_spoilers, 'language', v.language
        ) END AS review
    FROM page
    LEFT JOIN ratings r
        ON r.user_id = :user_id AND r.movie_id = page.id AND r.half_steps IS NOT NULL
    LEFT JOIN signals s ON s.user_id = :user_id AND s.movie_id = page.id AND s.kind IS NOT NULL
    LEFT JOIN watchlist w ON w.movie_id = page.id
    LEFT JOIN reviews v
        ON v.user_id = :user_id AND v.movie_id = page.id AND v.deleted_at IS NULL
    ORDER BY page.id
    """
)

LISTS = text(
    """
    SELECT id, slug, name, description, privacy, created_at FROM lists
    WHERE user_id = :user_id AND kind = 'list' AND deleted_at IS NULL AND id > :list_id
    ORDER BY id LIMIT :limit
    """
)
ENTRIES = text(
    """
    SELECT lm.position, lm.movie_id, lm.note, lm.added_at, m.slug, m.title, m.year
    FROM list_movies lm JOIN movies m ON m.id = lm.movie_id AND NOT m.deleted
    WHERE lm.list_id = :list_id
        AND (lm.position, lm.movie_id) > (CAST(:position AS integer), CAST(:movie_id AS bigint))
    ORDER BY lm.position, lm.movie_id LIMIT :limit
    """
)


async def pages(database: Database, member: UUID) -> AsyncIterator[list[FilmRow]]:
    """Yield the films a member has said something of, some hundred at a time."""
    after = 0
    while True:
        values = {"user_id": member, "movie_id": after, "limit": PAGE}
        async with database.reading() as session:
            rows = list((await session.execute(FILMS, values)).all())
        if rows:
            yield rows
        if len(rows) < PAGE:
            return
        after = rows[-1].id


async def lists(database: Database, member: UUID) -> AsyncIterator[Row[Any]]:
    """Yield a member's lists but the watchlist, the oldest first."""
    after = 0
    while True:
        values = {"user_id": member, "list_id": after, "limit": PAGE}
        async with database.reading() as session:
            rows = (await session.execute(LISTS, values)).all()
        for row in rows:
            yield row
        if len(rows) < PAGE:
            return
        after = rows[-1].id


async def entries(database: Database, list_id: int) -> AsyncIterator[Row[Any]]:
    """Yield the films of a list in its order."""
    position, movie_id = -1, 0
    while True:
        values = {"list_id": list_id, "position": position, "movie_id": movie_id, "limit": PAGE}
        async with database.reading() as session:
            rows = (await session.execute(ENTRIES, values)).all()
        for row in rows:
            yield row
        if len(rows) < PAGE:
            return
        position, movie_id = rows[-1].position, rows[-1].movie_id
