"""The SQL of signals."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from marquee_shared.database import ReadSession, WriteSession
from marquee_social.movies.repository import MOVIE, MovieKey

SET = text(
    f"""
    WITH {MOVIE}, written AS (
        INSERT INTO signals AS s (user_id, movie_id, kind, created_at, signalled_at, revision)
        SELECT :user_id, id, :kind, now(), now(), 1 FROM movie
        WHERE NOT EXISTS (SELECT FROM users WHERE users.id = :user_id AND users.deleted)
        ON CONFLICT (user_id, movie_id) DO UPDATE SET
            kind = excluded.kind,
            created_at = CASE WHEN s.kind IS NULL
                THEN greatest(excluded.signalled_at, s.signalled_at) ELSE s.created_at END,
            signalled_at = CASE WHEN s.kind = excluded.kind
                THEN s.signalled_at ELSE greatest(excluded.signalled_at, s.signalled_at) END,
            revision = s.revision + (s.kind IS DISTINCT FROM excluded.kind)::integer
        RETURNING old.kind AS before, old.revision AS revision_before,
            new.kind, new.revision, new.created_at, new.signalled_at
    )
    SELECT movie.*, before, revision_before, kind, revision, created_at, signalled_at
    FROM movie LEFT JOIN written ON true
    """  # noqa: S608 - constants
)

REMOVE = text(
    f"""
    WITH {MOVIE}, written AS (
        UPDATE signals AS s SET
            kind = NULL,
            signalled_at = greatest(now(), s.signalled_at),
            revision = s.revision + 1
        FROM movie
        WHERE s.user_id = :user_id AND s.movie_id = movie.id AND s.kind IS NOT NULL
        RETURNING old.kind AS before, old.revision AS revision_before, new.revision
    )
    SELECT movie.id, before, revision_before, revision
    FROM movie LEFT JOIN written ON true
    """  # noqa: S608 - constants
)

FIND = text(
    f"""
    WITH {MOVIE}
    SELECT movie.*, kind, revision, created_at, signalled_at
    FROM movie LEFT JOIN signals
        ON user_id = :user_id AND movie_id = movie.id AND kind IS NOT NULL
    """  # noqa: S608 - constants
)

NEWEST = text(
    """
    SELECT m.id, slug, title, year, cover_url, genres, kind, s.created_at, s.signalled_at
    FROM signals s JOIN movies m ON m.id = s.movie_id AND NOT m.deleted
    WHERE user_id = :user_id AND kind IS NOT NULL
        AND (CAST(:kind AS text) IS NULL OR kind = :kind)
        AND (s.signalled_at, s.movie_id) < (CAST(:at AS timestamptz), CAST(:movie_id AS bigint))
    ORDER BY s.signalled_at DESC, s.movie_id DESC LIMIT :limit
    """
)

ERASE = text(
    """
    WITH erased AS (
        DELETE FROM signals WHERE user_id = ANY(CAST(:user_ids AS uuid[]))
        RETURNING user_id, movie_id, kind AS before, revision + 1 AS revision
    )
    SELECT user_id, movie_id, CAST(NULL AS text) AS kind, now() AS signalled_at, revision
    FROM erased WHERE before IS NOT NULL ORDER BY user_id, movie_id
    """
)

ALL = text(
    """
    SELECT user_id, movie_id, kind, signalled_at, revision FROM signals
    WHERE (user_id, movie_id) > (:user_id, :movie_id) ORDER BY user_id, movie_id LIMIT :limit
    """
)

SignalRow = Row[Any]
"""A film's card with `kind`, `revision`, `created_at`, `signalled_at`; where it was written also
`before` and `revision_before`."""


async def set_signal(
    session: WriteSession, movie: MovieKey, user_id: UUID, kind: str
) -> SignalRow | None:
    """Write a signal; an equal one changes nothing.

    None: no such film. `kind` None: the member has been erased, nothing was written.
    """
    values = {**movie.parameters, "user_id": user_id, "kind": kind}
    return (await session.execute(SET, values)).one_or_none()


async def remove_signal(session: WriteSession, movie: MovieKey, user_id: UUID) -> SignalRow | None:
    """Take a signal back; `before` None: there was none. None: no such film."""
    values = {**movie.parameters, "user_id": user_id}
    return (await session.execute(REMOVE, values)).one_or_none()


async def find_signal(session: ReadSession, movie: MovieKey, user_id: UUID) -> SignalRow | None:
    """Return a film with this member's signal, `kind` None without one. None: no such film."""
    values = {**movie.parameters, "user_id": user_id}
    return (await session.execute(FIND, values)).one_or_none()


async def list_newest(
    session: ReadSession,
    user_id: UUID,
    kind: str | None,
    after: tuple[datetime, int],
    limit: int,
) -> Sequence[SignalRow]:
    """Return a member's signals about films in sight, newest first, below a sort key."""
    values = {"user_id": user_id, "kind": kind, "at": after[0], "movie_id": after[1]}
    return (await session.execute(NEWEST, {**values, "limit": limit})).all()


async def erase_members(session: WriteSession, user_ids: Sequence[UUID]) -> Sequence[SignalRow]:
    """Delete all rows of these members; return those that were signals."""
    return (await session.execute(ERASE, {"user_ids": list(user_ids)})).all()


async def signals_after(
    session: WriteSession, user_id: UUID, movie_id: int, limit: int
) -> Sequence[SignalRow]:
    """Return signals and tombstones by key, after one."""
    values = {"user_id": user_id, "movie_id": movie_id, "limit": limit}
    return (await session.execute(ALL, values)).all()
