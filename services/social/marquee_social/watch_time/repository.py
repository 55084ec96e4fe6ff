"""The SQL of watch time. Stretches are multiranges, so PostgreSQL does their unions."""

from collections.abc import Sequence
from typing import Any, TypedDict
from uuid import UUID

import orjson
from sqlalchemy import Row, text

from marquee_shared.database import ReadSession, WriteSession
from marquee_social.movies.repository import MOVIE, MovieKey

COMPLETE_AT = 0.9
"""Of a film's runtime that must have been seen for it to count as completed."""

WatchedRow = Row[Any]
SessionKey = tuple[UUID, str, int]
"""Member, session, film."""


class SessionUpdate(TypedDict):
    """A session's new runs and stretches; multiranges in PostgreSQL's notation."""

    user_id: str
    session_id: str
    movie_id: int
    runs: list[Any]
    film_settled: str
    clock_settled: str
    film: str
    clock: str
    skew: int
    first_at: int
    last_at: int
    last_position: int


MOVIE_IDS = text(
    "SELECT DISTINCT ON (slug) slug, id FROM movies "
    "WHERE slug = ANY(CAST(:slugs AS text[])) AND NOT deleted ORDER BY slug, id"
)

# An erasure changes the member's row, so it comes wholly before this or wholly after.
ERASED = text(
    "SELECT id, deleted FROM users WHERE id = ANY(CAST(:user_ids AS uuid[])) ORDER BY id FOR SHARE"
)

# Locks the members' rows in one order for all writers.
LOCK = text(
    """
    INSERT INTO watchers AS w (user_id, milliseconds)
    SELECT id, 0 FROM unnest(CAST(:user_ids AS uuid[])) AS given (id) ORDER BY id
    ON CONFLICT (user_id) DO UPDATE SET milliseconds = w.milliseconds
    """
)

SESSIONS = text(
    """
    SELECT s.user_id, s.session_id, s.movie_id, s.runs, s.skew
    FROM watch_sessions s
    JOIN unnest(
        CAST(:user_ids AS uuid[]), CAST(:session_ids AS text[]), CAST(:movie_ids AS bigint[])
    ) AS k (user_id, session_id, movie_id) USING (user_id, session_id, movie_id)
    """
)

# Returns the days (UTC) on which a member's watch time may have changed.
STORE = text(
    """
    WITH written AS (
        INSERT INTO watch_sessions AS s (user_id, session_id, movie_id, runs, film_settled,
            clock_settled, film, clock, skew, first_at, last_at, last_position)
        SELECT user_id, session_id, movie_id, runs, film_settled,
            clock_settled, film_settled + film, clock_settled + clock,
            skew, first_at, last_at, last_position
        FROM jsonb_to_recordset(CAST(:sessions AS jsonb)) AS g (
            user_id uuid, session_id text, movie_id bigint, runs jsonb,
            film_settled int8multirange, clock_settled int8multirange,
            film int8multirange, clock int8multirange,
            skew bigint, first_at bigint, last_at bigint, last_position bigint
        )
        ON CONFLICT (user_id, session_id, movie_id) DO UPDATE SET
            runs = excluded.runs,
            film_settled = s.film_settled + excluded.film_settled,
            clock_settled = s.clock_settled + excluded.clock_settled,
            film = s.film_settled + excluded.film,
            clock = s.clock_settled + excluded.clock,
            skew = excluded.skew,
            first_at = least(s.first_at, excluded.first_at),
            last_at = greatest(s.last_at, excluded.last_at),
            last_position = excluded.last_position
        RETURNING s.user_id, old.clock AS clock_before, old.skew AS skew_before,
            new.clock, new.skew
    ), stretches AS (
        SELECT user_id, lower(c) - skew_before AS began, upper(c) - skew_before AS ended
        FROM written, unnest(clock_before) AS c
        UNION
        SELECT user_id, lower(c) - skew, upper(c) - skew FROM written, unnest(clock) AS c
    )
    SELECT DISTINCT user_id, day FROM stretches,
        generate_series(began / 86400000, (ended - 1) / 86400000) AS day
    """
)

# A session's clock is moved back by its skew before it is laid over the others'. Film totals
# move by what the pairs' figures changed by, which may be down (so not by way of `excluded`,
# which the checks hold to zero and above). What comes to the same figures is left alone, so that
# a batch sent twice is no change to anybody.
SUM_UP_FILMS = text(
    """
    WITH affected AS (
        SELECT user_id, movie_id, nullif(m.runtime, 0) * 60000 AS runtime
        FROM unnest(CAST(:user_ids AS uuid[]), CAST(:movie_ids AS bigint[]))
            AS a (user_id, movie_id)
        LEFT JOIN movies m ON m.id = movie_id
    ), figures AS (
        SELECT a.user_id, a.movie_id, a.runtime, watched.milliseconds, seen.coverage,
            newest.last_position, to_timestamp(newest.ended / 1000.0) AS last_at,
            seen.coverage >= CAST(:complete_at AS double precision) * a.runtime AS completed
        FROM affected a
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(upper(r) - lower(r)), 0) AS coverage
            FROM unnest((
                SELECT coalesce(range_agg(f), '{}') FROM watch_sessions s, unnest(s.film) AS f
                WHERE s.user_id = a.user_id AND s.movie_id = a.movie_id
            ) * int8multirange(int8range(0, a.runtime))) AS r
        ) AS seen
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(upper(r) - lower(r)), 0) AS milliseconds
            FROM unnest((
                SELECT range_agg(int8range(lower(c) - s.skew, upper(c) - s.skew))
                FROM watch_sessions s, unnest(s.clock) AS c
                WHERE s.user_id = a.user_id AND s.movie_id = a.movie_id
            )) AS r
        ) AS watched
        CROSS JOIN LATERAL (
            SELECT last_position, last_at - skew AS ended FROM watch_sessions s
            WHERE s.user_id = a.user_id AND s.movie_id = a.movie_id
            ORDER BY last_at - skew DESC, session_id LIMIT 1
        ) AS newest
    ), pairs AS (
        INSERT INTO watched_movies AS w (user_id, movie_id, milliseconds, coverage,
            last_position, last_at, completed_at, revision)
        SELECT user_id, movie_id, milliseconds, coverage, last_position, last_at,
            CASE WHEN completed THEN last_at END, 1
        FROM figures ORDER BY user_id, movie_id
        ON CONFLICT (user_id, movie_id) DO UPDATE SET
            milliseconds = excluded.milliseconds, coverage = excluded.coverage,
            last_position = excluded.last_position, last_at = excluded.last_at,
            completed_at = CASE WHEN excluded.completed_at IS NOT NULL
                THEN coalesce(w.completed_at, excluded.completed_at) END,
            revision = w.revision + 1
        WHERE (w.milliseconds, w.coverage, w.last_position, w.last_at, w.completed_at IS NOT NULL)
            IS DISTINCT FROM (excluded.milliseconds, excluded.coverage, excluded.last_position,
                excluded.last_at, excluded.completed_at IS NOT NULL)
        RETURNING w.user_id, w.movie_id, new.milliseconds, new.coverage, new.last_at,
            new.completed_at, new.revision, old.revision AS revision_before,
            old.coverage AS coverage_before, old.completed_at AS completed_before,
            new.milliseconds - coalesce(old.milliseconds, 0) AS added
    ), differences AS (
        SELECT movie_id, sum(added) AS milliseconds,
            count(*) FILTER (WHERE revision_before IS NULL) AS viewers,
            count(*) FILTER (WHERE completed_at IS NOT NULL)
                - count(*) FILTER (WHERE completed_before IS NOT NULL) AS completions
        FROM pairs GROUP BY movie_id
    ), films AS (
        INSERT INTO movie_watch_totals AS t (movie_id, milliseconds, viewers, completions)
        SELECT movie_id, greatest(milliseconds, 0), viewers, greatest(completions, 0)
        FROM differences ORDER BY movie_id
        ON CONFLICT (movie_id) DO UPDATE SET (milliseconds, viewers, completions) = (
            SELECT t.milliseconds + d.milliseconds, t.viewers + d.viewers,
                t.completions + d.completions
            FROM differences d WHERE d.movie_id = t.movie_id
        )
    )
    SELECT pairs.*, affected.runtime FROM pairs JOIN affected USING (user_id, movie_id)
    ORDER BY user_id, movie_id
    """
)

SUM_UP_DAYS = text(
    """
    WITH affected AS (
        SELECT user_id, day, day * 86400000 AS began
        FROM unnest(CAST(:user_ids AS uuid[]), CAST(:days AS bigint[])) AS a (user_id, day)
    ), days AS (
        INSERT INTO watch_days AS d (user_id, day, milliseconds)
        SELECT a.user_id, CAST(to_timestamp(a.began / 1000) AT TIME ZONE 'UTC' AS date), (
            SELECT coalesce(sum(upper(r) - lower(r)), 0)
            FROM unnest((
                SELECT range_agg(int8range(lower(c) - s.skew, upper(c) - s.skew))
                FROM watch_sessions s, unnest(s.clock) AS c
                WHERE s.user_id = a.user_id AND s.last_at >= a.began
                    AND s.first_at - s.skew < a.began + 86400000
            ) * int8multirange(int8range(a.began, a.began + 86400000))) AS r
        )
        FROM affected a ORDER BY a.user_id, a.day
        ON CONFLICT (user_id, day) DO UPDATE SET milliseconds = excluded.milliseconds
        RETURNING d.user_id, new.milliseconds - coalesce(old.milliseconds, 0) AS added
    )
    UPDATE watchers SET milliseconds = milliseconds + added
    FROM (SELECT user_id, sum(added) AS added FROM days GROUP BY user_id) AS changed
    WHERE watchers.user_id = changed.user_id
    """
)

FIGURES = """w.milliseconds, w.coverage, w.last_position, w.last_at, w.completed_at,
    CASE WHEN m.runtime > 0
        THEN least(1, coalesce(w.coverage, 0) / (m.runtime * 60000.0)) END AS progress"""

HISTORY = text(
    f"""
    SELECT m.id, m.slug, m.title, m.year, m.cover_url, m.genres, {FIGURES}
    FROM watched_movies w JOIN movies m ON m.id = w.movie_id AND NOT m.deleted
    WHERE w.user_id = :user_id
        AND (w.last_at, w.movie_id) < (CAST(:at AS timestamptz), CAST(:movie_id AS bigint))
        AND (CAST(:completed AS boolean) IS NULL
            OR (w.completed_at IS NOT NULL) = CAST(:completed AS boolean))
    ORDER BY w.last_at DESC, w.movie_id DESC LIMIT :limit
    """  # noqa: S608 - constants
)

MEMBER = text(
    """
    SELECT coalesce((SELECT milliseconds FROM watchers WHERE user_id = :user_id), 0)
            AS milliseconds,
        count(*) AS movies, count(completed_at) AS completed, max(last_at) AS last_at
    FROM watched_movies WHERE user_id = :user_id
    """
)

PAIR = text(
    f"""
    WITH {MOVIE}
    SELECT movie.*, {FIGURES}
    FROM movie JOIN movies m ON m.id = movie.id
    LEFT JOIN watched_movies w ON w.user_id = :user_id AND w.movie_id = movie.id
    """  # noqa: S608 - constants
)

FILM = text(
    f"""
    WITH {MOVIE}
    SELECT movie.id, coalesce(milliseconds, 0) AS milliseconds,
        coalesce(viewers, 0) AS viewers, coalesce(completions, 0) AS completions
    FROM movie LEFT JOIN movie_watch_totals ON movie_id = movie.id
    """  # noqa: S608 - constants
)

ERASE = text(
    """
    WITH pairs AS (
        DELETE FROM watched_movies WHERE user_id = ANY(CAST(:user_ids AS uuid[])) RETURNING *
    ), films AS (
        UPDATE movie_watch_totals AS t SET
            milliseconds = t.milliseconds - gone.milliseconds,
            viewers = t.viewers - gone.viewers,
            completions = t.completions - gone.completions
        FROM (
            SELECT movie_id, sum(milliseconds) AS milliseconds, count(*) AS viewers,
                count(completed_at) AS completions
            FROM pairs GROUP BY movie_id
        ) AS gone
        WHERE t.movie_id = gone.movie_id
    ), sessions AS (
        DELETE FROM watch_sessions WHERE user_id = ANY(CAST(:user_ids AS uuid[])) RETURNING 1
    ), days AS (
        DELETE FROM watch_days WHERE user_id = ANY(CAST(:user_ids AS uuid[]))
    ), members AS (
        DELETE FROM watchers WHERE user_id = ANY(CAST(:user_ids AS uuid[]))
    )
    SELECT count(*) FROM sessions
    """
)

ALL = text(
    """
    SELECT w.*, nullif(m.runtime, 0) * 60000 AS runtime
    FROM watched_movies w LEFT JOIN movies m ON m.id = w.movie_id
    WHERE (w.user_id, w.movie_id) > (:user_id, :movie_id)
    ORDER BY w.user_id, w.movie_id LIMIT :limit
    """
)


async def movie_ids(session: ReadSession, slugs: Sequence[str]) -> dict[str, int]:
    """Return the ids of those films that are known here."""
    rows = await session.execute(MOVIE_IDS, {"slugs": list(slugs)})
    return {row.slug: row.id for row in rows}


async def lock_members(session: WriteSession, members: Sequence[UUID]) -> set[UUID]:
    """Make other writers about these members wait; return those who have not been erased."""
    known = await session.execute(ERASED, {"user_ids": list(members)})
    living = set(members) - {row.id for row in known if row.deleted}
    await session.execute(LOCK, {"user_ids": sorted(living)})
    return living


async def find_sessions(
    session: WriteSession, keys: Sequence[SessionKey]
) -> dict[SessionKey, tuple[list[Any], int]]:
    """Return the runs and the skew of those sessions that have begun."""
    users, sessions, movies = zip(*keys, strict=True)
    values = {"user_ids": users, "session_ids": sessions, "movie_ids": movies}
    rows = await session.execute(SESSIONS, {name: list(value) for name, value in values.items()})
    return {(row.user_id, row.session_id, row.movie_id): (row.runs, row.skew) for row in rows}


async def store_sessions(
    session: WriteSession, updates: Sequence[SessionUpdate]
) -> Sequence[Row[Any]]:
    """Write sessions; return `user_id` and `day` (since 1970) where watch time may differ now."""
    values = {"sessions": orjson.dumps(list(updates)).decode()}
    return (await session.execute(STORE, values)).all()


async def sum_up_films(
    session: WriteSession, pairs: Sequence[tuple[UUID, int]]
) -> Sequence[WatchedRow]:
    """Work out anew what members' sessions of films add up to; return what is not as before."""
    users, movies = zip(*pairs, strict=True)
    values = {"user_ids": list(users), "movie_ids": list(movies), "complete_at": COMPLETE_AT}
    return (await session.execute(SUM_UP_FILMS, values)).all()


async def sum_up_days(session: WriteSession, days: Sequence[Row[Any]]) -> None:
    """Work out anew how long members watched on days, and in all."""
    values = {"user_ids": [row.user_id for row in days], "days": [row.day for row in days]}
    await session.execute(SUM_UP_DAYS, values)


async def list_history(
    session: ReadSession,
    member: UUID,
    after: tuple[Any, int],
    limit: int,
    *,
    completed: bool | None,
) -> Sequence[WatchedRow]:
    """Return what a member watched, latest first, below a sort key."""
    values = {"user_id": member, "at": after[0], "movie_id": after[1], "completed": completed}
    return (await session.execute(HISTORY, {**values, "limit": limit})).all()


async def member_totals(session: ReadSession, member: UUID) -> Row[Any]:
    """Return a member's `milliseconds`, `movies`, `completed` and `last_at`."""
    return (await session.execute(MEMBER, {"user_id": member})).one()


async def pair_figures(session: ReadSession, movie: MovieKey, member: UUID) -> WatchedRow | None:
    """Return a film with a member's figures, null where never watched. None: no such film."""
    return (await session.execute(PAIR, {**movie.parameters, "user_id": member})).one_or_none()


async def film_totals(session: ReadSession, movie: MovieKey) -> Row[Any] | None:
    """Return what all members' watching of a film adds up to. None: no such film."""
    return (await session.execute(FILM, movie.parameters)).one_or_none()


async def erase_members(session: WriteSession, members: Sequence[UUID]) -> int:
    """Delete all that is held of members' watching; return how many sessions."""
    return int((await session.execute(ERASE, {"user_ids": list(members)})).scalar_one())


async def watched_after(
    session: WriteSession, member: UUID, movie: int, limit: int
) -> Sequence[WatchedRow]:
    """Return members' figures by key, after one."""
    values = {"user_id": member, "movie_id": movie, "limit": limit}
    return (await session.execute(ALL, values)).all()
