"""Lists of lists, and of what stands in one."""

from uuid import UUID

from marquee_shared.database import ReadSession
from marquee_shared.pagination import BrowsePage, BrowseWindow, CursorPage, CursorWindow
from marquee_shared.peers import Peer
from marquee_social.lists import reading
from marquee_social.lists.errors import ListNotFound
from marquee_social.lists.repository import WATCHLIST
from marquee_social.lists.schemas import ListMovieRead, ListRead
from marquee_social.lists.service import read_list, read_list_movie
from marquee_social.movies.repository import MovieKey
from marquee_social.movies.service import ask_catalog
from marquee_social.users.service import get_user


def _before(window: CursorWindow) -> int:
    return reading.NEWEST if window.after is None else int(window.after[0])


def _page(window: CursorWindow, rows: list[reading.ListRow]) -> CursorPage[ListRead]:
    return CursorPage(
        items=[read_list(row) for row in rows[: window.limit]],
        next_cursor=window.next_cursor([(row.id,) for row in rows]),
    )


async def get_list(
    session: ReadSession, identity: Peer, viewer: UUID | None, username: str, slug: str
) -> tuple[ListRead, int]:
    """Return a list that the viewer may see, and its revision.

    Raises:
        UserNotFound, ListNotFound: there is none, or not for the viewer.
    """
    owner = await get_user(session, identity, viewer, username)
    row = await reading.find_list(session, viewer, owner.id, slug)
    if row is None:
        raise ListNotFound
    return read_list(row), row.revision


async def own_lists(
    session: ReadSession, member: UUID, window: CursorWindow
) -> CursorPage[ListRead]:
    """Return one stretch of the caller's lists, newest first."""
    rows = await reading.lists_of(session, member, member, _before(window), window.limit + 1)
    return _page(window, list(rows))


async def lists_of(
    session: ReadSession,
    identity: Peer,
    viewer: UUID | None,
    username: str,
    window: CursorWindow,
) -> CursorPage[ListRead]:
    """Return one stretch of those of a member's lists that the viewer may see."""
    owner = await get_user(session, identity, viewer, username)
    rows = await reading.lists_of(session, viewer, owner.id, _before(window), window.limit + 1)
    return _page(window, list(rows))


async def search_lists(
    session: ReadSession, viewer: UUID | None, query: str | None, window: BrowseWindow
) -> BrowsePage[ListRead]:
    """Return one stretch or page of the lists that match, newest first."""
    sought = reading.search_query(query)
    rows = await reading.search_lists(
        session, viewer, sought, _before(window), window.limit + 1, window.offset
    )
    page = _page(window, list(rows))
    if window.page is None:
        return BrowsePage(items=page.items, next_cursor=page.next_cursor)
    total = await reading.count_lists(session, viewer, sought)
    return BrowsePage(
        items=page.items,
        next_cursor=page.next_cursor,
        page=window.page,
        pages=window.pages(total),
        total=total,
    )


async def lists_holding(
    session: ReadSession, catalog: Peer, member: UUID, slug: str, window: CursorWindow
) -> CursorPage[ListRead]:
    """Return one stretch of the caller's lists that hold a film.

    Raises:
        MovieNotFound: no such film.
    """
    key = MovieKey(slug)
    if not await reading.is_known(session, key):
        key = MovieKey(slug, (await ask_catalog(catalog, slug)).id)
    rows = await reading.lists_holding(session, member, key, _before(window), window.limit + 1)
    return _page(window, list(rows))


async def movies_of(
    session: ReadSession,
    identity: Peer,
    viewer: UUID | None,
    username: str,
    slug: str,
    query: str | None,
    window: CursorWindow,
) -> CursorPage[ListMovieRead]:
    """Return one stretch of a list's films in their order.

    Raises:
        UserNotFound, ListNotFound: there is none, or not for the viewer.
    """
    owner = await get_user(session, identity, viewer, username)
    return await _movies(session, viewer, owner.id, slug, query, window)


async def watchlist(
    session: ReadSession, member: UUID, query: str | None, window: CursorWindow
) -> CursorPage[ListMovieRead]:
    """Return one stretch of the caller's watchlist, empty before its first film."""
    try:
        return await _movies(session, member, member, WATCHLIST, query, window)
    except ListNotFound:
        return CursorPage(items=[], next_cursor=None)


async def _movies(
    session: ReadSession,
    viewer: UUID | None,
    owner: UUID,
    slug: str,
    query: str | None,
    window: CursorWindow,
) -> CursorPage[ListMovieRead]:
    held = await reading.find_list(session, viewer, owner, slug)
    if held is None:
        raise ListNotFound
    after = (0, 0) if window.after is None else (int(window.after[0]), int(window.after[1]))
    rows = await reading.list_movies(session, held.id, query or "", after, window.limit + 1)
    return CursorPage(
        items=[read_list_movie(row) for row in rows[: window.limit]],
        next_cursor=window.next_cursor([(row.place, row.id) for row in rows]),
    )
