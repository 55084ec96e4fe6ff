"""The SQL of signals."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from marquee_shared.database import WriteSession
from marquee_social.marks.repository import MarkRow, mark_statements

STATEMENTS = mark_statements(table="signals", value="kind", value_type="text", at="signalled_at")

# What a member chose later stays. Having seen a film says less than any other signal: it never
# takes the place of one, and gives way to each.
MERGE = text(
    """
    INSERT INTO signals AS s (user_id, movie_id, kind, created_at, signalled_at, revision)
    SELECT DISTINCT ON (movie_id) :user_id, movie_id, kind, at, at, 1
    FROM unnest(
        CAST(:movie_ids AS bigint[]), CAST(:kinds AS text[]), CAST(:times AS timestamptz[])
    ) AS given (movie_id, kind, at)
    ORDER BY movie_id, kind = 'seen', at DESC, kind
    ON CONFLICT (user_id, movie_id) DO UPDATE SET
        kind = excluded.kind,
        created_at = CASE WHEN s.kind IS NULL THEN excluded.created_at ELSE s.created_at END,
        signalled_at = excluded.signalled_at,
        revision = s.revision + 1
    WHERE s.kind IS DISTINCT FROM excluded.kind AND CASE
        WHEN s.kind = 'seen' THEN true
        WHEN s.kind IS NOT NULL AND excluded.kind = 'seen' THEN false
        ELSE s.signalled_at < excluded.signalled_at
    END
    RETURNING user_id, movie_id, new.kind AS after, new.signalled_at AS at, new.revision,
        old.kind AS before, old.signalled_at AS at_before, old.created_at AS created_before,
        old.revision AS revision_before
    """
)


async def merge_signals(
    session: WriteSession,
    member: UUID,
    movie_ids: Sequence[int],
    kinds: Sequence[str],
    times: Sequence[datetime],
) -> Sequence[MarkRow]:
    """Write those of a member's signals that say more than what is held, or newer things.

    Returns what `ratings.repository.merge_ratings` does.
    """
    values = {"user_id": member, "movie_ids": movie_ids, "kinds": kinds, "times": times}
    return (await session.execute(MERGE, values)).all()
