"""The typeahead: films, people and genres by what has been typed so far.

Three statements at most besides the one for spelling; ranked by match, and among equals films
by popularity, people by how many films they have.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import text

from marquee_catalog.movies.documents import COVER_URL, TRANSLATION
from marquee_catalog.search.query import SearchQuery, ranked, understand
from marquee_catalog.search.schemas import Suggestion, Type
from marquee_catalog.search.spans import match_span
from marquee_shared.database import ReadSession

_MOVIES = f"""
    SELECT chosen.rank, m.id, m.slug, m.year, {COVER_URL} AS cover_url, ARRAY[mt.title, m.title,
        m.original_title] || m.alternative_titles || ARRAY(
            SELECT title FROM movie_translations WHERE movie_id = m.id ORDER BY language
        ) AS titles
    FROM ({{chosen}}) AS chosen JOIN movies AS m ON m.id = chosen.id {TRANSLATION}
    ORDER BY chosen.rank DESC, m.popularity DESC, m.id DESC
"""  # noqa: S608 - composed of constants

# A beginning of one or two letters fits thousands of people: those with the most films are looked
# through first, and only when they do not fill the answer is everybody asked for by the words'
# index (materialised, or the planner walks through all of them by their films).
_PEOPLE = text(
    """
    WITH known AS MATERIALIZED (
        SELECT * FROM (
            SELECT * FROM people WHERE deleted_at IS NULL
            ORDER BY film_count DESC, id DESC LIMIT :known
        ) AS p WHERE p.lexemes @@ CAST(CAST(:exact AS text) AS tsquery)
        ORDER BY p.film_count DESC, p.id DESC LIMIT :limit
    ), named AS MATERIALIZED (
        SELECT * FROM people AS p
        WHERE (SELECT count(*) FROM known) < :limit
          AND p.deleted_at IS NULL AND p.lexemes @@ CAST(CAST(:exact AS text) AS tsquery)
    ), spelled AS MATERIALIZED (
        SELECT * FROM people AS p
        WHERE :forgiving AND (SELECT count(*) FROM known) < :limit
          AND p.deleted_at IS NULL AND p.lexemes @@ CAST(CAST(:tolerant AS text) AS tsquery)
          AND NOT p.lexemes @@ CAST(CAST(:exact AS text) AS tsquery)
    )
    SELECT rank, id, slug, name, portrait_url FROM (
        SELECT 5 AS rank, * FROM known WHERE (SELECT count(*) FROM known) >= :limit
        UNION ALL SELECT 5, * FROM named
        UNION ALL SELECT 3, * FROM spelled
    ) AS found ORDER BY rank DESC, film_count DESC, id DESC LIMIT :limit
    """
)

_GENRES = text(
    """
    SELECT g.id, g.slug, g.film_count, coalesce(t.name, g.name) AS name
    FROM genres AS g
    LEFT JOIN genre_translations AS t ON t.genre_id = g.id AND t.language = :language
    WHERE g.deleted_at IS NULL ORDER BY g.film_count DESC, g.id
    """
)

_ORDER: dict[Type, int] = {"genre": 0, "movie": 1, "person": 2}
_WHOLE, _BEGINNING, _WORDS, _TYPO = 7, 6, 5, 3

KNOWN = 2_000
"""People with the most films, through whom a typeahead looks first."""
Ranked = tuple[int, Suggestion]


def _rank(rank: int, query: SearchQuery, name: str) -> int:
    """Return the rank of a name among films': its very words, its beginning, words, a typo."""
    if rank != _WORDS:
        return rank
    folded = " ".join(query.words)
    span = match_span(query.words, name)
    if span == (0, len(name)):
        return _WHOLE
    return _BEGINNING if span is not None and span[0] == 0 and " " in folded else _WORDS


def _shown(words: tuple[str, ...], titles: Iterable[str | None]) -> tuple[str, tuple[int, int]]:
    """Return the first title that has what was typed, and where; else the first title, whole."""
    first: str | None = None
    for title in titles:
        if title is None:
            continue
        first = first or title
        if (span := match_span(words, title)) is not None:
            return title, span
    return first or "", (0, len(first or ""))


async def _movies(
    session: ReadSession, query: SearchQuery, limit: int, language: str
) -> list[Ranked]:
    tiers = [tier for tier in query.tiers if tier.in_title]
    chosen = ranked(
        tiers, "m.id", "m.deleted_at IS NULL", reach="CAST(:limit AS bigint)", descending=True
    )
    statement = _MOVIES.format(chosen=f"SELECT * FROM ({chosen}) AS tiers LIMIT :limit")  # noqa: S608 - as above
    values: dict[str, Any] = {
        name: value for name, value in query.parameters.items() if f":{name} " in statement
    }
    rows = await session.execute(text(statement), {**values, "language": language, "limit": limit})
    found = []
    for row in rows:
        title, span = _shown(query.words, row.titles)
        found.append((row.rank, Suggestion(
            type="movie", id=row.id, slug=row.slug, title=title, year=row.year,
            cover_url=row.cover_url, match=span,
        )))  # fmt: skip
    return found


async def _people(session: ReadSession, query: SearchQuery, limit: int) -> list[Ranked]:
    values = {
        "exact": query.exact, "tolerant": query.tolerant, "limit": limit, "known": KNOWN,
        "forgiving": query.tolerant != query.exact,
    }  # fmt: skip
    found = []
    for row in await session.execute(_PEOPLE, values):
        name, span = _shown(query.words, [row.name])
        found.append((_rank(row.rank, query, row.name), Suggestion(
            type="person", id=row.id, slug=row.slug, title=name, cover_url=row.portrait_url,
            match=span,
        )))  # fmt: skip
    return found


async def _genres(session: ReadSession, query: SearchQuery, language: str) -> list[Ranked]:
    found: list[Ranked] = []
    for row in await session.execute(_GENRES, {"language": language}):
        span = match_span(query.words, row.name)
        if span is not None:
            whole = span == (0, len(row.name))
            rank = _WHOLE if whole else _BEGINNING if span[0] == 0 else _WORDS
            found.append((rank, Suggestion(
                type="genre", id=row.id, slug=row.slug, title=row.name, match=span,
            )))  # fmt: skip
    return found


async def suggest(
    session: ReadSession, typed: str, types: frozenset[Type], *, limit: int, language: str
) -> list[Suggestion]:
    """Return what may be meant, best first: by match, then genres, films, people."""
    query = await understand(session, typed)
    if query.is_empty:
        return []
    found: list[Ranked] = []
    if "genre" in types:
        found += await _genres(session, query, language)
    if "movie" in types:
        found += await _movies(session, query, limit, language)
    if "person" in types:
        found += await _people(session, query, limit)
    found.sort(key=lambda pair: (-pair[0], _ORDER[pair[1].type]))
    return [suggestion for _, suggestion in found[:limit]]
