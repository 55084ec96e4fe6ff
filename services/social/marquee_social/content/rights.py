"""Members' rights over what they wrote, reacted with and reported.

`remove`: what they wrote goes as if they had deleted it, with what others wrote under it.
`anonymise`: it stays and tells no author. Reactions go in either case.
"""

from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from sqlalchemy import text

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.identity import ErasureMode
from marquee_shared.rights import Dataset, Erased, Row, rows
from marquee_social.comments.service import delete_locked as delete_comment
from marquee_social.reactions.service import erase_reactions
from marquee_social.reviews.service import delete_locked as delete_reviews
from marquee_social.reviews.service import tell_updated

REVIEWS = text(
    """
    SELECT r.id, m.slug AS movie, m.title AS movie_title, r.title, r.content, r.is_positive,
        r.has_spoilers, r.language, r.hidden_at IS NOT NULL AS hidden, r.created_at, r.updated_at,
        (
            SELECT coalesce(jsonb_agg(to_jsonb(v) - 'review_id' ORDER BY v.revision), '[]')
            FROM review_versions v WHERE v.review_id = r.id
        ) AS versions
    FROM reviews r LEFT JOIN movies m ON m.id = r.movie_id
    WHERE r.user_id = :user_id AND r.deleted_at IS NULL ORDER BY r.id
    """
)
COMMENTS = text(
    """
    SELECT id, review_id, parent_id, content, has_spoilers, hidden_at IS NOT NULL AS hidden,
        created_at, updated_at
    FROM comments WHERE user_id = :user_id AND deleted_at IS NULL ORDER BY id
    """
)
REACTIONS = text(
    "SELECT target, target_id, emoji, created_at FROM reactions WHERE user_id = :user_id "
    "ORDER BY created_at, target, target_id, emoji"
)
LOCK_REVIEWS = text(
    "SELECT id FROM reviews WHERE deleted_at IS NULL AND user_id = :user_id ORDER BY id FOR UPDATE"
)
LOCK_REVIEWS_OF_COMMENTS = text(
    "SELECT id FROM reviews WHERE id IN (SELECT review_id FROM comments "
    "WHERE user_id = :user_id AND deleted_at IS NULL) ORDER BY id FOR UPDATE"
)
COMMENT_IDS = text(
    "SELECT id FROM comments WHERE user_id = :user_id AND deleted_at IS NULL ORDER BY depth, id"
)
LEAVE_REVIEWS = text(
    "UPDATE reviews SET user_id = NULL, revision = revision + 1 "
    "WHERE user_id = :user_id RETURNING *"
)
LEAVE_COMMENTS = text(
    "UPDATE comments SET user_id = NULL, revision = revision + 1 "
    "WHERE user_id = :user_id RETURNING deleted_at"
)


def _export_reviews(session: ReadSession, user_id: UUID) -> AsyncIterator[Row]:
    return rows(session, REVIEWS, {"user_id": user_id})


async def _erase_reviews(session: WriteSession, user_id: UUID, mode: ErasureMode) -> Erased:
    values = {"user_id": user_id}
    removed = 0
    if mode == "remove":
        held = list(await session.scalars(LOCK_REVIEWS, values))
        removed = await delete_reviews(session, held)
    left = (await session.execute(LEAVE_REVIEWS, values)).all()
    live = [row for row in left if row.deleted_at is None]
    for row in live:
        await tell_updated(session, row, hidden=row.hidden_at is not None)
    return Erased(removed=removed, anonymised=len(live))


def _export_comments(session: ReadSession, user_id: UUID) -> AsyncIterator[Row]:
    return rows(session, COMMENTS, {"user_id": user_id})


async def _erase_comments(session: WriteSession, user_id: UUID, mode: ErasureMode) -> Erased:
    values = {"user_id": user_id}
    removed = 0
    if mode == "remove":
        await session.execute(LOCK_REVIEWS_OF_COMMENTS, values)
        for comment_id in await session.scalars(COMMENT_IDS, values):
            removed += await delete_comment(session, comment_id)
    left = (await session.execute(LEAVE_COMMENTS, values)).all()
    return Erased(removed=removed, anonymised=sum(row.deleted_at is None for row in left))


def _export_reactions(session: ReadSession, user_id: UUID) -> AsyncIterator[Row]:
    return rows(session, REACTIONS, {"user_id": user_id})


async def _erase_reactions(session: WriteSession, user_id: UUID, _mode: ErasureMode) -> Erased:
    return Erased(removed=await erase_reactions(session, user_id))


REACTIONS_OF_MEMBERS: Final = Dataset("reactions", _export_reactions, _erase_reactions)
COMMENTS_OF_MEMBERS: Final = Dataset("comments", _export_comments, _erase_comments)
REVIEWS_OF_MEMBERS: Final = Dataset("reviews", _export_reviews, _erase_reviews)
