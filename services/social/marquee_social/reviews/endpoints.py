"""The routes of reviews."""

from typing import Annotated

from fastapi import Path, Query, Request, Response, status

from marquee_shared.auth.dependencies import VerifiedMember
from marquee_shared.conditional import PreconditionsDep, set_revision
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep
from marquee_social.content.schemas import ContentId, ViewerDep
from marquee_social.limits import limited
from marquee_social.movies.service import CatalogDep, Slug
from marquee_social.reviews import service
from marquee_social.reviews.repository import ReviewSort
from marquee_social.reviews.schemas import (
    ReviewCreate,
    ReviewRead,
    ReviewUpdate,
    ReviewVersionRead,
)
from marquee_social.users.authors import Author
from marquee_social.users.service import IdentityDep, Username, get_user

router = new_router(tags=["reviews"])

ReviewId = Annotated[ContentId, Path(description="The review's number.")]


@router.get("/v1/movies/{slug}/reviews")
async def list_movie_reviews(
    slug: Slug,
    viewer: ViewerDep,
    session: ReadSessionDep,
    catalog: CatalogDep,
    window: CursorWindowDep,
    sort: Annotated[
        ReviewSort,
        Query(
            description="`newest`; `helpful`: most approving reactions less disapproving ones; "
            "`friends`: those of the caller's friends before all others, each newest first."
        ),
    ] = "newest",
) -> CursorPage[ReviewRead]:
    """List the reviews of a movie."""
    return await service.list_of_movie(session, catalog, viewer, slug, sort, window)


@router.post(
    "/v1/movies/{slug}/reviews",
    status_code=status.HTTP_201_CREATED,
    dependencies=[limited("review")],
)
async def create_review(
    slug: Slug,
    body: ReviewCreate,
    author: Author,
    session: WriteSessionDep,
    catalog: CatalogDep,
    response: Response,
) -> ReviewRead:
    """Review a movie: one review a member; 409 `review_exists` while there is one.

    It can be written anew after it was deleted.
    """
    review, _revision = await service.create_review(session, catalog, author, slug, body)
    response.headers["Location"] = f"/v1/reviews/{review.id}"
    return review


@router.get("/v1/users/{username}/reviews")
async def list_user_reviews(
    username: Username,
    viewer: ViewerDep,
    session: ReadSessionDep,
    identity: IdentityDep,
    window: CursorWindowDep,
) -> CursorPage[ReviewRead]:
    """List a member's reviews, newest first."""
    user = await get_user(session, identity, viewer.id, username)
    return await service.list_of_author(session, viewer, user, window)


@router.get("/v1/reviews/{review_id}")
async def get_review(
    review_id: ReviewId, viewer: ViewerDep, session: ReadSessionDep, request: Request
) -> ReviewRead:
    """Return a review."""
    review, row = await service.get_review(session, viewer, review_id)
    set_revision(request, row.revision)
    return review


@router.patch("/v1/reviews/{review_id}", dependencies=[limited("edit")])
async def update_review(
    review_id: ReviewId,
    body: ReviewUpdate,
    author: Author,
    session: WriteSessionDep,
    preconditions: PreconditionsDep,
) -> ReviewRead:
    """Edit one's review; how it stood before is kept in its history."""
    return await service.update_review(session, author, review_id, body, preconditions)


@router.delete("/v1/reviews/{review_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_review(
    review_id: ReviewId,
    member: VerifiedMember,
    session: WriteSessionDep,
    preconditions: PreconditionsDep,
) -> None:
    """Delete one's review, with its comments and all reactions."""
    await service.delete_review(session, member, review_id, preconditions)


@router.get("/v1/reviews/{review_id}/history")
async def list_review_versions(
    review_id: ReviewId, viewer: ViewerDep, session: ReadSessionDep, window: CursorWindowDep
) -> CursorPage[ReviewVersionRead]:
    """List how a review stood before its edits, the latest first."""
    return await service.list_versions(session, viewer, review_id, window)
