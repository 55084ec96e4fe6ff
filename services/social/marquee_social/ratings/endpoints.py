"""The routes of ratings."""

from fastapi import Request, Response, status

from marquee_shared.auth.dependencies import CurrentMember, VerifiedMember
from marquee_shared.caching import purge, tag_answer
from marquee_shared.conditional import PreconditionsDep, set_revision
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep
from marquee_social.movies.service import CatalogDep, Slug
from marquee_social.ratings import service
from marquee_social.ratings.friends import FriendRating, list_of_friends
from marquee_social.ratings.scale import half_steps
from marquee_social.ratings.schemas import RatingRead, RatingSummary, RatingWrite
from marquee_social.ratings.service import RATINGS

router = new_router(tags=["ratings"])


def ratings_tag(movie_id: int) -> str:
    """Return the cache tag of a film's ratings."""
    return f"movie-ratings:{movie_id}"


def _purge(response: Response, movie_id: int) -> None:
    purge(response, ratings_tag(movie_id), f"movie:{movie_id}")


@router.get("/v1/movies/{slug}/rating")
async def get_rating(
    slug: Slug,
    member: CurrentMember,
    session: ReadSessionDep,
    catalog: CatalogDep,
    request: Request,
) -> RatingRead:
    """Return the caller's rating of a movie; 404 `rating_not_found` without one."""
    rating, revision = await RATINGS.get(session, catalog, member.id, slug)
    set_revision(request, revision)
    return rating


@router.put(
    "/v1/movies/{slug}/rating",
    responses={status.HTTP_201_CREATED: {"model": RatingRead, "description": "Newly rated."}},
)
async def set_rating(
    slug: Slug,
    body: RatingWrite,
    member: VerifiedMember,
    session: WriteSessionDep,
    catalog: CatalogDep,
    preconditions: PreconditionsDep,
    response: Response,
) -> RatingRead:
    """Rate a movie, or change the rating: 0.5 to 5.0 in half steps.

    Movies that are not released yet may be rated too. The same value again changes nothing.
    """
    steps = half_steps(body.value)
    rating, row = await RATINGS.set(session, catalog, member.id, slug, steps, preconditions)
    if row.before is None:
        response.status_code = status.HTTP_201_CREATED
    _purge(response, rating.movie.id)
    return rating


@router.delete("/v1/movies/{slug}/rating", status_code=status.HTTP_204_NO_CONTENT)
async def remove_rating(
    slug: Slug,
    member: VerifiedMember,
    session: WriteSessionDep,
    catalog: CatalogDep,
    preconditions: PreconditionsDep,
    response: Response,
) -> None:
    """Take the caller's rating back; 204 also when there is none."""
    movie_id = await RATINGS.remove(session, catalog, member.id, slug, preconditions)
    _purge(response, movie_id)


@router.get("/v1/movies/{slug}/ratings")
async def get_rating_summary(
    slug: Slug, session: ReadSessionDep, catalog: CatalogDep, response: Response
) -> RatingSummary:
    """Return the average, the count and the histogram of all ratings of a movie."""
    summary, movie_id = await service.get_summary(session, catalog, slug)
    tag_answer(response, ratings_tag(movie_id), f"movie:{movie_id}")
    return summary


@router.get("/v1/movies/{slug}/ratings/friends")
async def list_friends_ratings(
    slug: Slug,
    member: CurrentMember,
    session: ReadSessionDep,
    catalog: CatalogDep,
    window: CursorWindowDep,
) -> CursorPage[FriendRating]:
    """List what the caller's friends gave a movie, newest first.

    Those who keep their ratings to themselves are left out.
    """
    return await list_of_friends(session, catalog, member.id, slug, window)


@router.get("/v1/me/ratings")
async def list_ratings(
    member: CurrentMember, session: ReadSessionDep, window: CursorWindowDep
) -> CursorPage[RatingRead]:
    """List the caller's ratings, newest first."""
    return await RATINGS.list_newest(session, member.id, window)
