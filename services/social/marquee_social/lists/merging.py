"""What becomes of lists when two films turn out to be one."""

from sqlalchemy import text

from marquee_shared.database import WriteSession

LOCK = text(
    """
    SELECT id FROM lists WHERE id IN (SELECT list_id FROM list_movies WHERE movie_id = :gone)
    ORDER BY id FOR UPDATE
    """
)
# A list with both keeps the first of the two places, and a note if either has one. It stays by
# hand if either is, and otherwise came with the earlier fill, so that undoing the later leaves it.
DROP_DOUBLES = text(
    """
    WITH gone AS (
        DELETE FROM list_movies g USING list_movies i
        WHERE g.movie_id = :gone AND i.movie_id = :into AND i.list_id = g.list_id
        RETURNING g.*
    )
    UPDATE list_movies i SET
        position = least(i.position, gone.position),
        note = coalesce(i.note, gone.note),
        fill = CASE WHEN i.fill IS NOT NULL AND gone.fill IS NOT NULL
            THEN least(i.fill, gone.fill) END,
        added_at = least(i.added_at, gone.added_at)
    FROM gone WHERE i.list_id = gone.list_id AND i.movie_id = :into
    """
)
MOVE = text("UPDATE list_movies SET movie_id = :into WHERE movie_id = :gone")
TOUCH = text(
    "UPDATE lists SET updated_at = now(), revision = revision + 1 "
    "WHERE id = ANY(CAST(:ids AS bigint[]))"
)


async def move_entries(session: WriteSession, gone: int, into: int) -> int:
    """Put a film in its double's place in every list; return how many lists changed.

    Done again it finds nothing to move.
    """
    values = {"gone": gone, "into": into}
    ids = list(await session.scalars(LOCK, values))
    if ids:
        await session.execute(DROP_DOUBLES, values)
        await session.execute(MOVE, values)
        await session.execute(TOUCH, {"ids": ids})
    return len(ids)
