"""The SQL of reviews."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, text

from marquee_shared.database import ReadSession, WriteSession
from marquee_social.content.rules import (
    BLOCKED,
    Viewer,
    author_card,
    movie_card,
    reactions_json,
    shown,
    spoils,
)
from marquee_social.movies.repository import MOVIE, MovieKey
from marquee_social.visibility.rule import VIEWER, are_friends, friends_of

ReviewSort = Literal["newest", "helpful", "friends"]
Position = tuple[int, int]
"""A sort key: the score that the sort goes by first, then the id."""
START: Position = (2**31 - 1, 2**63 - 1)

_UNSEEN_COMMENTS = f"""(
    WITH RECURSIVE unseen (id) AS (
        SELECT c.id FROM comments c
        WHERE c.review_id = r.id AND c.deleted_at IS NULL AND c.hidden_at IS NOT NULL
            AND c.user_id IS DISTINCT FROM {VIEWER} AND NOT :moderator
        UNION
        SELECT c.id FROM blocked JOIN comments c
            ON c.user_id = blocked.id AND c.review_id = r.id AND c.deleted_at IS NULL
        UNION
        SELECT c.id FROM unseen JOIN comments c ON c.review_id = r.id
            AND coalesce(c.parent_id, 0) = unseen.id AND c.deleted_at IS NULL
    )
    SELECT count(*) FROM unseen
)"""  # noqa: S608 - constants
"""How many of a review's comments the viewer does not see, and what lies under those."""

_COLUMNS = f"""
    r.id, {movie_card("m")} AS movie, {author_card("u")} AS "user", r.title,
    CASE WHEN s.spoilers_hidden THEN NULL ELSE r.content END AS content,
    r.is_positive, r.has_spoilers, s.spoilers_hidden, r.language,
    r.comments - {_UNSEEN_COMMENTS} AS comments, {reactions_json("review", "r")} AS reactions,
    r.hidden_at IS NOT NULL AS hidden, r.updated_at > r.created_at AS edited,
    r.created_at, r.updated_at, r.revision, r.user_id, r.movie_id, r.id AS review_id
"""
_JOINS = f"""
    JOIN movies m ON m.id = r.movie_id AND NOT m.deleted
    LEFT JOIN users u ON u.id = r.user_id
    CROSS JOIN LATERAL (SELECT {spoils("r", "r.movie_id")} AS spoilers_hidden) s
"""

READ = text(
    f"""
    WITH {BLOCKED}
    SELECT {_COLUMNS} FROM reviews r {_JOINS}
    WHERE r.id = :id AND {shown("r")}
    """  # noqa: S608 - constants
)

_PAGES: dict[ReviewSort, str] = {
    "newest": f"""
        SELECT r.id, 0 AS score FROM reviews r
        WHERE r.movie_id = (SELECT id FROM movie) AND r.id < :before_id AND {shown("r")}
        ORDER BY r.id DESC LIMIT :limit
    """,  # noqa: S608 - constants
    "helpful": f"""
        SELECT r.id, r.helpful AS score FROM reviews r
        WHERE r.movie_id = (SELECT id FROM movie)
            AND (r.helpful, r.id) < (CAST(:before_score AS integer), CAST(:before_id AS bigint))
            AND {shown("r")}
        ORDER BY r.helpful DESC, r.id DESC LIMIT :limit
    """,  # noqa: S608 - constants
    "friends": f"""
        SELECT id, score FROM (
            (
                SELECT r.id, 1 AS score FROM {friends_of()} AS f (id, since) JOIN reviews r
                    ON r.user_id = f.id AND r.movie_id = (SELECT id FROM movie)
                WHERE CAST(:before_score AS integer) > 0 AND r.id < :before_id AND {shown("r")}
                ORDER BY r.id DESC LIMIT :limit
            ) UNION ALL (
                SELECT r.id, 0 FROM reviews r
                WHERE r.movie_id = (SELECT id FROM movie)
                    AND r.id < CASE WHEN CAST(:before_score AS integer) > 0
                        THEN {START[1]} ELSE CAST(:before_id AS bigint) END
                    AND NOT {are_friends("r.user_id")} AND {shown("r")}
                ORDER BY r.id DESC LIMIT :limit
            )
        ) AS both_parts ORDER BY score DESC, id DESC LIMIT :limit
    """,  # noqa: S608 - constants
}

OF_MOVIE = {
    sort: text(
        f"""
        WITH {MOVIE}, {BLOCKED}, page AS ({page}), filled AS (
            SELECT page.score, {_COLUMNS} FROM page JOIN reviews r ON r.id = page.id {_JOINS}
        )
        SELECT movie.id AS film, filled.* FROM movie LEFT JOIN filled ON true
        ORDER BY filled.score DESC, filled.id DESC
        """  # noqa: S608 - constants
    )
    for sort, page in _PAGES.items()
}

OF_AUTHOR = text(
    f"""
    WITH {BLOCKED}
    SELECT {_COLUMNS} FROM reviews r {_JOINS}
    WHERE r.user_id = :author AND r.id < :before_id AND {shown("r")}
    ORDER BY r.id DESC LIMIT :limit
    """  # noqa: S608 - constants
)

INSERT = text(
    f"""
    WITH {MOVIE}, written AS (
        INSERT INTO reviews (user_id, movie_id, title, content, is_positive, has_spoilers, language,
            revision, created_at, updated_at)
        SELECT :user_id, id, :title, :content, :is_positive, :has_spoilers, :language,
            1, now(), now()
        FROM movie
        ON CONFLICT (user_id, movie_id) WHERE deleted_at IS NULL DO NOTHING
        RETURNING id
    )
    SELECT movie.id AS film, written.id FROM movie LEFT JOIN written ON true
    """  # noqa: S608 - constants
)

LOCK = text(
    f"""
    SELECT r.*, {shown("r")} AS shown FROM reviews r WHERE r.id = :id FOR UPDATE
    """  # noqa: S608 - constants
)

UPDATE = text(
    """
    WITH kept AS (
        INSERT INTO review_versions (review_id, revision, title, content, is_positive,
            has_spoilers, language, written_at)
        SELECT id, revision, title, content, is_positive, has_spoilers, language, updated_at
        FROM reviews WHERE id = :id
    )
    UPDATE reviews SET title = :title, content = :content, is_positive = :is_positive,
        has_spoilers = :has_spoilers, language = :language,
        revision = revision + 1, updated_at = clock_timestamp()
    WHERE id = :id
    """
)

DELETE = text(
    """
    WITH dropped AS (DELETE FROM review_versions WHERE review_id = ANY(CAST(:ids AS bigint[]))),
    emptied AS (
        UPDATE comments SET content = '', reactions = '{}', deleted_at = now(),
            updated_at = now(), revision = revision + 1
        WHERE review_id = ANY(CAST(:ids AS bigint[])) AND deleted_at IS NULL
        RETURNING id
    ), gone AS (
        UPDATE reviews SET title = '', content = '', comments = 0, helpful = 0, reactions = '{}',
            deleted_at = now(), updated_at = now(), revision = revision + 1
        WHERE id = ANY(CAST(:ids AS bigint[])) AND deleted_at IS NULL
        RETURNING id, user_id, movie_id, revision
    )
    SELECT id, user_id, movie_id, revision, (SELECT array_agg(id) FROM emptied) AS comments
    FROM gone ORDER BY id
    """
)

HISTORY = text(
    f"""
    SELECT v.revision, v.title, v.is_positive, v.has_spoilers, v.language, v.written_at,
        s.spoilers_hidden, CASE WHEN s.spoilers_hidden THEN NULL ELSE v.content END AS content
    FROM reviews r JOIN review_versions v ON v.review_id = r.id
    CROSS JOIN LATERAL (
        SELECT (v.has_spoilers OR r.has_spoilers) AS has_spoilers, r.user_id
    ) either
    CROSS JOIN LATERAL (SELECT {spoils("either", "r.movie_id")} AS spoilers_hidden) s
    WHERE r.id = :id AND {shown("r")} AND v.revision < :before
    ORDER BY v.revision DESC LIMIT :limit
    """  # noqa: S608 - constants
)

ReviewRow = Row[Any]
"""A review as `ReviewRead`, with its `revision`, `user_id`, `movie_id`."""


async def find_review(
    session: ReadSession | WriteSession, viewer: Viewer, review_id: int
) -> ReviewRow | None:
    """Return a review as this viewer sees it; None where they do not."""
    return (await session.execute(READ, {"id": review_id, **viewer.parameters})).one_or_none()


async def list_of_movie(
    session: ReadSession,
    viewer: Viewer,
    movie: MovieKey,
    sort: ReviewSort,
    before: Position,
    limit: int,
) -> Sequence[ReviewRow] | None:
    """Return a film's reviews below a sort key, with `score`. None: no such film."""
    values = {
        **movie.parameters,
        **viewer.parameters,
        "before_score": before[0],
        "before_id": before[1],
        "limit": limit,
    }
    rows = (await session.execute(OF_MOVIE[sort], values)).all()
    return [row for row in rows if row.id is not None] if rows else None


async def list_of_author(
    session: ReadSession, viewer: Viewer, author: UUID, before_id: int, limit: int
) -> Sequence[ReviewRow]:
    """Return a member's reviews, newest first, below an id."""
    values = {**viewer.parameters, "author": author, "before_id": before_id, "limit": limit}
    return (await session.execute(OF_AUTHOR, values)).all()


async def insert_review(
    session: WriteSession, movie: MovieKey, author: UUID, words: dict[str, Any]
) -> Row[Any] | None:
    """Write a review; `id` None: there is a live one. None: no such film."""
    values = {**movie.parameters, "user_id": author, **words}
    return (await session.execute(INSERT, values)).one_or_none()


async def lock_review(session: WriteSession, viewer: Viewer, review_id: int) -> Row[Any] | None:
    """Lock a review, deleted ones too; return its row and whether it is `shown` to the viewer."""
    return (await session.execute(LOCK, {"id": review_id, **viewer.parameters})).one_or_none()


async def update_review(session: WriteSession, review_id: int, words: dict[str, Any]) -> None:
    """Change a locked review and keep how it stood."""
    await session.execute(UPDATE, {"id": review_id, **words})


async def delete_reviews(session: WriteSession, review_ids: Sequence[int]) -> Sequence[Row[Any]]:
    """Empty locked reviews and all under them, but for reactions; return who they were.

    Each row has in `comments` the ids of all comments that went with any of them.
    """
    return (await session.execute(DELETE, {"ids": list(review_ids)})).all()


async def list_versions(
    session: ReadSession, viewer: Viewer, review_id: int, before: int, limit: int
) -> Sequence[Row[Any]]:
    """Return how a review stood before its edits, newest first, below a revision."""
    values = {**viewer.parameters, "id": review_id, "before": before, "limit": limit}
    return (await session.execute(HISTORY, values)).all()


AFTER = text(
    """
    SELECT id, user_id, movie_id, is_positive, has_spoilers, language, created_at, revision,
        deleted_at IS NOT NULL AS deleted, hidden_at IS NOT NULL AS hidden
    FROM reviews WHERE id > :id ORDER BY id LIMIT :limit
    """
)


async def reviews_after(session: WriteSession, review_id: int, limit: int) -> Sequence[Row[Any]]:
    """Return reviews by id, after one, those that are gone too."""
    return (await session.execute(AFTER, {"id": review_id, "limit": limit})).all()
