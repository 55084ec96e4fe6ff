"""The SQL of marks, written once for every table that holds them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, TextClause, text

from marquee_social.movies.repository import CARD, MOVIE
from marquee_social.users.repository import BARRED, SUSPENDED

MarkRow = Row[Any]
"""A film's card with `after` (the value), `at`, `created_at`, `revision`; where it was written also
`before`, `revision_before` and `barred` (the member may not write: erased or suspended)."""

NEVER = "to_timestamp(-86400)"
"""When what was never there was taken back: older than any time that an import knows."""


@dataclass(frozen=True, slots=True)
class MarkStatements:
    """The statements on one table of marks.

    Each takes `MovieKey.parameters` and `user_id`, or what stands in its own line.
    """

    set: TextClause
    """`value`; an equal one changes nothing. No row: no such film."""
    remove: TextClause
    """`before` null: there was none. No row: no such film."""
    find: TextClause
    """`after` null: no mark. No row: no such film."""
    newest: TextClause
    """`user_id, value (null: any), at, movie_id, limit`: below a sort key, films in sight only."""
    erase: TextClause
    """`user_ids`: delete all rows of these members, return those that were marks."""
    take: TextClause
    """`gone, into`: give one film the marks of another where they are newer than its own."""
    leave: TextClause
    """`gone`: take back every mark of a film."""
    restore: TextClause
    """`user_id, rows`: JSON of `movie_id, value, at, created_at, revision`; put back what was there
    before, where the mark still has this revision. `at` null: as if there had never been one."""
    all: TextClause
    """`user_id, movie_id, limit`: marks and tombstones by key, after one."""


def mark_statements(
    *,
    table: str,
    value: str,
    value_type: str,
    at: str,
    counted: str = "",
    counted_in_bulk: str = "",
) -> MarkStatements:
    """Return the statements of a table.

    `counted` is a CTE, led by a comma, that follows what the CTE `written` (`movie_id, before,
    after`) did; `counted_in_bulk` the same for many rows at once.
    """
    return MarkStatements(
        set=text(
            f"""
            WITH {MOVIE}, written AS (
                INSERT INTO {table} AS m
                    (user_id, movie_id, {value}, created_at, {at}, revision)
                SELECT :user_id, id, :value, now(), now(), 1 FROM movie
                ON CONFLICT (user_id, movie_id) DO UPDATE SET
                    {value} = excluded.{value},
                    created_at = CASE WHEN m.{value} IS NULL
                        THEN greatest(excluded.{at}, m.{at}) ELSE m.created_at END,
                    {at} = CASE WHEN m.{value} = excluded.{value}
                        THEN m.{at} ELSE greatest(excluded.{at}, m.{at}) END,
                    revision = m.revision
                        + (m.{value} IS DISTINCT FROM excluded.{value})::integer
                RETURNING movie_id, old.{value} AS before, old.revision AS revision_before,
                    new.{value} AS after, new.revision, new.created_at, new.{at} AS at
            ){counted}
            SELECT movie.*, before, revision_before, after, revision, created_at, at,
                {BARRED} AS barred
            FROM movie LEFT JOIN written ON true
            """  # noqa: S608 - constants
        ),
        remove=text(
            f"""
            WITH {MOVIE}, written AS (
                UPDATE {table} AS m SET
                    {value} = NULL,
                    {at} = greatest(now(), m.{at}),
                    revision = m.revision + 1
                FROM movie
                WHERE m.user_id = :user_id AND m.movie_id = movie.id AND m.{value} IS NOT NULL
                RETURNING m.movie_id, old.{value} AS before, old.revision AS revision_before,
                    new.{value} AS after, new.revision
            ){counted}
            SELECT movie.id, before, revision_before, revision, {SUSPENDED} AS barred
            FROM movie LEFT JOIN written ON true
            """  # noqa: S608 - constants
        ),
        find=text(
            f"""
            WITH {MOVIE}
            SELECT movie.*, {value} AS after, revision, created_at, {at} AS at
            FROM movie LEFT JOIN {table}
                ON user_id = :user_id AND movie_id = movie.id AND {value} IS NOT NULL
            """  # noqa: S608 - constants
        ),
        newest=text(
            f"""
            SELECT {CARD}, {value} AS after, k.created_at, k.{at} AS at
            FROM {table} k JOIN movies m ON m.id = k.movie_id AND NOT m.deleted
            WHERE user_id = :user_id AND {value} IS NOT NULL
                AND (CAST(:value AS {value_type}) IS NULL OR {value} = :value)
                AND (k.{at}, k.movie_id)
                    < (CAST(:at AS timestamptz), CAST(:movie_id AS bigint))
            ORDER BY k.{at} DESC, k.movie_id DESC LIMIT :limit
            """  # noqa: S608 - constants
        ),
        erase=text(
            f"""
            WITH written AS (
                DELETE FROM {table} WHERE user_id = ANY(CAST(:user_ids AS uuid[]))
                RETURNING user_id, movie_id, {value} AS before,
                    CAST(NULL AS {value_type}) AS after, now() AS at, revision + 1 AS revision
            ){counted_in_bulk}
            SELECT user_id, movie_id, after, at, revision FROM written
            WHERE before IS NOT NULL ORDER BY user_id, movie_id
            """  # noqa: S608 - constants
        ),
        take=text(
            f"""
            WITH written AS (
                INSERT INTO {table} AS m
                    (user_id, movie_id, {value}, created_at, {at}, revision)
                SELECT user_id, :into, {value}, created_at, {at}, 1 FROM {table}
                WHERE movie_id = :gone AND {value} IS NOT NULL ORDER BY user_id
                ON CONFLICT (user_id, movie_id) DO UPDATE SET
                    {value} = excluded.{value},
                    created_at = CASE WHEN m.{value} IS NULL
                        THEN excluded.created_at ELSE least(m.created_at, excluded.created_at) END,
                    {at} = excluded.{at},
                    revision = m.revision + 1
                WHERE m.{at} < excluded.{at}
                RETURNING user_id, movie_id, old.{value} AS before, new.{value} AS after,
                    new.{at} AS at, new.revision
            ){counted_in_bulk}
            SELECT user_id, movie_id, after, at, revision FROM written
            """  # noqa: S608 - constants
        ),
        leave=text(
            f"""
            WITH written AS (
                UPDATE {table} SET {value} = NULL, {at} = greatest(now(), {at}),
                    revision = revision + 1
                WHERE movie_id = :gone AND {value} IS NOT NULL
                RETURNING user_id, movie_id, old.{value} AS before, new.{value} AS after,
                    new.{at} AS at, new.revision
            ){counted_in_bulk}
            SELECT user_id, movie_id, after, at, revision FROM written
            """  # noqa: S608 - constants
        ),
        restore=text(
            f"""
            WITH given AS (
                SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (
                    movie_id bigint, value {value_type}, at timestamptz, created_at timestamptz,
                    revision bigint
                )
            ), written AS (
                UPDATE {table} AS m SET
                    {value} = g.value,
                    {at} = coalesce(g.at, {NEVER}),
                    created_at = coalesce(g.created_at, m.created_at),
                    revision = m.revision + 1
                FROM given g
                WHERE m.user_id = :user_id AND m.movie_id = g.movie_id
                    AND m.revision = g.revision
                RETURNING m.user_id, m.movie_id, old.{value} AS before, new.{value} AS after,
                    new.{at} AS at, new.revision
            ){counted_in_bulk}
            SELECT user_id, movie_id, after, at, revision FROM written
            """  # noqa: S608 - constants
        ),
        all=text(
            f"""
            SELECT user_id, movie_id, {value} AS after, {at} AS at, revision FROM {table}
            WHERE (user_id, movie_id) > (:user_id, :movie_id)
            ORDER BY user_id, movie_id LIMIT :limit
            """  # noqa: S608 - constants
        ),
    )
