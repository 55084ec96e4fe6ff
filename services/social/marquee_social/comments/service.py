"""The rules of comments.

Who writes or deletes in a thread locks its review first; so nobody replies to what is being
deleted, and the review's count is exact.
"""

from typing import Any

from marquee_shared.auth.principals import Principal
from marquee_shared.conditional import Preconditions
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.pagination import CursorPage, CursorWindow
from marquee_social.comments import repository
from marquee_social.comments.errors import CommentNotFound
from marquee_social.comments.repository import CommentRow
from marquee_social.comments.schemas import CommentCreate, CommentRead, CommentUpdate
from marquee_social.content.own import require_deletion, require_edit, require_own
from marquee_social.content.rules import Viewer
from marquee_social.notifications.service import Target, notify
from marquee_social.reactions.service import drop_reactions
from marquee_social.reviews.errors import ReviewNotFound


async def get_comment(
    session: ReadSession | WriteSession, viewer: Viewer, comment_id: int
) -> tuple[CommentRead, CommentRow]:
    """Return a comment as this viewer sees it.

    Raises:
        CommentNotFound: none, or not for them.
    """
    row = await repository.find_comment(session, viewer, comment_id)
    if row is None:
        raise CommentNotFound
    return CommentRead.model_validate(row), row


async def list_thread(
    session: ReadSession,
    viewer: Viewer,
    root: int,
    depth: int,
    window: CursorWindow,
    *,
    of_review: bool,
) -> CursorPage[CommentRead]:
    """Return one stretch of what lies under a review or a comment, in reading order.

    Raises:
        ReviewNotFound, CommentNotFound: the root is none, or not for this viewer.
    """
    rows = await repository.list_thread(
        session,
        viewer,
        root,
        of_review=of_review,
        depth=depth,
        after=window.after[0] if window.after is not None else None,
        limit=window.limit + 1,
    )
    if rows is None:
        raise ReviewNotFound if of_review else CommentNotFound
    items = [CommentRead.model_validate(row) for row in rows[: window.limit]]
    return CursorPage(items=items, next_cursor=window.next_cursor([(row.id,) for row in rows]))


async def create_comment(
    session: WriteSession, author: Principal, review_id: int, body: CommentCreate
) -> CommentRead:
    """Comment on a review and tell its author.

    Raises:
        ReviewNotFound: none, or not for the caller.
    """
    review = await repository.count_comment(session, Viewer.of(author), review_id)
    if review is None:
        raise ReviewNotFound
    return await _write(session, author, review, None, body)


async def reply(
    session: WriteSession, author: Principal, comment_id: int, body: CommentCreate
) -> CommentRead:
    """Reply to a comment; tell its author and the review's.

    Raises:
        CommentNotFound: none, or not for the caller.
    """
    review_id = await repository.review_of(session, comment_id)
    if review_id is None:
        raise CommentNotFound
    review = await repository.count_comment(session, Viewer.of(author), review_id)
    if review is None:
        raise CommentNotFound
    return await _write(session, author, review, comment_id, body)


async def _write(
    session: WriteSession, author: Principal, review: Any, parent: int | None, body: CommentCreate
) -> CommentRead:
    viewer = Viewer.of(author)
    written = await repository.insert_comment(
        session, viewer, review.id, parent, author.id, body.model_dump()
    )
    if written is None:
        raise CommentNotFound
    comment, row = await get_comment(session, viewer, written.id)
    told = [user for user in (review.user_id, written.answered) if user is not None]
    data = {"review_id": review.id, "parent_id": parent, "movie": row.movie}
    await notify(session, "comment", author, told, Target("comment", str(comment.id), data))
    return comment


async def _own_comment(session: WriteSession, member: Principal, comment_id: int) -> Any:
    """Lock a comment of the caller's.

    Raises:
        CommentNotFound: none, or not for them.
        Forbidden: somebody else's.
    """
    held = await repository.lock_comment(session, Viewer.of(member), comment_id)
    return require_own(held, member, CommentNotFound)


async def update_comment(
    session: WriteSession,
    author: Principal,
    comment_id: int,
    body: CommentUpdate,
    preconditions: Preconditions,
) -> CommentRead:
    """Edit a comment; what changes nothing is no edit.

    Raises:
        CommentNotFound: none, or not for the caller.
        Forbidden: somebody else's.
    """
    held = await _own_comment(session, author, comment_id)
    changed = require_edit(held, body, preconditions, CommentNotFound)
    if changed is not None:
        await repository.update_comment(session, comment_id, changed)
    comment, row = await get_comment(session, Viewer.of(author), comment_id)
    preconditions.answered(row.revision)
    return comment


async def delete_comment(
    session: WriteSession, author: Principal, comment_id: int, preconditions: Preconditions
) -> None:
    """Delete a comment, all under it and their reactions; one already gone changes nothing.

    Raises:
        CommentNotFound: none, or not for the caller.
        Forbidden: somebody else's.
    """
    held = await _own_comment(session, author, comment_id)
    require_deletion(held, preconditions)
    await delete_locked(session, comment_id)


async def delete_locked(session: WriteSession, comment_id: int) -> int:
    """Delete a comment whose review is locked, and all under it; return how many."""
    gone = await repository.delete_comment(session, comment_id)
    await drop_reactions(session, "comment", gone)
    return len(gone)
