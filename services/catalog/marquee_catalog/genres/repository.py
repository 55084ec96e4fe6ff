"""The SQL of genres."""

from typing import Any

from sqlalchemy import Row, text

from marquee_shared.database import ReadSession
from marquee_shared.pagination import BrowseWindow

_PAGE = text(
    """
    SELECT * FROM (
        SELECT g.id, g.slug, coalesce(t.name, g.name) AS name, g.created_at, g.updated_at
        FROM genres AS g
        LEFT JOIN genre_translations AS t ON t.genre_id = g.id AND t.language = :language
        WHERE g.deleted_at IS NULL
    ) AS genre
    WHERE CAST(:after_name AS text) IS NULL
       OR (name COLLATE "C", id) > (CAST(:after_name AS text), CAST(:after_id AS bigint))
    ORDER BY name COLLATE "C", id OFFSET :offset LIMIT :limit
    """
)


async def read_genres(
    session: ReadSession, window: BrowseWindow, *, language: str
) -> list[Row[Any]]:
    """Return up to `limit + 1` genres, A to Z in the language."""
    after = window.after or (None, None)
    return list(
        await session.execute(
            _PAGE,
            {
                "language": language,
                "after_name": after[0],
                "after_id": after[1],
                "offset": window.offset,
                "limit": window.limit + 1,
            },
        )
    )


async def count_genres(session: ReadSession) -> int:
    """Return how many genres there are."""
    return int(
        await session.scalar(text("SELECT count(*) FROM genres WHERE deleted_at IS NULL")) or 0
    )
