"""The routes of comments."""

from typing import Annotated

from fastapi import Path, Query, Request, Response, status

from marquee_shared.auth.dependencies import VerifiedMember
from marquee_shared.conditional import PreconditionsDep, set_revision
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep
from marquee_social.comments import service
from marquee_social.comments.schemas import CommentCreate, CommentRead, CommentUpdate
from marquee_social.content.schemas import ContentId, ViewerDep
from marquee_social.limits import limited
from marquee_social.reviews.endpoints import ReviewId
from marquee_social.users.authors import Author

router = new_router(tags=["comments"])

CommentId = Annotated[ContentId, Path(description="The comment's number.")]
Depth = Annotated[
    int,
    Query(
        ge=1,
        le=10_000,
        description="How many levels to show. 1: only the direct ones, each with the number of "
        "its replies. More: the thread in reading order, each comment followed by what replies "
        "to it.",
    ),
]


@router.get("/v1/reviews/{review_id}/comments")
async def list_comments(
    review_id: ReviewId,
    viewer: ViewerDep,
    session: ReadSessionDep,
    window: CursorWindowDep,
    depth: Depth = 1,
) -> CursorPage[CommentRead]:
    """List the comments on a review, oldest first."""
    return await service.list_thread(session, viewer, review_id, depth, window, of_review=True)


@router.post(
    "/v1/reviews/{review_id}/comments",
    status_code=status.HTTP_201_CREATED,
    dependencies=[limited("comment")],
)
async def create_comment(
    review_id: ReviewId,
    body: CommentCreate,
    author: Author,
    session: WriteSessionDep,
    response: Response,
) -> CommentRead:
    """Comment on a review."""
    comment = await service.create_comment(session, author, review_id, body)
    response.headers["Location"] = f"/v1/comments/{comment.id}"
    return comment


@router.get("/v1/comments/{comment_id}/replies")
async def list_replies(
    comment_id: CommentId,
    viewer: ViewerDep,
    session: ReadSessionDep,
    window: CursorWindowDep,
    depth: Depth = 1,
) -> CursorPage[CommentRead]:
    """List the replies to a comment, oldest first."""
    return await service.list_thread(session, viewer, comment_id, depth, window, of_review=False)


@router.post(
    "/v1/comments/{comment_id}/replies",
    status_code=status.HTTP_201_CREATED,
    dependencies=[limited("comment")],
)
async def create_reply(
    comment_id: CommentId,
    body: CommentCreate,
    author: Author,
    session: WriteSessionDep,
    response: Response,
) -> CommentRead:
    """Reply to a comment, at any depth."""
    comment = await service.reply(session, author, comment_id, body)
    response.headers["Location"] = f"/v1/comments/{comment.id}"
    return comment


@router.get("/v1/comments/{comment_id}")
async def get_comment(
    comment_id: CommentId, viewer: ViewerDep, session: ReadSessionDep, request: Request
) -> CommentRead:
    """Return a comment."""
    comment, row = await service.get_comment(session, viewer, comment_id)
    set_revision(request, row.revision)
    return comment


@router.patch("/v1/comments/{comment_id}", dependencies=[limited("edit")])
async def update_comment(
    comment_id: CommentId,
    body: CommentUpdate,
    author: Author,
    session: WriteSessionDep,
    preconditions: PreconditionsDep,
) -> CommentRead:
    """Edit one's comment."""
    return await service.update_comment(session, author, comment_id, body, preconditions)


@router.delete("/v1/comments/{comment_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_comment(
    comment_id: CommentId,
    member: VerifiedMember,
    session: WriteSessionDep,
    preconditions: PreconditionsDep,
) -> None:
    """Delete one's comment, with all replies under it and all reactions."""
    await service.delete_comment(session, member, comment_id, preconditions)
