"""The rules of people."""

from typing import Any

from sqlalchemy import Row

from marquee_catalog.people import repository
from marquee_catalog.people.errors import PersonNotFound
from marquee_catalog.people.schemas import PersonSummary
from marquee_catalog.search.query import understand
from marquee_shared.database import ReadSession
from marquee_shared.pagination import BrowsePage, BrowseWindow


async def list_people(
    session: ReadSession, *, q: str | None, role: str | None, window: BrowseWindow
) -> BrowsePage[PersonSummary]:
    """Return one page of people."""
    query = await understand(session, q) if q is not None and q.strip() else None
    rows: list[Row[Any]] = []
    keys: list[tuple[Any, ...]] = []
    if query is None or not query.is_empty:
        rows, keys = await repository.read_people(session, query, role, window)
    page = BrowsePage[PersonSummary](
        items=[PersonSummary.model_validate(row) for row in rows[: window.limit]],
        next_cursor=window.next_cursor(keys),
    )
    if window.page is not None:
        page.page = window.page
        empty = query is not None and query.is_empty
        page.total = 0 if empty else await repository.count_people(session, query, role)
        page.pages = window.pages(page.total)
    return page


async def get_person(session: ReadSession, slug: str) -> Row[Any]:
    """Return `id`, `revision` and `body` of a live person.

    Raises:
        PersonNotFound: nobody live has this slug.
    """
    person = await repository.read_person(session, slug)
    if person is None:
        raise PersonNotFound
    return person
