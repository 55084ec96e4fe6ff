"""The SQL of a member's figures: three statements, each over one member's rows alone."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from marquee_shared.database import ReadSession
from marquee_social.content.rules import movie_card

# One row for each film that counts as watched: how it was rated, and the day it first counted.
_MOVIES = """
    movies_of AS MATERIALIZED (
        SELECT m.*, d.half_steps, d.day FROM (
            SELECT movie_id, max(half_steps) AS half_steps, min(day) AS day FROM (
                SELECT movie_id, half_steps, CAST(rated_at AT TIME ZONE 'UTC' AS date) AS day
                FROM ratings WHERE user_id = :user_id AND half_steps IS NOT NULL
                UNION ALL
                SELECT movie_id, NULL, CAST(signalled_at AT TIME ZONE 'UTC' AS date)
                FROM signals WHERE user_id = :user_id AND kind = 'seen'
                UNION ALL
                SELECT movie_id, NULL, CAST(completed_at AT TIME ZONE 'UTC' AS date)
                FROM watched_movies WHERE user_id = :user_id AND completed_at IS NOT NULL
            ) AS every GROUP BY movie_id
        ) AS d JOIN movies m ON m.id = d.movie_id AND NOT m.deleted
        WHERE d.day BETWEEN :first AND :last
    )
"""

FIGURES = text(
    f"""
    WITH {_MOVIES}
    SELECT
        (SELECT count(*) FROM movies_of) AS movies,
        (SELECT array_agg((SELECT count(*) FROM movies_of WHERE half_steps = step) ORDER BY step)
            FROM generate_series(1, 10) AS step) AS counts,
        (SELECT count(*) FROM reviews WHERE user_id = :user_id AND deleted_at IS NULL
            AND CAST(created_at AT TIME ZONE 'UTC' AS date) BETWEEN :first AND :last) AS reviews,
        (SELECT coalesce(sum(milliseconds), 0) FROM watch_days
            WHERE user_id = :user_id AND day BETWEEN :first AND :last) AS milliseconds,
        (SELECT coalesce(jsonb_agg(g ORDER BY g.movies DESC, g.slug), '[]') FROM (
            SELECT genre ->> 'slug' AS slug, min(genre ->> 'name') AS name, count(*) AS movies,
                round(avg(half_steps) / 2, 3)::float8 AS average
            FROM movies_of, jsonb_array_elements(genres) AS genre GROUP BY genre ->> 'slug'
        ) AS g) AS genres,
        (SELECT coalesce(jsonb_agg(d ORDER BY d.decade), '[]') FROM (
            SELECT year / 10 * 10 AS decade, count(*) AS movies,
                round(avg(half_steps) / 2, 3)::float8 AS average
            FROM movies_of WHERE year IS NOT NULL GROUP BY year / 10
        ) AS d) AS decades
    """  # noqa: S608 - constants
)

# Days in a row have one difference between the day and its place among the days.
STREAKS = text(
    f"""
    WITH {_MOVIES}, days AS (
        SELECT day FROM watch_days
        WHERE user_id = :user_id AND milliseconds > 0 AND day BETWEEN :first AND :last
        UNION SELECT day FROM movies_of
    ), runs AS (
        SELECT count(*) AS length, min(day) AS began, max(day) AS ended FROM (
            SELECT day, day - CAST(row_number() OVER (ORDER BY day) AS integer) AS run FROM days
        ) AS placed GROUP BY run
    )
    SELECT
        coalesce((SELECT length FROM runs WHERE ended >= CAST(:today AS date) - 1
            AND ended <= :today ORDER BY ended DESC LIMIT 1), 0) AS current,
        coalesce((SELECT max(length) FROM runs), 0) AS longest,
        (SELECT began FROM runs ORDER BY length DESC, began DESC LIMIT 1) AS longest_began
    """  # noqa: S608 - constants
)

YEAR = text(
    f"""
    WITH {_MOVIES}
    SELECT
        (SELECT jsonb_agg(jsonb_build_object(
            'month', month,
            'movies', (SELECT count(*) FROM movies_of WHERE extract(month FROM day) = month),
            'seconds_watched', (SELECT coalesce(sum(milliseconds), 0) / 1000.0 FROM watch_days
                WHERE user_id = :user_id AND day BETWEEN :first AND :last
                    AND extract(month FROM day) = month)
        ) ORDER BY month) FROM generate_series(1, 12) AS month) AS months,
        (SELECT coalesce(jsonb_agg(jsonb_build_object('movie', {movie_card("t")},
                'rating', t.half_steps / 2.0) ORDER BY t.half_steps DESC, t.day, t.id), '[]')
            FROM (SELECT * FROM movies_of WHERE half_steps IS NOT NULL
                ORDER BY half_steps DESC, day, id LIMIT 10) AS t) AS top_rated,
        (SELECT {movie_card("t")} FROM movies_of t ORDER BY day, id LIMIT 1) AS first_movie,
        (SELECT {movie_card("t")} FROM movies_of t ORDER BY day DESC, id DESC LIMIT 1)
            AS last_movie
    """  # noqa: S608 - constants
)


def _values(member: UUID, span: tuple[date, date]) -> dict[str, Any]:
    return {"user_id": member, "first": span[0], "last": span[1]}


async def member_figures(session: ReadSession, member: UUID, span: tuple[date, date]) -> Row[Any]:
    """Return counts, the rating curve, genres and decades of the films between two days."""
    return (await session.execute(FIGURES, _values(member, span))).one()


async def member_streaks(
    session: ReadSession, member: UUID, span: tuple[date, date], today: date
) -> Row[Any]:
    """Return the `current` and the `longest` run of days between two days."""
    return (await session.execute(STREAKS, {**_values(member, span), "today": today})).one()


async def year_in_review(session: ReadSession, member: UUID, span: tuple[date, date]) -> Row[Any]:
    """Return months, the best rated, the first and the last film between two days."""
    return (await session.execute(YEAR, _values(member, span))).one()
