"""The rules of reviews.

Locks are taken in one order: a review's row, then its comments, then reactions.
"""

from collections.abc import Sequence
from typing import Any

from marquee_shared.auth.principals import Principal
from marquee_shared.conditional import Preconditions
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events import EventData
from marquee_shared.events.social import ReviewCreated, ReviewDeleted, ReviewUpdated
from marquee_shared.outbox import publish, publish_many
from marquee_shared.pagination import CursorPage, CursorWindow
from marquee_shared.peers import Peer
from marquee_social.content.own import require_deletion, require_edit, require_own
from marquee_social.content.rules import Viewer
from marquee_social.movies.repository import MovieKey
from marquee_social.movies.service import ask_catalog, with_movie
from marquee_social.reactions.service import drop_reactions
from marquee_social.reviews import repository
from marquee_social.reviews.errors import ReviewExists, ReviewNotFound
from marquee_social.reviews.repository import START, ReviewRow, ReviewSort
from marquee_social.reviews.schemas import (
    ReviewCreate,
    ReviewRead,
    ReviewUpdate,
    ReviewVersionRead,
)
from marquee_social.users.schemas import UserSummary


async def get_review(
    session: ReadSession | WriteSession, viewer: Viewer, review_id: int
) -> tuple[ReviewRead, ReviewRow]:
    """Return a review as this viewer sees it.

    Raises:
        ReviewNotFound: none, or not for them.
    """
    row = await repository.find_review(session, viewer, review_id)
    if row is None:
        raise ReviewNotFound
    return ReviewRead.model_validate(row), row


async def list_of_movie(
    session: ReadSession,
    catalog: Peer,
    viewer: Viewer,
    slug: str,
    sort: ReviewSort,
    window: CursorWindow,
) -> CursorPage[ReviewRead]:
    """Return one stretch of a film's reviews.

    Raises:
        MovieNotFound: no such film.
    """
    before = (window.after[0], window.after[1]) if window.after is not None else START
    limit = window.limit + 1
    key = MovieKey(slug)
    rows = await repository.list_of_movie(session, viewer, key, sort, before, limit)
    if rows is None:
        key = MovieKey(slug, (await ask_catalog(catalog, slug)).id)
        rows = await repository.list_of_movie(session, viewer, key, sort, before, limit) or ()
    return _page(rows, window, [(row.score, row.id) for row in rows])


async def list_of_author(
    session: ReadSession, viewer: Viewer, author: UserSummary, window: CursorWindow
) -> CursorPage[ReviewRead]:
    """Return one stretch of a member's reviews, newest first."""
    before = window.after[0] if window.after is not None else START[1]
    rows = await repository.list_of_author(session, viewer, author.id, before, window.limit + 1)
    return _page(rows, window, [(row.id,) for row in rows])


def _page(
    rows: Sequence[ReviewRow], window: CursorWindow, keys: Sequence[Sequence[Any]]
) -> CursorPage[ReviewRead]:
    items = [ReviewRead.model_validate(row) for row in rows[: window.limit]]
    return CursorPage(items=items, next_cursor=window.next_cursor(keys))


async def list_versions(
    session: ReadSession, viewer: Viewer, review_id: int, window: CursorWindow
) -> CursorPage[ReviewVersionRead]:
    """Return how a review stood before its edits, newest first.

    Raises:
        ReviewNotFound: none, or not for this viewer.
    """
    if await repository.find_review(session, viewer, review_id) is None:
        raise ReviewNotFound
    before = window.after[0] if window.after is not None else START[1]
    rows = await repository.list_versions(session, viewer, review_id, before, window.limit + 1)
    return CursorPage(
        items=[ReviewVersionRead.model_validate(row) for row in rows[: window.limit]],
        next_cursor=window.next_cursor([(row.revision,) for row in rows]),
    )


def _facts(row: ReviewRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "user_id": row.user_id,
        "movie_id": row.movie_id,
        "is_positive": row.is_positive,
        "has_spoilers": row.has_spoilers,
        "language": row.language,
        "created_at": row.created_at,
    }


async def tell_updated(session: WriteSession, row: ReviewRow, *, hidden: bool) -> None:
    """Publish how a review stands now."""
    await publish(session, ReviewUpdated(**_facts(row), hidden=hidden), row.revision)


def state_of(row: Any) -> tuple[EventData, int]:
    """Return how a review stands, gone or not, as the event that says so."""
    if row.deleted:
        gone = ReviewDeleted(id=row.id, user_id=row.user_id, movie_id=row.movie_id)
        return gone, row.revision
    return ReviewUpdated(**_facts(row), hidden=row.hidden), row.revision


async def create_review(
    session: WriteSession, catalog: Peer, author: Principal, slug: str, body: ReviewCreate
) -> tuple[ReviewRead, int]:
    """Write a review; return it and its revision.

    Raises:
        MovieNotFound: no such film.
        ReviewExists: the member has a live one of this film.
    """
    words = body.model_dump()
    written = await with_movie(
        session,
        catalog,
        slug,
        lambda key: repository.insert_review(session, key, author.id, words),
    )
    if written.id is None:
        raise ReviewExists
    review, row = await get_review(session, Viewer.of(author), written.id)
    await publish(session, ReviewCreated(**_facts(row)), row.revision)
    return review, row.revision


async def _own_review(session: WriteSession, member: Principal, review_id: int) -> Any:
    """Lock a review of the caller's.

    Raises:
        ReviewNotFound: none, or not for them.
        Forbidden: somebody else's.
    """
    held = await repository.lock_review(session, Viewer.of(member), review_id)
    return require_own(held, member, ReviewNotFound)


async def update_review(
    session: WriteSession,
    author: Principal,
    review_id: int,
    body: ReviewUpdate,
    preconditions: Preconditions,
) -> ReviewRead:
    """Edit a review and keep how it stood; what changes nothing is no edit.

    Raises:
        ReviewNotFound: none, or not for the caller.
        Forbidden: somebody else's.
    """
    held = await _own_review(session, author, review_id)
    changed = require_edit(held, body, preconditions, ReviewNotFound)
    if changed is not None:
        await repository.update_review(session, review_id, changed)
    review, row = await get_review(session, Viewer.of(author), review_id)
    if changed is not None:
        await tell_updated(session, row, hidden=review.hidden)
    preconditions.answered(row.revision)
    return review


async def delete_review(
    session: WriteSession, author: Principal, review_id: int, preconditions: Preconditions
) -> None:
    """Delete a review with its comments and all reactions; one already gone changes nothing.

    Raises:
        ReviewNotFound: none, or not for the caller.
        Forbidden: somebody else's.
    """
    held = await _own_review(session, author, review_id)
    require_deletion(held, preconditions)
    await delete_locked(session, [review_id])


async def delete_locked(session: WriteSession, review_ids: Sequence[int]) -> int:
    """Delete reviews whose rows are locked; return how many were live."""
    rows = await repository.delete_reviews(session, review_ids)
    if rows:
        await drop_reactions(session, "review", [row.id for row in rows])
        await drop_reactions(session, "comment", rows[0].comments or [])
        told = [
            (ReviewDeleted(id=row.id, user_id=row.user_id, movie_id=row.movie_id), row.revision)
            for row in rows
        ]
        await publish_many(session, told)
    return len(rows)
