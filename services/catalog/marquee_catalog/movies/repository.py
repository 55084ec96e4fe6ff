"""The SQL of films."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Row, text

from marquee_catalog.movies.documents import detail, snapshot
from marquee_catalog.movies.listing import (
    SORTS,
    MovieFilters,
    count_statement,
    page_statement,
)
from marquee_catalog.search.query import SearchQuery
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.pagination import CursorWindow
from marquee_shared.slugs import fold

_BY_SLUG = "m.slug = :slug"
_BY_FOREIGN_ID = (
    "m.id = (SELECT movie_id FROM external_ids WHERE source = :source AND foreign_id = :foreign_id)"
)
_INCLUDES = ("", "credits", "translations", "credits,translations")
_DETAILS = {
    included: text(detail(_BY_SLUG, include=tuple(filter(None, included.split(",")))))
    for included in _INCLUDES
}
_SNAPSHOT = text(snapshot())
_LOOKUP = text(detail(_BY_FOREIGN_ID))


async def read_detail(
    session: ReadSession | WriteSession, slug: str, *, language: str, include: frozenset[str]
) -> Row[Any] | None:
    """Return `id`, `revision` and `body` (JSON text) of a live film, or None."""
    statement = _DETAILS[",".join(sorted(include))]
    return (await session.execute(statement, {"slug": slug, "language": language})).one_or_none()


async def read_snapshot(session: WriteSession, movie_id: int) -> dict[str, Any]:
    """Return all that editors write about a film, whether it is live or not."""
    found: dict[str, Any] = orjson.loads(
        await session.scalar(_SNAPSHOT, {"id": movie_id, "language": ""})
    )
    return found


async def read_by_foreign_id(
    session: ReadSession, source: str, foreign_id: str, *, language: str
) -> Row[Any] | None:
    """Return the same of the film with a foreign id, or None."""
    values = {"source": source, "foreign_id": foreign_id, "language": language}
    return (await session.execute(_LOOKUP, values)).one_or_none()


async def read_page(
    session: ReadSession,
    filters: MovieFilters,
    query: SearchQuery | None,
    sort: str,
    window: CursorWindow,
    *,
    language: str,
    offset: int,
) -> tuple[list[str], list[list[Any]]]:
    """Return the JSON texts and sort keys of up to `limit + 1` films."""
    after = list(window.after) if window.after is not None else None
    statement, parameters = page_statement(filters, query, SORTS[sort], after=after)
    values = {**parameters, "language": language, "offset": offset, "limit": window.limit + 1}
    rows = (await session.execute(text(statement), values)).all()
    return [row[0] for row in rows], [list(row[1:]) for row in rows]


_DELETED_MATCH = (
    "m.deleted_at IS NOT NULL AND m.merged_into IS NULL "
    "AND (CAST(:q AS text) IS NULL OR strpos(m.folded_title, CAST(:q AS text)) > 0)"
)
_DELETED = text(
    f"SELECT m.slug, m.title, m.year, m.deleted_at FROM movies AS m WHERE {_DELETED_MATCH} "  # noqa: S608 - constants
    "ORDER BY m.deleted_at DESC, m.id DESC OFFSET :offset LIMIT :limit"
)
_COUNT_DELETED = text(f"SELECT count(*) FROM movies AS m WHERE {_DELETED_MATCH}")  # noqa: S608 - likewise


def _folded(q: str | None) -> str | None:
    return fold(q.strip()) if q and q.strip() else None


async def read_deleted(
    session: ReadSession, q: str | None, *, offset: int, limit: int
) -> Sequence[Row[Any]]:
    """Return films that can be restored, the last deleted first, by a part of their title."""
    values = {"q": _folded(q), "offset": offset, "limit": limit}
    return (await session.execute(_DELETED, values)).all()


async def count_deleted(session: ReadSession, q: str | None) -> int:
    """Return how many films can be restored."""
    return int(await session.scalar(_COUNT_DELETED, {"q": _folded(q)}) or 0)


async def count_movies(
    session: ReadSession, filters: MovieFilters, query: SearchQuery | None
) -> int:
    """Return how many films a list holds."""
    statement, parameters = count_statement(filters, query)
    return int(await session.scalar(text(statement), parameters) or 0)
