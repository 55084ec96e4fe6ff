"""The SQL of comments.

A thread is read by walking it: each step finds the comment that comes next in reading order by
the index on (review, parent, id), so a page costs its own comments, however long and deep the
thread is. What a viewer may not see is stepped over with all that lies under it.
"""

from collections.abc import Sequence
from typing import Any
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

_SEEN_TO_THE_TOP = f"""(
    WITH RECURSIVE up (parent_id, seen) AS (
        SELECT p.parent_id, {shown("p")} FROM comments p WHERE p.id = c.id
        UNION ALL
        SELECT p.parent_id, {shown("p")} FROM up JOIN comments p ON p.id = up.parent_id
        WHERE up.seen
    )
    SELECT bool_and(seen) FROM up
)"""  # noqa: S608 - constants
"""Whether the viewer sees a comment `c` and all above it."""

_COLUMNS = f"""
    c.id, c.review_id, c.parent_id, c.depth, {author_card("u")} AS "user",
    CASE WHEN s.spoilers_hidden THEN NULL ELSE c.content END AS content,
    c.has_spoilers, s.spoilers_hidden, (
        SELECT count(*) FROM comments a
        WHERE a.review_id = c.review_id AND coalesce(a.parent_id, 0) = c.id
            AND a.deleted_at IS NULL
            AND (a.hidden_at IS NULL OR a.user_id = CAST(:viewer AS uuid) OR :moderator)
            AND NOT EXISTS (SELECT FROM blocked WHERE blocked.id = a.user_id)
    ) AS replies, {reactions_json("comment", "c")} AS reactions,
    c.hidden_at IS NOT NULL AS hidden, c.updated_at > c.created_at AS edited,
    c.created_at, c.updated_at, c.revision, c.user_id
"""  # noqa: S608 - constants
_JOINS = f"""
    LEFT JOIN users u ON u.id = c.user_id
    CROSS JOIN LATERAL (SELECT {spoils("c", "m.id")} AS spoilers_hidden) s
"""

READ = text(
    f"""
    WITH {BLOCKED}
    SELECT {_COLUMNS}, {movie_card("m")} AS movie
    FROM comments c JOIN reviews r ON r.id = c.review_id
    JOIN movies m ON m.id = r.movie_id AND NOT m.deleted {_JOINS}
    WHERE c.id = :id AND {shown("r")} AND {_SEEN_TO_THE_TOP}
    """  # noqa: S608 - constants
)

_ROOT_OF_REVIEW = f"""
    root AS (
        SELECT r.id AS review_id, CAST(0 AS bigint) AS id, 0 AS depth
        FROM reviews r WHERE r.id = :root AND {shown("r")}
    )
"""  # noqa: S608 - constants
_ROOT_OF_COMMENT = f"""
    root AS (
        SELECT c.review_id, c.id, c.depth
        FROM comments c JOIN reviews r ON r.id = c.review_id
        WHERE c.id = :root AND {shown("r")} AND {_SEEN_TO_THE_TOP}
    )
"""  # noqa: S608 - constants


def _walk(root: str) -> str:
    return f"""
    WITH RECURSIVE {BLOCKED}, {root}, above (id, parent_id, depth) AS (
        SELECT id, parent_id, depth FROM comments
        WHERE id = :after AND review_id = (SELECT review_id FROM root)
        UNION ALL
        SELECT p.id, p.parent_id, p.depth FROM above JOIN comments p ON p.id = above.parent_id
        WHERE p.depth > (SELECT depth FROM root)
    ), walk (step, path) AS (
        SELECT 0, (SELECT coalesce(array_agg(id ORDER BY depth), '{{}}') FROM above)
        FROM root
        UNION ALL
        SELECT walk.step + 1, following.path FROM walk CROSS JOIN root CROSS JOIN LATERAL (
            SELECT walk.path[1:level.kept] || found.id AS path
            FROM generate_series(least(cardinality(walk.path), :depth - 1), 0, -1)
                WITH ORDINALITY AS level (kept, turn)
            CROSS JOIN LATERAL (
                SELECT c.id FROM comments c
                WHERE c.review_id = root.review_id
                    AND coalesce(c.parent_id, 0) = coalesce(walk.path[level.kept], root.id)
                    AND c.id > coalesce(walk.path[level.kept + 1], 0)
                    AND {shown("c")}
                ORDER BY c.id LIMIT 1
            ) AS found
            ORDER BY level.turn LIMIT 1
        ) AS following
        WHERE walk.step < :limit
    ), filled AS (
        SELECT walk.step, {_COLUMNS}
        FROM walk JOIN comments c ON c.id = walk.path[cardinality(walk.path)]
        JOIN reviews r ON r.id = c.review_id
        JOIN movies m ON m.id = r.movie_id AND NOT m.deleted {_JOINS}
        WHERE walk.step > 0
    )
    SELECT root.review_id AS root_review, filled.* FROM root LEFT JOIN filled ON true
    ORDER BY filled.step
    """  # noqa: S608 - constants


THREAD_OF_REVIEW = text(_walk(_ROOT_OF_REVIEW))
THREAD_OF_COMMENT = text(_walk(_ROOT_OF_COMMENT))

COUNT = text(
    f"""
    UPDATE reviews AS r SET comments = r.comments + 1
    WHERE r.id = :review AND r.deleted_at IS NULL AND {shown("r")}
        AND EXISTS (SELECT FROM movies m WHERE m.id = r.movie_id AND NOT m.deleted)
    RETURNING r.id, r.user_id
    """  # noqa: S608 - constants
)
REVIEW_OF = text("SELECT review_id FROM comments WHERE id = :id")
INSERT = text(
    f"""
    WITH parent AS (
        SELECT c.id, c.depth, c.user_id FROM comments c
        WHERE c.id = :parent AND {_SEEN_TO_THE_TOP}
    ), written AS (
        INSERT INTO comments (review_id, parent_id, depth, user_id, content, has_spoilers,
            revision, created_at, updated_at)
        SELECT :review, CAST(:parent AS bigint), coalesce((SELECT depth FROM parent), 0) + 1,
            :user_id, :content, :has_spoilers, 1, now(), now()
        WHERE CAST(:parent AS bigint) IS NULL OR EXISTS (SELECT FROM parent)
        RETURNING id
    )
    SELECT written.id, (SELECT user_id FROM parent) AS answered FROM written
    """  # noqa: S608 - constants
)
LOCK_REVIEW = text(
    "SELECT id FROM reviews WHERE id = (SELECT review_id FROM comments WHERE id = :id) FOR UPDATE"
)
LOCK = text(
    f"""
    SELECT c.*, (
        SELECT {shown("r")} FROM reviews r WHERE r.id = c.review_id
    ) AND {_SEEN_TO_THE_TOP} AS shown
    FROM comments c WHERE c.id = :id FOR UPDATE
    """  # noqa: S608 - constants
)
UPDATE = text(
    "UPDATE comments SET content = :content, has_spoilers = :has_spoilers, "
    "revision = revision + 1, updated_at = clock_timestamp() WHERE id = :id"
)
DELETE = text(
    """
    WITH RECURSIVE under (id, review_id) AS (
        SELECT id, review_id FROM comments WHERE id = :id AND deleted_at IS NULL
        UNION ALL
        SELECT c.id, c.review_id FROM under JOIN comments c ON c.review_id = under.review_id
            AND coalesce(c.parent_id, 0) = under.id AND c.deleted_at IS NULL
    ), emptied AS (
        UPDATE comments AS c SET content = '', reactions = '{}', deleted_at = now(),
            updated_at = now(), revision = c.revision + 1
        FROM under WHERE c.id = under.id
        RETURNING c.id, c.review_id
    ), counted AS (
        UPDATE reviews AS r SET comments = r.comments - gone.many
        FROM (SELECT review_id, count(*) AS many FROM emptied GROUP BY review_id) AS gone
        WHERE r.id = gone.review_id
    )
    SELECT id FROM emptied
    """
)

CommentRow = Row[Any]
"""A comment as `CommentRead`, with its `revision` and `user_id`."""


async def find_comment(
    session: ReadSession | WriteSession, viewer: Viewer, comment_id: int
) -> CommentRow | None:
    """Return a comment as this viewer sees it, with the film's `movie`; None where they do not."""
    return (await session.execute(READ, {"id": comment_id, **viewer.parameters})).one_or_none()


async def list_thread(
    session: ReadSession,
    viewer: Viewer,
    root: int,
    *,
    of_review: bool,
    depth: int,
    after: int | None,
    limit: int,
) -> Sequence[CommentRow] | None:
    """Return what lies under a review or comment, in reading order, after one. None: no root."""
    statement = THREAD_OF_REVIEW if of_review else THREAD_OF_COMMENT
    values = {**viewer.parameters, "root": root, "depth": depth, "after": after, "limit": limit}
    rows = (await session.execute(statement, values)).all()
    return [row for row in rows if row.id is not None] if rows else None


async def count_comment(session: WriteSession, viewer: Viewer, review_id: int) -> Row[Any] | None:
    """Lock a review and count one comment more; return whose it is. None: not shown."""
    values = {"review": review_id, **viewer.parameters}
    return (await session.execute(COUNT, values)).one_or_none()


async def review_of(session: WriteSession, comment_id: int) -> int | None:
    """Return the review that a comment stands under."""
    found: int | None = await session.scalar(REVIEW_OF, {"id": comment_id})
    return found


async def insert_comment(
    session: WriteSession,
    viewer: Viewer,
    review_id: int,
    parent_id: int | None,
    author: UUID,
    words: dict[str, Any],
) -> Row[Any] | None:
    """Write a comment under a locked review; `answered` is the parent's author. None: no parent."""
    values = {
        **viewer.parameters,
        **words,
        "review": review_id,
        "parent": parent_id,
        "user_id": author,
    }
    return (await session.execute(INSERT, values)).one_or_none()


async def lock_comment(session: WriteSession, viewer: Viewer, comment_id: int) -> Row[Any] | None:
    """Lock a comment's review, then the comment; return it and whether it is `shown`."""
    await session.execute(LOCK_REVIEW, {"id": comment_id})
    return (await session.execute(LOCK, {"id": comment_id, **viewer.parameters})).one_or_none()


async def update_comment(session: WriteSession, comment_id: int, words: dict[str, Any]) -> None:
    """Change a locked comment."""
    await session.execute(UPDATE, {"id": comment_id, **words})


async def delete_comment(session: WriteSession, comment_id: int) -> list[int]:
    """Empty a comment and all under it, reactions aside; its review is locked. Return their ids."""
    return list(await session.scalars(DELETE, {"id": comment_id}))
