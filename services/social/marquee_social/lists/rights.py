"""A member's right to their lists."""

from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import text

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.identity import ErasureMode
from marquee_shared.rights import Dataset, Erased, Row, rows
from marquee_social.lists import repository

ALL = text(
    """
    SELECT l.slug, l.name, l.kind, l.description, l.privacy, l.created_at, l.updated_at,
        l.deleted_at, (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'movie_id', lm.movie_id, 'movie', m.slug, 'title', m.title, 'note', lm.note,
                'added_at', lm.added_at
            ) ORDER BY lm.position, lm.movie_id), '[]')
            FROM list_movies lm LEFT JOIN movies m ON m.id = lm.movie_id
            WHERE lm.list_id = l.id
        ) AS movies
    FROM lists l WHERE user_id = :user_id ORDER BY l.id
    """
)


def export(session: ReadSession, user_id: UUID) -> AsyncIterator[Row]:
    """Yield a member's lists with what stands in them, deleted ones too."""
    return rows(session, ALL, {"user_id": user_id})


async def erase(session: WriteSession, user_id: UUID, _mode: ErasureMode) -> Erased:
    """Remove a member's lists."""
    return Erased(removed=await repository.erase_members(session, [user_id]))


LISTS = Dataset("lists", export, erase)
