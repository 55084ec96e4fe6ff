"""The routes of watch time."""

from typing import Annotated, Any

from fastapi import Query, Request, Response, status

from marquee_shared.auth.dependencies import CurrentMember, OptionalCaller, VerifiedMember
from marquee_shared.caching import tag_answer
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.service import Context
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep
from marquee_social.movies.service import CatalogDep, Slug
from marquee_social.users.service import IdentityDep, Username, get_user
from marquee_social.visibility.service import require_surface
from marquee_social.watch_time import service
from marquee_social.watch_time.errors import WatchTimeNotFound
from marquee_social.watch_time.schemas import (
    MovieWatchTotals,
    WatchedMovieRead,
    WatchEventsAccepted,
    WatchEventsWrite,
    WatchFigures,
    WatchTotals,
)

router = new_router(tags=["watch time"])


@router.post("/v1/me/watch-events", status_code=status.HTTP_202_ACCEPTED)
async def take_watch_events(
    body: WatchEventsWrite,
    member: VerifiedMember,
    session: WriteSessionDep,
    catalog: CatalogDep,
    request: Request,
) -> WatchEventsAccepted:
    """Take in what a player reports, up to 500 events at once.

    202 means the events are stored; 503 that they are not, and the batch is to be sent again.
    Sending one twice, late or in another order changes nothing. An event of an unknown film is
    listed under `rejected`, the others are taken. The figures follow within a second or so.
    """
    context: Context[Any] = request.app.state.context
    return await service.take_events(session, context, catalog, member.id, body.events)


@router.get("/v1/me/history")
async def list_history(
    member: CurrentMember,
    session: ReadSessionDep,
    window: CursorWindowDep,
    state: Annotated[
        service.HistoryState | None,
        Query(description="`in_progress` is what there is to continue watching."),
    ] = None,
) -> CursorPage[WatchedMovieRead]:
    """List the films that the caller has watched, the latest first."""
    return await service.list_history(session, member.id, state, window)


@router.get("/v1/users/{username}/watch-time")
async def get_member_watch_time(
    username: Username, caller: OptionalCaller, session: ReadSessionDep, identity: IdentityDep
) -> WatchTotals:
    """Return how much a member has watched, where they show it to the caller."""
    viewer = caller.id if caller else None
    user = await get_user(session, identity, viewer, username)
    await require_surface(session, viewer, user.id, "watch_time", WatchTimeNotFound)
    return await service.member_watch_time(session, user.id)


@router.get("/v1/users/{username}/watch-time/{slug}")
async def get_watch_time_of_movie_by(
    username: Username,
    slug: Slug,
    caller: OptionalCaller,
    session: ReadSessionDep,
    identity: IdentityDep,
    catalog: CatalogDep,
) -> WatchFigures:
    """Return how much of a movie a member has watched; zeros where nothing."""
    viewer = caller.id if caller else None
    user = await get_user(session, identity, viewer, username)
    await require_surface(session, viewer, user.id, "watch_time", WatchTimeNotFound)
    return await service.watch_time_of_movie_by(session, catalog, user.id, slug)


@router.get("/v1/movies/{slug}/watch-time")
async def get_movie_watch_time(
    slug: Slug, session: ReadSessionDep, catalog: CatalogDep, response: Response
) -> MovieWatchTotals:
    """Return how much all members have watched of a movie."""
    totals, movie_id = await service.movie_watch_time(session, catalog, slug)
    tag_answer(response, f"movie:{movie_id}")
    return totals
