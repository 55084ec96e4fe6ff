"""The SQL of genres, platforms, awards and tags."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, TextClause, text

from marquee_catalog.movies.counts import LINKS
from marquee_catalog.taxonomies.kinds import TAXONOMIES, Taxonomy
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.pagination import BrowseWindow

Sort = Literal["name", "-name", "films", "-films"]

_FOLDED = r"regexp_replace(normalize(lower({}), NFKD), '[\u0300-\u036f]', '', 'g')"

_KEYS = {
    "name": (('name COLLATE "C"', "text"), False),
    "-name": (('name COLLATE "C"', "text"), True),
    "films": (("film_count", "integer"), True),
    "-films": (("film_count", "integer"), False),
}
"""Sort → its column, the type of that column, and whether it descends."""


@dataclass(frozen=True, slots=True)
class _Statements:
    pages: dict[str, TextClause]
    searches: dict[str, TextClause]
    count: TextClause
    count_search: TextClause
    detail: TextClause


def _statements(taxonomy: Taxonomy) -> _Statements:
    table = taxonomy.plural
    names, name, translations = "", "t.name", "'{}'::json"
    if taxonomy.translation is not None:
        translated, column = f"{taxonomy.kind}_translations", f"{taxonomy.kind}_id"
        names = f"LEFT JOIN {translated} AS n ON n.{column} = t.id AND n.language = :language"
        name = "coalesce(n.name, t.name)"
        translations = (
            "coalesce((SELECT json_object_agg(language, name ORDER BY language) "  # noqa: S608 - our own names
            f"FROM {translated} WHERE {column} = t.id), '{{}}')"
        )
    columns = f"t.id, t.slug, {name} AS name, t.film_count, t.created_at, t.updated_at, t.revision"
    live = f"SELECT {columns} FROM {table} AS t {names} WHERE t.deleted_at IS NULL"  # noqa: S608 - our own names
    matches = f"strpos({_FOLDED.format('name')}, {_FOLDED.format('CAST(:q AS text)')}) > 0"

    def page(condition: str, sort: str) -> TextClause:
        (column, type_), descending = _KEYS[sort]
        beyond, direction = ("<", "DESC") if descending else (">", "ASC")
        return text(
            f"""
            SELECT * FROM ({live}) AS term WHERE {condition}
              AND (CAST(:after_key AS {type_}) IS NULL OR ({column}, id)
                   {beyond} (CAST(:after_key AS {type_}), CAST(:after_id AS bigint)))
            ORDER BY {column} {direction}, id {direction} OFFSET :offset LIMIT :limit
            """  # noqa: S608 - our own names
        )

    return _Statements(
        pages={sort: page("true", sort) for sort in _KEYS},
        searches={sort: page(matches, sort) for sort in _KEYS},
        count=text(f"SELECT count(*) FROM {table} WHERE deleted_at IS NULL"),  # noqa: S608
        count_search=text(f"SELECT count(*) FROM ({live}) AS term WHERE {matches}"),  # noqa: S608
        detail=text(
            f"""
            SELECT term.*, {translations.replace("t.id", "term.id")} AS translations
            FROM ({live}) AS term WHERE slug = :slug
            """  # noqa: S608
        ),
    )


_SQL = {taxonomy.kind: _statements(taxonomy) for taxonomy in TAXONOMIES}

_MERGE = {
    "genre": "INSERT INTO movie_genres (movie_id, genre_id, position) "
    "SELECT movie_id, :into, position FROM movie_genres WHERE genre_id = :gone "
    "ON CONFLICT DO NOTHING",
    "platform": "INSERT INTO movie_platforms (movie_id, platform_id, country) "
    "SELECT movie_id, :into, country FROM movie_platforms WHERE platform_id = :gone "
    "ON CONFLICT DO NOTHING",
    "award": "INSERT INTO movie_awards (movie_id, award_id, category, year, won) "
    "SELECT movie_id, :into, category, year, won FROM movie_awards WHERE award_id = :gone "
    "ON CONFLICT DO NOTHING",
    "tag": "INSERT INTO movie_tags AS t (movie_id, tag_id, count) "
    "SELECT movie_id, :into, count FROM movie_tags WHERE tag_id = :gone "
    "ON CONFLICT (movie_id, tag_id) DO UPDATE SET count = t.count + excluded.count",
}
_MERGE_PERSON_AWARDS = text(
    "INSERT INTO person_awards (person_id, award_id, category, year, won) "
    "SELECT person_id, :into, category, year, won FROM person_awards WHERE award_id = :gone "
    "ON CONFLICT DO NOTHING"
)


def _parameters(taxonomy: Taxonomy, language: str) -> dict[str, Any]:
    return {"language": language} if taxonomy.translation is not None else {}


async def read_page(
    session: ReadSession,
    taxonomy: Taxonomy,
    q: str | None,
    sort: str,
    window: BrowseWindow,
    *,
    language: str,
) -> tuple[list[Row[Any]], list[tuple[Any, int]]]:
    """Return up to `limit + 1` terms and their sort keys."""
    after = window.after or (None, None)
    statements = _SQL[taxonomy.kind]
    values = {
        **_parameters(taxonomy, language),
        "after_key": after[0],
        "after_id": after[1],
        "offset": window.offset,
        "limit": window.limit + 1,
    }
    if q is None:
        rows = (await session.execute(statements.pages[sort], values)).all()
    else:
        rows = (await session.execute(statements.searches[sort], {**values, "q": q})).all()
    by_name = sort.endswith("name")
    return list(rows), [(row.name if by_name else row.film_count, row.id) for row in rows]


async def count_terms(
    session: ReadSession, taxonomy: Taxonomy, q: str | None, *, language: str
) -> int:
    """Return how many terms a list holds."""
    statements = _SQL[taxonomy.kind]
    if q is None:
        return int(await session.scalar(statements.count) or 0)
    values = {**_parameters(taxonomy, language), "q": q}
    return int(await session.scalar(statements.count_search, values) or 0)


async def read_term(
    session: ReadSession | WriteSession, taxonomy: Taxonomy, slug: str, *, language: str
) -> Row[Any] | None:
    """Return a live term with its translations, or None."""
    values = {**_parameters(taxonomy, language), "slug": slug}
    return (await session.execute(_SQL[taxonomy.kind].detail, values)).one_or_none()


async def move_films(session: WriteSession, taxonomy: Taxonomy, gone: int, into: int) -> None:
    """Give every film of one term the other in its place."""
    values = {"gone": gone, "into": into}
    await session.execute(text(_MERGE[taxonomy.kind]), values)
    table, column = LINKS[taxonomy.kind]
    await session.execute(
        text(f"DELETE FROM {table} WHERE {column} = :gone"),  # noqa: S608 - our own names
        {"gone": gone},
    )
    if taxonomy.kind == "award":
        await session.execute(_MERGE_PERSON_AWARDS, values)
        await session.execute(
            text("DELETE FROM person_awards WHERE award_id = :gone"), {"gone": gone}
        )
