"""How many live films a genre, tag, platform, award or person has, kept beside them.

Editors change a count by what their edit adds and takes away, which is right under any
concurrency; imports and the nightly refresh count anew.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import text

from marquee_catalog.history.slugs import TABLES
from marquee_shared.database import WriteSession

LINKS = {
    "genre": ("movie_genres", "genre_id"),
    "platform": ("movie_platforms", "platform_id"),
    "award": ("movie_awards", "award_id"),
    "tag": ("movie_tags", "tag_id"),
    "person": ("credits", "person_id"),
}
"""Kind → the table that joins it to films, and its column there."""

Link = tuple[str, int]
"""A kind and an id: something that a film has."""

_LINKED = text(
    " UNION ALL ".join(
        f"SELECT DISTINCT '{kind}' AS kind, {column} AS id FROM {table} WHERE movie_id = :movie_id"  # noqa: S608 - our own names
        for kind, (table, column) in LINKS.items()
    )
)

_CHANGE = {
    kind: text(
        f"""
        WITH change AS (
            SELECT t.id, c.films
            FROM unnest(CAST(:ids AS bigint[]), CAST(:films AS integer[])) AS c (id, films)
            JOIN {TABLES[kind]} AS t ON t.id = c.id ORDER BY t.id FOR NO KEY UPDATE OF t
        )
        UPDATE {TABLES[kind]} AS t SET film_count = t.film_count + change.films
        FROM change WHERE t.id = change.id
        """  # noqa: S608 - our own names
    )
    for kind in LINKS
}

_RECOUNT = {
    kind: text(
        f"""
        UPDATE {TABLES[kind]} AS t SET film_count = counted.films
        FROM (
            SELECT t.id, count(DISTINCT m.id) AS films
            FROM {TABLES[kind]} AS t LEFT JOIN {table} AS l ON l.{column} = t.id
            LEFT JOIN movies AS m ON m.id = l.movie_id AND m.deleted_at IS NULL
            WHERE CAST(:ids AS bigint[]) IS NULL OR t.id = ANY(CAST(:ids AS bigint[]))
            GROUP BY t.id
        ) AS counted
        WHERE t.id = counted.id AND t.film_count <> counted.films
        """  # noqa: S608 - our own names
    )
    for kind, (table, column) in LINKS.items()
}


async def linked(session: WriteSession, movie_id: int) -> set[Link]:
    """Return all that a film has."""
    rows = await session.execute(_LINKED, {"movie_id": movie_id})
    return {(row.kind, row.id) for row in rows}


async def change_counts(
    session: WriteSession, before: Iterable[Link], after: Iterable[Link]
) -> None:
    """Count a film out of what it had and into what it has."""
    change: Counter[Link] = Counter(after)
    change.subtract(Counter(before))
    for kind in LINKS:
        films = {id_: n for (its_kind, id_), n in change.items() if its_kind == kind and n}
        if films:
            values = {"ids": list(films), "films": list(films.values())}
            await session.execute(_CHANGE[kind], values)


async def recount(session: WriteSession, kind: str, ids: Sequence[int] | None = None) -> None:
    """Count the films of these of a kind anew, or of all of them."""
    await session.execute(_RECOUNT[kind], {"ids": list(ids) if ids is not None else None})


async def recount_all(session: WriteSession) -> None:
    """Count anew for everything: after an import, and every night."""
    for kind in LINKS:
        await recount(session, kind)
