"""The SQL that reads lists, as far as the viewer may see them."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.slugs import fold
from marquee_social.movies.repository import CARD, MOVIE, MovieKey
from marquee_social.visibility.rule import VIEWER, friends_of, visible, visible_of_many

NEWEST = 2**63 - 1
FRIENDS_TOLD = 1_000
"""How many friends, the latest, are told of a shared list."""

_VISIBLE = f"""
    l.deleted_at IS NULL AND {visible("l.user_id", "l.privacy")}
    AND (l.hidden_at IS NULL OR l.user_id IS NOT DISTINCT FROM {VIEWER})
"""
"""What moderators have hidden is shown to its owner alone."""
_LIST = """
    SELECT l.id, l.kind, l.slug, l.name, l.description, l.privacy, l.created_at, l.updated_at,
        l.revision, u.id AS owner_id, u.username, u.name AS owner_name, u.avatar_url, (
            SELECT count(*) FROM list_movies lm JOIN movies m ON m.id = lm.movie_id
            WHERE lm.list_id = l.id AND NOT m.deleted
        ) AS movie_count, ARRAY(
            SELECT m.cover_url FROM list_movies lm JOIN movies m ON m.id = lm.movie_id
            WHERE lm.list_id = l.id AND NOT m.deleted AND m.cover_url IS NOT NULL
            ORDER BY lm.position, lm.movie_id LIMIT 4
        ) AS covers
    FROM lists l JOIN users u ON u.id = l.user_id AND NOT u.deleted
"""

FIND = text(f"{_LIST} WHERE l.user_id = :owner AND l.slug = :slug AND {_VISIBLE}")
SHARED = text(
    f"""
    SELECT l.id, l.user_id, l.name, l.description, ARRAY(
        SELECT lm.note FROM list_movies lm WHERE lm.list_id = l.id AND lm.note <> ''
        ORDER BY lm.position, lm.movie_id LIMIT 50
    ) AS notes
    FROM lists l WHERE l.id = :list_id AND {_VISIBLE}
    """  # noqa: S608 - constants
)
OF_MEMBER = text(
    f"{_LIST} WHERE l.user_id = :owner AND l.kind = 'list' AND l.id < :before AND {_VISIBLE} "
    "ORDER BY l.id DESC LIMIT :limit"
)
NEAR = 1_000
"""Of how many of the newest lists the words are looked at before the index of words is."""

# What a page passes over and what a total counts is read from one index, and nothing else of it.
_FOUND = f"""
    FROM lists l WHERE l.kind = 'list' AND l.deleted_at IS NULL
        AND {visible_of_many("l.user_id", "l.privacy")}
        AND (l.hidden_at IS NULL OR l.user_id IS NOT DISTINCT FROM {VIEWER})
"""
_MATCHING = f"{_FOUND} AND l.search @@ to_tsquery('simple', :query)"
_BEFORE = "AND l.id < :before ORDER BY l.id DESC LIMIT"


def _page_of(found: str) -> str:
    return f"""
    {_LIST} JOIN (
        SELECT l.id {found} {_BEFORE} :limit OFFSET :offset
    ) AS page ON page.id = l.id
    ORDER BY l.id DESC
    """


BROWSE = text(_page_of(_FOUND))
# A word that stands in many lists is found among the newest, without reading all it stands in.
SEARCH = text(
    f"""
    WITH near AS MATERIALIZED (
        SELECT id FROM (
            SELECT l.id, l.search {_FOUND} {_BEFORE} {NEAR}
        ) AS newest
        WHERE search @@ to_tsquery('simple', :query)
    ), enough AS MATERIALIZED (
        SELECT count(*) >= CAST(:limit AS bigint) + CAST(:offset AS bigint) AS it_is FROM near
    ), matching AS (
        SELECT id FROM near WHERE (SELECT it_is FROM enough)
        UNION ALL SELECT l.id {_MATCHING} AND l.id < :before AND NOT (SELECT it_is FROM enough)
    )
    {_page_of("FROM matching AS l WHERE true")}
    """  # noqa: S608 - constants
)
COUNT_ALL, COUNT = text(f"SELECT count(*) {_FOUND}"), text(f"SELECT count(*) {_MATCHING}")
HOLDING = text(
    f"""
    WITH {MOVIE}
    {_LIST} JOIN list_movies held ON held.list_id = l.id
    WHERE held.movie_id = (SELECT movie.id FROM movie) AND l.user_id = {VIEWER}
        AND l.deleted_at IS NULL AND l.id < :before
    ORDER BY l.id DESC LIMIT :limit
    """  # noqa: S608 - constants
)
MOVIES = text(
    f"""
    SELECT {CARD}, lm.position AS place, lm.note, lm.added_at
    FROM list_movies lm JOIN movies m ON m.id = lm.movie_id AND NOT m.deleted
    WHERE lm.list_id = :list_id
        AND (lm.position, lm.movie_id) > (CAST(:place AS integer), CAST(:movie_id AS bigint))
        AND m.folded LIKE ALL (CAST(:words AS text[]))
    ORDER BY lm.position, lm.movie_id LIMIT :limit
    """  # noqa: S608 - constants
)
KNOWN_MOVIE = text(f"WITH {MOVIE} SELECT id FROM movie")  # noqa: S608 - constants
FRIENDS = text(
    f"SELECT id FROM {friends_of()} AS f (id, since) ORDER BY since DESC LIMIT {FRIENDS_TOLD}"  # noqa: S608 - constants
)

ListRow = Row[Any]
"""A list with its owner's card, `movie_count` and `covers`."""


def _words(query: str) -> list[str]:
    return re.findall(r"[^\W_]+", fold(query))


def search_query(query: str | None) -> str | None:
    """Return what people type as a `tsquery`: each word begins one of the list's."""
    if query is None or not query.strip():
        return None
    return " & ".join(f"{word}:*" for word in _words(query)) or "nothing:*"


async def find_list(
    session: ReadSession | WriteSession, viewer: UUID | None, owner: UUID, slug: str
) -> ListRow | None:
    """Return a list that the viewer may see."""
    values = {"viewer": viewer, "owner": owner, "slug": slug}
    return (await session.execute(FIND, values)).one_or_none()


async def find_shared_list(
    session: ReadSession | WriteSession, viewer: UUID, list_id: int
) -> Row[Any] | None:
    """Return whose a list is that the viewer may see, and the words in it."""
    return (await session.execute(SHARED, {"viewer": viewer, "list_id": list_id})).one_or_none()


async def lists_of(
    session: ReadSession, viewer: UUID | None, owner: UUID, before: int, limit: int
) -> Sequence[ListRow]:
    """Return a member's lists that the viewer may see, newest first."""
    values = {"viewer": viewer, "owner": owner, "before": before, "limit": limit}
    return (await session.execute(OF_MEMBER, values)).all()


async def search_lists(
    session: ReadSession,
    viewer: UUID | None,
    query: str | None,
    before: int,
    limit: int,
    offset: int,
) -> Sequence[ListRow]:
    """Return everybody's lists that the viewer may see and a `tsquery` matches, newest first."""
    values: dict[str, Any] = {"viewer": viewer, "before": before, "limit": limit, "offset": offset}
    if query is None:
        return (await session.execute(BROWSE, values)).all()
    return (await session.execute(SEARCH, {**values, "query": query})).all()


async def count_lists(session: ReadSession, viewer: UUID | None, query: str | None) -> int:
    """Return how many lists `search_lists` would find."""
    if query is None:
        return int(await session.scalar(COUNT_ALL, {"viewer": viewer}) or 0)
    return int(await session.scalar(COUNT, {"viewer": viewer, "query": query}) or 0)


async def is_known(session: ReadSession, movie: MovieKey) -> bool:
    """Whether the replica has this film."""
    return await session.scalar(KNOWN_MOVIE, movie.parameters) is not None


async def lists_holding(
    session: ReadSession, member: UUID, movie: MovieKey, before: int, limit: int
) -> Sequence[ListRow]:
    """Return a member's own lists that hold a film, the watchlist too, newest first."""
    values = {"viewer": member, "before": before, "limit": limit, **movie.parameters}
    return (await session.execute(HOLDING, values)).all()


async def list_movies(
    session: ReadSession, list_id: int, query: str, after: tuple[int, int], limit: int
) -> Sequence[Row[Any]]:
    """Return the films of a list in their order whose titles hold each word, after a place."""
    values = {
        "list_id": list_id,
        "place": after[0],
        "movie_id": after[1],
        "words": [f"%{word}%" for word in _words(query)] or ["%"],
        "limit": limit,
    }
    return (await session.execute(MOVIES, values)).all()


async def friends_to_tell(session: WriteSession, member: UUID) -> Sequence[UUID]:
    """Return a member's friends, the latest first, as many as are told of a shared list."""
    return (await session.scalars(FRIENDS, {"viewer": member})).all()
