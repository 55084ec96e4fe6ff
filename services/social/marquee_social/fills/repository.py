"""The SQL of filling lists."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from marquee_shared.database import ReadSession, WriteSession
from marquee_social.content.rules import author_card
from marquee_social.movies.repository import CARD
from marquee_social.visibility.rule import VIEWER, are_friends, privacy_of, visible

EXCLUDED = 150
"""How many films of a list, the latest, the recommender is told to leave out."""
POPULAR = 200
OF_PERSON = 100
OF_FRIEND = 200
"""How many candidates come from where, the most popular and the latest first."""


def _unknown(given: str, column: str) -> str:
    return f"""
        ARRAY(
            SELECT slug FROM unnest(CAST(:{given} AS text[])) AS given (slug) WHERE NOT EXISTS (
                SELECT FROM movies WHERE NOT movies.deleted AND movies.{column}
                    @> jsonb_build_array(jsonb_build_object('slug', given.slug))
            )
        ) AS unknown_{given}
    """  # noqa: S608 - constants


CONDITIONS = text(
    f"""
    WITH list AS (
        SELECT id FROM lists
        WHERE user_id = {VIEWER} AND slug = CAST(:list AS text) AND deleted_at IS NULL
    )
    SELECT {_unknown("genres", "genres")}, {_unknown("people", "people")},
        coalesce((
            SELECT jsonb_object_agg(given.username, u.id)
            FROM unnest(CAST(:friends AS text[])) AS given (username)
            JOIN users u ON lower(u.username) = lower(given.username) AND NOT u.deleted
            WHERE {are_friends("u.id")}
        ), '{{}}') AS friends,
        coalesce((SELECT platforms FROM tastes WHERE user_id = {VIEWER}), '{{}}') AS platforms,
        (SELECT id FROM list) AS list_id,
        ARRAY(
            SELECT m.slug FROM list_movies lm JOIN movies m ON m.id = lm.movie_id
            WHERE lm.list_id = (SELECT id FROM list)
            ORDER BY lm.position DESC LIMIT {EXCLUDED}
        ) AS held
    """  # noqa: S608 - constants
)


def _any_of(column: str, given: str) -> str:
    """Return the condition that a film has any of the slugs, or that none are given."""
    return f"""(
        CAST(:{given} AS text[]) = '{{}}' OR m.{column} @> ANY (ARRAY(
            SELECT jsonb_build_array(jsonb_build_object('slug', slug))
            FROM unnest(CAST(:{given} AS text[])) AS given (slug)
        ))
    )"""  # noqa: S608 - constants


_OPEN = f"""
    NOT m.deleted AND m.status = 'released'
    AND (m.release_date IS NULL OR m.release_date <= current_date)
    AND {_any_of("genres", "genres")} AND {_any_of("platforms", "platforms")}
    AND NOT EXISTS (SELECT FROM ratings r WHERE r.user_id = {VIEWER} AND r.movie_id = m.id
        AND r.half_steps IS NOT NULL)
    AND NOT EXISTS (SELECT FROM signals s WHERE s.user_id = {VIEWER} AND s.movie_id = m.id
        AND s.kind IS NOT NULL)
    AND NOT EXISTS (SELECT FROM watched_movies w WHERE w.user_id = {VIEWER} AND w.movie_id = m.id
        AND w.completed_at IS NOT NULL)
    AND NOT EXISTS (SELECT FROM list_movies lm
        WHERE lm.list_id = CAST(:list_id AS bigint) AND lm.movie_id = m.id)
"""  # noqa: S608 - constants

CANDIDATES = text(
    f"""
    WITH favourites AS (
        SELECT liked.movie_id, jsonb_agg(
            jsonb_build_object('user', {author_card("u")}, 'half_steps', liked.half_steps)
            ORDER BY liked.half_steps DESC, u.id
        ) AS friends
        FROM users u CROSS JOIN LATERAL (
            SELECT r.movie_id, r.half_steps FROM ratings r
            WHERE r.user_id = u.id AND r.half_steps >= 8
            ORDER BY r.rated_at DESC, r.movie_id DESC LIMIT {OF_FRIEND}
        ) AS liked
        WHERE u.id = ANY (CAST(:friends AS uuid[])) AND NOT u.deleted AND {are_friends("u.id")}
            AND {visible("u.id", privacy_of("u.id", "ratings"))}
        GROUP BY liked.movie_id
    ), pool AS (
        SELECT unnest(CAST(:ranked AS bigint[])) AS id
        UNION SELECT movie_id FROM favourites
        UNION SELECT known.id FROM unnest(CAST(:people AS text[])) AS given (slug)
            CROSS JOIN LATERAL (
                SELECT m.id FROM movies m
                WHERE m.people @> jsonb_build_array(jsonb_build_object('slug', given.slug))
                    AND {_OPEN}
                ORDER BY m.popularity DESC, m.id DESC LIMIT {OF_PERSON}
            ) AS known
        UNION (
            SELECT m.id FROM movies m WHERE {_OPEN}
            ORDER BY m.popularity DESC, m.id DESC LIMIT {POPULAR}
        )
    )
    SELECT {CARD}, m.popularity, m.awards, coalesce(favourites.friends, '[]') AS friends,
        coalesce((
            SELECT jsonb_agg(person ORDER BY number) FROM (
                SELECT DISTINCT ON (person ->> 'slug') person, number
                FROM jsonb_array_elements(m.people) WITH ORDINALITY AS credits (person, number)
                WHERE person ->> 'slug' = ANY (CAST(:people AS text[])) AND person ? 'id'
                ORDER BY person ->> 'slug', person ->> 'job' = 'writer', person ->> 'job' = 'actor'
            ) AS chosen
        ), '[]') AS people
    FROM pool JOIN movies m ON m.id = pool.id LEFT JOIN favourites ON favourites.movie_id = m.id
    WHERE {_OPEN}
    """  # noqa: S608 - constants
)

HELD = text("SELECT count(*) FROM list_movies WHERE list_id = :list_id")
ADD = text(
    """
    WITH held AS (
        SELECT coalesce(max(position), 0) AS last FROM list_movies WHERE list_id = :list_id
    ), filled AS (
        UPDATE lists SET fills = fills + 1, updated_at = now(), revision = revision + 1
        WHERE id = :list_id RETURNING fills
    )
    INSERT INTO list_movies (list_id, movie_id, position, fill, added_at)
    SELECT :list_id, picked.movie_id, held.last + picked.number, filled.fills, now()
    FROM unnest(CAST(:movies AS bigint[])) WITH ORDINALITY AS picked (movie_id, number),
        held, filled
    """
)
TAKE_BACK = text(
    "DELETE FROM list_movies WHERE list_id = :list_id AND fill = :fill RETURNING movie_id"
)


async def find_conditions(
    session: ReadSession,
    member: UUID,
    genres: Sequence[str],
    people: Sequence[str],
    friends: Sequence[str],
    list_slug: str | None,
) -> Row[Any]:
    """Return what of the given is not known here, and what holds for the caller.

    `unknown_genres`, `unknown_people`: slugs that no film has. `friends`: ids of those who are
    friends, by username as given. `platforms`: the caller's. `list_id`, `held`: the caller's
    list of this slug, and slugs of what it holds.
    """
    values = {
        "viewer": member,
        "genres": list(genres),
        "people": list(people),
        "friends": list(friends),
        "list": list_slug,
    }
    return (await session.execute(CONDITIONS, values)).one()


async def find_candidates(
    session: ReadSession | WriteSession, values: Mapping[str, Any]
) -> Sequence[Row[Any]]:
    """Return films open to the caller: ranked, of chosen people, friends' favourites, popular.

    `values` has `viewer, list_id, ranked, genres, platforms, people, friends`.
    """
    return (await session.execute(CANDIDATES, values)).all()


async def count_held(session: WriteSession, list_id: int) -> int:
    """Return how many films stand in a list."""
    return int(await session.scalar(HELD, {"list_id": list_id}) or 0)


async def add_fill(session: WriteSession, list_id: int, movies: Sequence[int]) -> None:
    """Put films at the end of a locked list, as its next fill."""
    await session.execute(ADD, {"list_id": list_id, "movies": list(movies)})


async def take_back(session: WriteSession, list_id: int, fill: int) -> bool:
    """Take what a fill brought out of a locked list; return whether anything was there."""
    return bool((await session.execute(TAKE_BACK, {"list_id": list_id, "fill": fill})).all())
