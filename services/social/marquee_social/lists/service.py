"""The rules of lists.

A list that the caller may not see is 404, one that they may see and not change is 403. Every
change of what stands in a list counts up its revision, for `If-Match`.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from marquee_shared.auth.principals import Principal
from marquee_shared.conditional import Preconditions
from marquee_shared.database import WriteSession
from marquee_shared.peers import Peer
from marquee_shared.problems import FieldError, Forbidden, Invalid
from marquee_shared.slugs import fold, slugify
from marquee_social.fills.schemas import FillRead
from marquee_social.lists import reading, repository
from marquee_social.lists.errors import (
    ListFull,
    ListNameTaken,
    ListNotFound,
    TooManyLists,
    WatchlistStays,
)
from marquee_social.lists.schemas import (
    MOST_MOVIES,
    ListCreate,
    ListFilled,
    ListMovieRead,
    ListMovieWrite,
    ListRead,
    ListUpdate,
)
from marquee_social.movies.schemas import MovieSummary
from marquee_social.movies.service import with_movie
from marquee_social.notifications.service import Target, notify
from marquee_social.users.schemas import UserSummary
from marquee_social.users.service import get_user

MOST_LISTS = 1_000


def read_list(row: reading.ListRow) -> ListRead:
    """Return a row as clients read it."""
    owner = UserSummary(
        id=row.owner_id, username=row.username, name=row.owner_name, avatar_url=row.avatar_url
    )
    return ListRead.model_validate({**row._mapping, "owner": owner})  # noqa: SLF001 - a row's public mapping, named so by SQLAlchemy


def read_list_movie(row: Row[Any]) -> ListMovieRead:
    """Return a film's place as clients read it."""
    return ListMovieRead(
        movie=MovieSummary.model_validate(row),
        note=row.note,
        position=row.place,
        added_at=row.added_at,
    )


def _named(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "name_key": name.casefold(),
        "description": description,
        "folded": fold(f"{name} {description}"),
    }


async def find_own_list(
    session: WriteSession,
    identity: Peer,
    member: Principal,
    username: str,
    slug: str,
    preconditions: Preconditions,
) -> Row[Any] | None:
    """Return the caller's own list, locked, or None.

    Raises:
        UserNotFound: no such member, or not for the caller.
        ListNotFound: somebody else has no such list, or not for the caller.
        Forbidden: it is somebody else's.
        PreconditionFailed: it is not the version named by `If-Match`.
    """
    owner = await get_user(session, identity, member.id, username)
    if owner.id != member.id:
        if await reading.find_list(session, member.id, owner.id, slug) is None:
            raise ListNotFound
        raise Forbidden
    if slug == repository.WATCHLIST:
        await repository.ensure_watchlist(session, member.id)
    row = await repository.lock_list(session, member.id, slug)
    preconditions.require(None if row is None else row.revision)
    return row


async def lock_own_list(
    session: WriteSession,
    identity: Peer,
    member: Principal,
    username: str,
    slug: str,
    preconditions: Preconditions,
) -> Row[Any]:
    """Return what `find_own_list` does; raise `ListNotFound` in place of None."""
    row = await find_own_list(session, identity, member, username, slug, preconditions)
    if row is None:
        raise ListNotFound
    return row


async def lock_watchlist(
    session: WriteSession, member: Principal, preconditions: Preconditions
) -> Row[Any]:
    """Return the caller's watchlist, locked; made where it was not there yet."""
    await repository.ensure_watchlist(session, member.id)
    row = await repository.lock_list(session, member.id, repository.WATCHLIST)
    if row is None:
        raise ListNotFound
    preconditions.require(row.revision)
    return row


async def answer_list(
    session: WriteSession,
    member: UUID,
    slug: str,
    preconditions: Preconditions,
    filled: FillRead | None = None,
) -> ListFilled:
    """Return the caller's list as it stands now, its revision in the answer's ETag."""
    row = await reading.find_list(session, member, member, slug)
    if row is None:
        raise ListNotFound
    preconditions.answered(row.revision)
    answer = ListFilled.model_validate(read_list(row).model_dump())
    return answer if filled is None else answer.model_copy(update={"filled": filled})


async def create_list(session: WriteSession, member: Principal, body: ListCreate) -> Row[Any]:
    """Make a list; return its id and slug.

    Raises:
        ListNameTaken: the member has a live list of this name.
        TooManyLists: they have `MOST_LISTS`.
    """
    if await repository.lock_lists_of(session, member.id) >= MOST_LISTS:
        raise TooManyLists(most=MOST_LISTS)
    values = {
        **_named(body.name, body.description),
        "slug": slugify(body.name, fallback="list"),
        "privacy": body.privacy,
    }
    row: Row[Any] | None = await repository.create_list(session, member.id, values)
    if row is None:
        raise ListNameTaken
    return row


async def change_list(
    session: WriteSession, member: Principal, row: Row[Any], body: ListUpdate
) -> None:
    """Change a locked list's name, description and privacy as far as they are given.

    Raises:
        ListNameTaken: another live list of the member has this name.
        WatchlistStays: the watchlist keeps its name.
    """
    given = body.model_dump(exclude_unset=True, exclude={"fill"})
    changed = {name: value for name, value in given.items() if getattr(row, name) != value}
    if not changed:
        return
    values = {
        **_named(given.get("name", row.name), given.get("description", row.description)),
        "privacy": given.get("privacy", row.privacy),
    }
    if "name" in changed:
        if row.kind == "watchlist":
            raise WatchlistStays
        await repository.lock_lists_of(session, member.id)
        if await repository.name_taken(session, member.id, values["name_key"], row.id):
            raise ListNameTaken
    await repository.change_list(session, row.id, values)


async def tell_friends(session: WriteSession, member: Principal, shared: ListRead) -> None:
    """Tell the member's friends that they may now see a list. Called last."""
    friends = await reading.friends_to_tell(session, member.id)
    data = {"username": shared.owner.username, "slug": shared.slug, "name": shared.name}
    await notify(session, "list_shared", member, friends, Target("list", str(shared.id), data))


async def delete_list(
    session: WriteSession,
    identity: Peer,
    member: Principal,
    username: str,
    slug: str,
    preconditions: Preconditions,
) -> None:
    """Delete the caller's own list, if it is there.

    Raises:
        WatchlistStays: the watchlist cannot be deleted.
    """
    row = await find_own_list(session, identity, member, username, slug, preconditions)
    if row is None:
        return
    if row.kind == "watchlist":
        raise WatchlistStays
    await repository.delete_list(session, row.id)


async def put_movie(
    session: WriteSession,
    catalog: Peer,
    row: Row[Any],
    movie: str,
    body: ListMovieWrite | None,
    preconditions: Preconditions,
) -> tuple[ListMovieRead, bool]:
    """Put a film into a locked list or change its note; return whether it was not there.

    Raises:
        MovieNotFound: no such film.
        ListFull: the list holds `MOST_MOVIES`.
    """
    note_given = body is not None and "note" in body.model_fields_set
    note = body.note if body is not None else None
    placed = await with_movie(
        session,
        catalog,
        movie,
        lambda key: repository.put_movie(session, key, row.id, note, note_given=note_given),
    )
    if placed.place is None:
        raise ListFull(most=MOST_MOVIES)
    revision = row.revision
    if placed.before is None or placed.note != placed.note_before:
        revision = await repository.touch(session, row.id)
    preconditions.answered(revision)
    return read_list_movie(placed), placed.before is None


async def remove_movie(session: WriteSession, catalog: Peer, row: Row[Any], movie: str) -> None:
    """Take a film out of a locked list, if it is there."""
    gone = await with_movie(
        session, catalog, movie, lambda key: repository.remove_movie(session, key, row.id)
    )
    if gone.removed is not None:
        await repository.touch(session, row.id)


async def reorder(session: WriteSession, row: Row[Any], movies: list[str]) -> None:
    """Put the films of a locked list in this order, those left out after them as they were.

    Raises:
        Invalid: `movie_not_in_list`.
    """
    missing = await repository.missing_movies(session, row.id, movies)
    if missing:
        raise Invalid(
            errors=[
                FieldError(
                    pointer=f"/movies/{index}",
                    code="movie_not_in_list",
                    detail="This movie is not in the list.",
                )
                for index in missing
            ]
        )
    if await repository.reorder(session, row.id, movies):
        await repository.touch(session, row.id)
