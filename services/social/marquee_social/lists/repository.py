"""The SQL that changes lists.

Every change begins with `lock_list` or, where lists come and go, with `lock_lists_of`: changes
of one list happen one after the other.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from marquee_shared.database import WriteSession
from marquee_social.lists.schemas import MOST_MOVIES
from marquee_social.movies.repository import MOVIE, MovieKey

WATCHLIST = "watchlist"

LOCK_MEMBER = text("SELECT pg_advisory_xact_lock(hashtextextended('lists:' || :user_id, 0))")
COUNT = text(
    "SELECT count(*) FROM lists WHERE user_id = :user_id AND deleted_at IS NULL AND kind = 'list'"
)
CREATE = text(
    """
    INSERT INTO lists (user_id, kind, slug, name, name_key, description, privacy, search, fills,
        created_at, updated_at, revision)
    SELECT :user_id, 'list', free.slug, :name, :name_key, :description, :privacy,
        to_tsvector('simple', :folded), 0, now(), now(), 1
    FROM (
        SELECT wanted.slug FROM (
            SELECT number, CAST(:slug AS text)
                || CASE number WHEN 1 THEN '' ELSE '-' || number END AS slug
            FROM generate_series(1, 10000) AS number
        ) AS wanted
        WHERE wanted.slug <> 'watchlist' AND NOT EXISTS (
            SELECT FROM lists WHERE user_id = :user_id AND lists.slug = wanted.slug
                AND deleted_at IS NULL
        )
        ORDER BY number LIMIT 1
    ) AS free
    ON CONFLICT DO NOTHING
    RETURNING id, slug
    """
)
ENSURE_WATCHLIST = text(
    """
    INSERT INTO lists (user_id, kind, slug, name, name_key, description, privacy, search, fills,
        created_at, updated_at, revision)
    VALUES (:user_id, 'watchlist', 'watchlist', 'Watchlist', 'watchlist', '', 'private', '', 0,
        now(), now(), 1)
    ON CONFLICT DO NOTHING
    """
)
LOCK = text(
    """
    SELECT id, kind, slug, name, description, privacy, fills, revision FROM lists
    WHERE user_id = :user_id AND slug = :slug AND deleted_at IS NULL FOR UPDATE
    """
)
NAME_TAKEN = text(
    """
    SELECT EXISTS (
        SELECT FROM lists WHERE user_id = :user_id AND name_key = :name_key AND kind = 'list'
            AND deleted_at IS NULL AND id <> :list_id
    )
    """
)
CHANGE = text(
    """
    UPDATE lists SET name = :name, name_key = :name_key, description = :description,
        privacy = :privacy, search = to_tsvector('simple', :folded),
        updated_at = now(), revision = revision + 1
    WHERE id = :list_id
    """
)
DELETE = text(
    "UPDATE lists SET deleted_at = now(), updated_at = now(), revision = revision + 1 "
    "WHERE id = :list_id"
)
TOUCH = text(
    "UPDATE lists SET updated_at = now(), revision = revision + 1 "
    "WHERE id = :list_id RETURNING revision"
)
PUT_MOVIE = text(
    f"""
    WITH {MOVIE}, held AS (
        SELECT count(*) AS movies, coalesce(max(position), 0) AS last
        FROM list_movies WHERE list_id = :list_id
    ), written AS (
        INSERT INTO list_movies AS lm (list_id, movie_id, position, note, added_at)
        SELECT :list_id, movie.id, last + 1, CAST(:note AS text), now() FROM movie, held
        WHERE movies < {MOST_MOVIES} OR EXISTS (
            SELECT FROM list_movies WHERE list_id = :list_id AND movie_id = movie.id
        )
        ON CONFLICT (list_id, movie_id) DO UPDATE SET
            fill = NULL, note = CASE WHEN :note_given THEN excluded.note ELSE lm.note END
        RETURNING old.movie_id AS before, old.note AS note_before,
            new.position, new.note, new.added_at
    )
    SELECT movie.*, before, note_before, written.position AS place, note, added_at
    FROM movie LEFT JOIN written ON true
    """  # noqa: S608 - constants
)
REMOVE_MOVIE = text(
    f"""
    WITH {MOVIE}, gone AS (
        DELETE FROM list_movies lm USING movie
        WHERE lm.list_id = :list_id AND lm.movie_id = movie.id RETURNING lm.movie_id
    )
    SELECT movie.id, gone.movie_id AS removed FROM movie LEFT JOIN gone ON true
    """  # noqa: S608 - constants
)
MISSING = text(
    """
    SELECT number - 1 AS index FROM unnest(CAST(:slugs AS text[]))
        WITH ORDINALITY AS given (slug, number)
    WHERE NOT EXISTS (
        SELECT FROM movies m JOIN list_movies lm ON lm.movie_id = m.id AND lm.list_id = :list_id
        WHERE m.slug = given.slug AND NOT m.deleted
    )
    ORDER BY number LIMIT 10
    """
)
REORDER = text(
    """
    WITH placed AS (
        SELECT lm.movie_id, row_number() OVER (
            ORDER BY given.number NULLS LAST, lm.position, lm.movie_id
        ) AS place
        FROM list_movies lm JOIN movies m ON m.id = lm.movie_id
        LEFT JOIN unnest(CAST(:slugs AS text[])) WITH ORDINALITY AS given (slug, number)
            ON given.slug = m.slug AND NOT m.deleted
        WHERE lm.list_id = :list_id
    )
    UPDATE list_movies lm SET position = place FROM placed
    WHERE lm.list_id = :list_id AND lm.movie_id = placed.movie_id AND lm.position <> place
    RETURNING lm.movie_id
    """
)
ERASE = text("DELETE FROM lists WHERE user_id = ANY(CAST(:user_ids AS uuid[])) RETURNING id")


async def lock_lists_of(session: WriteSession, member: UUID) -> int:
    """Let nobody else make or rename lists of a member; return how many live ones there are."""
    await session.execute(LOCK_MEMBER, {"user_id": str(member)})
    return int(await session.scalar(COUNT, {"user_id": member}) or 0)


async def create_list(session: WriteSession, member: UUID, values: Mapping[str, Any]) -> Any:
    """Make a list under the first free form of its slug. None: the name is taken."""
    return (await session.execute(CREATE, {"user_id": member, **values})).one_or_none()


async def ensure_watchlist(session: WriteSession, member: UUID) -> None:
    """Make a member's watchlist, unless it is there."""
    await session.execute(ENSURE_WATCHLIST, {"user_id": member})


async def lock_list(session: WriteSession, member: UUID, slug: str) -> Row[Any] | None:
    """Return a member's own live list, locked. None: there is none."""
    values = {"user_id": member, "slug": slug}
    return (await session.execute(LOCK, values)).one_or_none()


async def name_taken(session: WriteSession, member: UUID, name_key: str, list_id: int) -> bool:
    """Whether another live list of the member has this name."""
    values = {"user_id": member, "name_key": name_key, "list_id": list_id}
    return bool(await session.scalar(NAME_TAKEN, values))


async def change_list(session: WriteSession, list_id: int, values: Mapping[str, Any]) -> None:
    """Write a list's name, description and privacy."""
    await session.execute(CHANGE, {"list_id": list_id, **values})


async def delete_list(session: WriteSession, list_id: int) -> None:
    """Take a list out of sight; its name is free again."""
    await session.execute(DELETE, {"list_id": list_id})


async def touch(session: WriteSession, list_id: int) -> int:
    """Note that what stands in a list has changed; return its new revision."""
    return int(await session.scalar(TOUCH, {"list_id": list_id}) or 0)


async def put_movie(
    session: WriteSession, movie: MovieKey, list_id: int, note: str | None, *, note_given: bool
) -> Row[Any] | None:
    """Put a film at the end of a list, or change its note where it stands.

    From then on it is there by hand, even if a fill had brought it.

    None: no such film. `place` None: the list is full. `before` None: it was not there.
    """
    values = {"list_id": list_id, "note": note, "note_given": note_given, **movie.parameters}
    return (await session.execute(PUT_MOVIE, values)).one_or_none()


async def remove_movie(session: WriteSession, movie: MovieKey, list_id: int) -> Row[Any] | None:
    """Take a film out of a list; `removed` None: it was not there. None: no such film."""
    values = {"list_id": list_id, **movie.parameters}
    return (await session.execute(REMOVE_MOVIE, values)).one_or_none()


async def missing_movies(
    session: WriteSession, list_id: int, slugs: Sequence[str]
) -> Sequence[int]:
    """Return which of the slugs, by index, are not in a list."""
    values = {"list_id": list_id, "slugs": list(slugs)}
    return (await session.scalars(MISSING, values)).all()


async def reorder(session: WriteSession, list_id: int, slugs: Sequence[str]) -> bool:
    """Give the films of a list places from 1; return whether any moved."""
    values = {"list_id": list_id, "slugs": list(slugs)}
    return bool((await session.execute(REORDER, values)).all())


async def erase_members(session: WriteSession, user_ids: Sequence[UUID]) -> int:
    """Delete these members' lists with all that stands in them; return how many."""
    return len((await session.execute(ERASE, {"user_ids": list(user_ids)})).all())
