"""The routes of lists and the watchlist."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Path, Query, Request, Response, status

from marquee_shared.auth.dependencies import CurrentMember, OptionalCaller, VerifiedMember
from marquee_shared.conditional import PreconditionsDep, set_revision
from marquee_shared.pagination import BrowsePage, BrowseWindowDep, CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep
from marquee_social.fills.preparing import FillOfChange, FillOfNew
from marquee_social.fills.service import fill_list
from marquee_social.lists import browsing, service
from marquee_social.lists.schemas import (
    ListCreate,
    ListFilled,
    ListMovieRead,
    ListMovieWrite,
    ListRead,
    ListUpdate,
    OrderWrite,
)
from marquee_social.movies.service import CatalogDep, Slug
from marquee_social.users.authors import Author
from marquee_social.users.service import IdentityDep, Username

router = new_router(tags=["lists"])

ListSlug = Annotated[str, Path(max_length=200, description="The list's slug.")]
MovieSlug = Annotated[str, Path(max_length=200, description="The movie's slug.")]
Search = Annotated[str | None, Query(max_length=100, description="Case and accents do not matter.")]
ONE = "/v1/users/{username}/lists/{slug}"
NEW_MOVIE: dict[int | str, dict[str, Any]] = {
    status.HTTP_201_CREATED: {"model": ListMovieRead, "description": "Newly in the list."}
}


@router.get("/v1/lists", response_model_exclude_unset=True)
async def search_lists(
    caller: OptionalCaller,
    session: ReadSessionDep,
    window: BrowseWindowDep,
    q: Annotated[
        str | None,
        Query(max_length=100, description="Each word begins one of the name or description."),
    ] = None,
) -> BrowsePage[ListRead]:
    """Search everybody's lists that the caller may see, newest first."""
    return await browsing.search_lists(session, caller.id if caller else None, q, window)


@router.get("/v1/me/lists")
async def list_own_lists(
    member: CurrentMember, session: ReadSessionDep, window: CursorWindowDep
) -> CursorPage[ListRead]:
    """List the caller's lists, newest first; the watchlist is `GET /v1/me/watchlist`."""
    return await browsing.own_lists(session, member.id, window)


@router.post("/v1/me/lists", status_code=status.HTTP_201_CREATED, response_model_exclude_unset=True)
async def create_list(
    body: ListCreate,
    fill: FillOfNew,
    member: Author,
    session: WriteSessionDep,
    preconditions: PreconditionsDep,
    response: Response,
) -> ListFilled:
    """Make a list. Names differ among the caller's lists, whatever their case.

    With `fill` it begins with what `POST /v1/lists/fill-preview` shows. Friends are told of a
    list that they may see.
    """
    made = await service.create_list(session, member, body)
    filled = await fill_list(session, fill, made.id) if fill is not None else None
    answer = await service.answer_list(session, member.id, made.slug, preconditions, filled)
    if body.privacy != "private":
        await service.tell_friends(session, member, answer)
    where = f"/v1/users/{quote(answer.owner.username)}/lists/{quote(answer.slug)}"
    response.headers["Location"] = where
    return answer


@router.get("/v1/users/{username}/lists")
async def list_lists_of(
    username: Username,
    caller: OptionalCaller,
    session: ReadSessionDep,
    identity: IdentityDep,
    window: CursorWindowDep,
) -> CursorPage[ListRead]:
    """List those of a member's lists that the caller may see, newest first."""
    viewer = caller.id if caller else None
    return await browsing.lists_of(session, identity, viewer, username, window)


@router.get(ONE)
async def get_list(
    username: Username,
    slug: ListSlug,
    caller: OptionalCaller,
    session: ReadSessionDep,
    identity: IdentityDep,
    request: Request,
) -> ListRead:
    """Return a list, without its films."""
    viewer = caller.id if caller else None
    answer, revision = await browsing.get_list(session, identity, viewer, username, slug)
    set_revision(request, revision)
    return answer


@router.patch(ONE, response_model_exclude_unset=True)
async def change_list(
    username: Username,
    slug: ListSlug,
    body: ListUpdate,
    fill: FillOfChange,
    member: Author,
    session: WriteSessionDep,
    identity: IdentityDep,
    preconditions: PreconditionsDep,
) -> ListFilled:
    """Change the fields given. The slug stays, so that links to the list go on working.

    `fill` adds films at its end, each time it is given; `DELETE …/fill` takes the last ones back.
    """
    row = await service.lock_own_list(session, identity, member, username, slug, preconditions)
    await service.change_list(session, member, row, body)
    filled = await fill_list(session, fill, row.id) if fill is not None else None
    answer = await service.answer_list(session, member.id, slug, preconditions, filled)
    if row.privacy == "private" and answer.privacy != "private" and row.kind == "list":
        await service.tell_friends(session, member, answer)
    return answer


@router.delete(ONE, status_code=status.HTTP_204_NO_CONTENT)
async def delete_list(
    username: Username,
    slug: ListSlug,
    member: VerifiedMember,
    session: WriteSessionDep,
    identity: IdentityDep,
    preconditions: PreconditionsDep,
) -> None:
    """Delete a list, and free its name; 204 also when it is gone already."""
    await service.delete_list(session, identity, member, username, slug, preconditions)


@router.get(f"{ONE}/movies")
async def list_movies(
    username: Username,
    slug: ListSlug,
    caller: OptionalCaller,
    session: ReadSessionDep,
    identity: IdentityDep,
    window: CursorWindowDep,
    q: Search = None,
) -> CursorPage[ListMovieRead]:
    """List a list's films in their order, with `q` only those whose titles hold each word."""
    viewer = caller.id if caller else None
    return await browsing.movies_of(session, identity, viewer, username, slug, q, window)


@router.put(f"{ONE}/movies/{{movie}}", responses=NEW_MOVIE)
async def put_movie(
    username: Username,
    slug: ListSlug,
    movie: MovieSlug,
    member: Author,
    session: WriteSessionDep,
    identity: IdentityDep,
    catalog: CatalogDep,
    preconditions: PreconditionsDep,
    response: Response,
    body: ListMovieWrite | None = None,
) -> ListMovieRead:
    """Put a film at the end of a list or, where it stands there, change its note."""
    row = await service.lock_own_list(session, identity, member, username, slug, preconditions)
    placed, new = await service.put_movie(session, catalog, row, movie, body, preconditions)
    if new:
        response.status_code = status.HTTP_201_CREATED
    return placed


@router.delete(f"{ONE}/movies/{{movie}}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_movie(
    username: Username,
    slug: ListSlug,
    movie: MovieSlug,
    member: VerifiedMember,
    session: WriteSessionDep,
    identity: IdentityDep,
    catalog: CatalogDep,
    preconditions: PreconditionsDep,
) -> None:
    """Take a film out of a list; 204 also when it is not there."""
    row = await service.lock_own_list(session, identity, member, username, slug, preconditions)
    await service.remove_movie(session, catalog, row, movie)


@router.put(f"{ONE}/order")
async def reorder(
    username: Username,
    slug: ListSlug,
    body: OrderWrite,
    member: Author,
    session: WriteSessionDep,
    identity: IdentityDep,
    preconditions: PreconditionsDep,
) -> ListRead:
    """Put a list's films in this order; those left out come after, as they stood."""
    row = await service.lock_own_list(session, identity, member, username, slug, preconditions)
    await service.reorder(session, row, body.movies)
    return await service.answer_list(session, member.id, slug, preconditions)


@router.get("/v1/me/watchlist")
async def get_watchlist(
    member: CurrentMember, session: ReadSessionDep, window: CursorWindowDep, q: Search = None
) -> CursorPage[ListMovieRead]:
    """List the films that the caller means to watch, in their order.

    The watchlist is a list like others under the slug `watchlist`, private until its owner
    changes that; it can be neither renamed nor deleted.
    """
    return await browsing.watchlist(session, member.id, q, window)


@router.put("/v1/me/watchlist/{movie}", responses=NEW_MOVIE)
async def put_on_watchlist(
    movie: MovieSlug,
    member: Author,
    session: WriteSessionDep,
    catalog: CatalogDep,
    preconditions: PreconditionsDep,
    response: Response,
    body: ListMovieWrite | None = None,
) -> ListMovieRead:
    """Put a film on the watchlist or, where it stands there, change its note."""
    row = await service.lock_watchlist(session, member, preconditions)
    placed, new = await service.put_movie(session, catalog, row, movie, body, preconditions)
    if new:
        response.status_code = status.HTTP_201_CREATED
    return placed


@router.delete("/v1/me/watchlist/{movie}", status_code=status.HTTP_204_NO_CONTENT)
async def take_off_watchlist(
    movie: MovieSlug,
    member: VerifiedMember,
    session: WriteSessionDep,
    catalog: CatalogDep,
    preconditions: PreconditionsDep,
) -> None:
    """Take a film off the watchlist; 204 also when it is not there."""
    row = await service.lock_watchlist(session, member, preconditions)
    await service.remove_movie(session, catalog, row, movie)


@router.get("/v1/movies/{slug}/lists")
async def list_lists_holding(
    slug: Slug,
    member: CurrentMember,
    session: ReadSessionDep,
    catalog: CatalogDep,
    window: CursorWindowDep,
) -> CursorPage[ListRead]:
    """List those of the caller's lists that hold a movie, the watchlist too."""
    return await browsing.lists_holding(session, catalog, member.id, slug, window)
