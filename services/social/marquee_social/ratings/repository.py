"""The SQL of ratings.

Every statement that changes a rating also changes the film's counters: there is no other way
in. Locks are taken in one order - a rating's row, then one shard of its film - and single
writers take one of each. Each connection has its own shard, so that writers of one film do not
wait for each other; what comes in bulk has a shard of its own, behind `lock_bulk`.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.outbox.relay import advisory_key
from marquee_social.marks.repository import MarkRow, mark_statements
from marquee_social.movies.repository import MOVIE, MovieKey
from marquee_social.ratings.scale import STEPS

SHARDS = 16
BULK_SHARD = SHARDS

_STEPS = range(1, STEPS + 1)
_CHANGES = ", ".join(
    f"(count(*) FILTER (WHERE after = {step}) - count(*) FILTER (WHERE before = {step}))::integer"
    for step in _STEPS
)
_SUMS = ", ".join(f"coalesce(sum(counts[{step}]), 0)::integer" for step in _STEPS)


def _counted(shard: str) -> str:
    """Return a CTE that brings the counters up to what the CTE `written` did."""
    return f"""
    counted AS (
        INSERT INTO rating_counts AS c (movie_id, shard, counts)
        SELECT movie_id, {shard}, ARRAY[{_CHANGES}] FROM written
        WHERE before IS DISTINCT FROM after
        GROUP BY movie_id ORDER BY movie_id
        ON CONFLICT (movie_id, shard) DO UPDATE SET counts = ARRAY(
            SELECT held + change FROM unnest(c.counts, excluded.counts) AS s (held, change)
        )
    )
    """  # noqa: S608 - constants


OWN_SHARD = f"(pg_backend_pid() % {SHARDS})::smallint"

STATEMENTS = mark_statements(
    table="ratings",
    value="half_steps",
    value_type="smallint",
    at="rated_at",
    counted=f", {_counted(OWN_SHARD)}",
    counted_in_bulk=f", {_counted(str(BULK_SHARD))}",
)

COUNTS = text(
    f"""
    WITH {MOVIE}
    SELECT id, (SELECT ARRAY[{_SUMS}] FROM rating_counts WHERE movie_id = movie.id) AS counts
    FROM movie
    """  # noqa: S608 - constants
)

COUNTS_OF = text(f"SELECT ARRAY[{_SUMS}] FROM rating_counts WHERE movie_id = :movie_id")  # noqa: S608 - constants

_GIVEN = """
    SELECT DISTINCT ON (user_id, movie_id)
        user_id, movie_id, half_steps, rated_at
    FROM (
        SELECT user_id, movie_id, half_steps,
            CASE WHEN at > now() THEN to_timestamp(0) ELSE at END AS rated_at
        FROM unnest(
            CAST(:user_ids AS uuid[]), CAST(:movie_ids AS bigint[]),
            CAST(:half_steps AS smallint[]), CAST(:rated_at AS timestamptz[])
        ) AS u (user_id, movie_id, half_steps, at)
    ) AS g
    WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = g.user_id AND u.deleted)
    ORDER BY user_id, movie_id, rated_at DESC, half_steps DESC
"""

MERGE = text(
    f"""
    WITH given AS ({_GIVEN}), written AS (
        INSERT INTO ratings AS r (user_id, movie_id, half_steps, created_at, rated_at, revision)
        SELECT user_id, movie_id, half_steps, rated_at, rated_at, 1 FROM given
        ON CONFLICT (user_id, movie_id) DO UPDATE SET
            half_steps = excluded.half_steps,
            created_at = CASE WHEN r.half_steps IS NULL
                THEN excluded.created_at ELSE r.created_at END,
            rated_at = excluded.rated_at,
            revision = r.revision + 1
        WHERE (r.rated_at, r.half_steps) < (excluded.rated_at, excluded.half_steps)
            AND r.half_steps IS DISTINCT FROM excluded.half_steps
        RETURNING user_id, movie_id, old.half_steps AS before, old.rated_at AS at_before,
            old.created_at AS created_before, old.revision AS revision_before,
            new.half_steps AS after, new.rated_at, new.revision
    ), {_counted(str(BULK_SHARD))}
    SELECT user_id, movie_id, after, rated_at AS at, revision,
        before, at_before, created_before, revision_before
    FROM written
    """  # noqa: S608 - constants
)

LOCK_TOTALS = text(
    """
    INSERT INTO rating_totals AS t (movie_id, counts, revision)
    SELECT DISTINCT movie_id, array_fill(0, ARRAY[10]), 0
    FROM unnest(CAST(:movie_ids AS bigint[])) AS g (movie_id) ORDER BY movie_id
    ON CONFLICT (movie_id) DO UPDATE SET revision = t.revision
    """
)

UPDATE_TOTALS = text(
    f"""
    WITH sums AS (
        SELECT movie_id, ARRAY[{_SUMS}] AS counts FROM rating_counts
        WHERE movie_id = ANY(CAST(:movie_ids AS bigint[])) GROUP BY movie_id
    )
    UPDATE rating_totals AS t SET counts = sums.counts, revision = t.revision + 1
    FROM sums WHERE sums.movie_id = t.movie_id AND sums.counts <> t.counts
    RETURNING t.movie_id, t.counts, t.revision
    """  # noqa: S608 - constants
)

ALL_TOTALS = text(
    """
    SELECT movie_id, counts, revision FROM rating_totals
    WHERE movie_id > :movie_id AND revision > 0 ORDER BY movie_id LIMIT :limit
    """
)

LOCK_BULK = text("SELECT pg_advisory_xact_lock(:key)")


async def find_counts(session: ReadSession, movie: MovieKey) -> MarkRow | None:
    """Return a film's `id` and `counts` of 0.5 … 5.0. None: no such film."""
    return (await session.execute(COUNTS, movie.parameters)).one_or_none()


async def counts_of(session: ReadSession, movie_id: int) -> list[int]:
    """Return the counts of 0.5 … 5.0 of a film, known here or not."""
    counts: list[int] = await session.scalar(COUNTS_OF, {"movie_id": movie_id}) or []
    return counts


async def lock_bulk(session: WriteSession) -> None:
    """Let one transaction at a time write in bulk."""
    await session.execute(LOCK_BULK, {"key": advisory_key("social:ratings:bulk")})


async def merge_ratings(
    session: WriteSession,
    user_ids: Sequence[UUID],
    movie_ids: Sequence[int],
    half_steps: Sequence[int],
    rated_at: Sequence[datetime],
) -> Sequence[MarkRow]:
    """Write those ratings that are newer than what is held, and count them.

    Of several for one member and film the newest counts, of equally new ones the higher, in
    whatever order they come; a time in the future is no time, and older than any. Returns the
    changed rows: `user_id, movie_id, after, at, revision`, and how each was before, null where
    there was none: `before, at_before, created_before, revision_before`. Members who were erased
    are left out.
    """
    values = {
        "user_ids": user_ids,
        "movie_ids": movie_ids,
        "half_steps": half_steps,
        "rated_at": rated_at,
    }
    return (await session.execute(MERGE, values)).all()


async def renew_totals(session: WriteSession, movie_ids: Sequence[int]) -> Sequence[MarkRow]:
    """Bring films' totals up to their counters; return those that changed.

    The rows are locked by one statement and summed by the next, whose snapshot is taken once
    the locks are held: a higher revision never carries an older sum.
    """
    values = {"movie_ids": list(movie_ids)}
    await session.execute(LOCK_TOTALS, values)
    return (await session.execute(UPDATE_TOTALS, values)).all()


async def totals_after(
    session: ReadSession | WriteSession, movie_id: int, limit: int
) -> Sequence[MarkRow]:
    """Return published totals by film, after one."""
    return (await session.execute(ALL_TOTALS, {"movie_id": movie_id, "limit": limit})).all()
