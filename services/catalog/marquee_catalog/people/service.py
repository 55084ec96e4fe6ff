"""The rules of people."""

from typing import Any

from sqlalchemy import Row

from marquee_catalog.history import lifecycle
from marquee_catalog.history.slugs import missing
from marquee_catalog.people import repository
from marquee_catalog.people.errors import PersonNotFound
from marquee_catalog.people.models import Person
from marquee_catalog.people.schemas import PersonSummary
from marquee_catalog.search.query import understand
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.pagination import BrowsePage, BrowseWindow
from marquee_shared.problems import Invalid


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


KIND = "person"


async def get_person(
    session: ReadSession | WriteSession, slug: str, *, include: str | None = None, language: str
) -> Row[Any]:
    """Return `id`, `revision` and `body` of a live person.

    Raises:
        PersonNotFound: nobody live has this slug.
        Moved: it is a former slug.
        Invalid: a part that a person does not have.
    """
    parts = {part.strip() for part in (include or "").split(",") if part.strip()}
    if unknown := sorted(parts - {"translations"}):
        raise Invalid.at("/query/include", "unknown_part", f"There is no part {unknown[0]!r}.")
    person = await repository.read_person(
        session, slug, language=language, translations=bool(parts)
    )
    if person is None:
        raise await missing(session, KIND, slug, PersonNotFound)
    return person


async def find_any_id(session: ReadSession, slug: str) -> int:
    """Return the id of who has a slug, or had it when they were deleted.

    Raises:
        PersonNotFound: there never was anybody.
        Moved: it is a former slug.
    """
    person_id = await lifecycle.any_id(session, Person, KIND, slug)
    if person_id is None:
        raise await missing(session, KIND, slug, PersonNotFound)
    return person_id
