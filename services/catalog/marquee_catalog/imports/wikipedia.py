"""Reads the film data collected from Wikipedia's lists, and joins it with films we have.

The layout is that of github.com/prust/wikipedia-movie-data: an array of objects with `title`,
`year`, `cast`, `genres`, `href`, `extract`. A page's name is the film's id at this source; a page
that covers several films gives each its title as well, so homonyms are never mixed up.
"""

import re
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from sqlalchemy import text

from marquee_catalog.imports.filmfiles import BadFilmError, StagedCredit, StagedFilm
from marquee_catalog.imports.staging import Stage
from marquee_catalog.search.words import title_key
from marquee_shared.slugs import fold

SOURCE = "wikipedia"
YEARS = range(1870, 2101)
LONGEST_TITLE = 500
LONGEST_NAME = 200
LONGEST_EXTRACT = 20_000
MOST_CAST = 200

GENRES = {
    "animated": "Animation", "historical": "History", "sports": "Sport", "noir": "Film Noir",
    "suspense": "Thriller", "biographical": "Biography",
}  # fmt: skip
NOT_GENRES = frozenset({"performance", "live action", "independent", "found footage"})

SURE = Decimal("0.7")
"""From this confidence on a row is joined with a film."""
LEAD = Decimal("0.1")
"""How far the best film for a row must be ahead of the next."""

_IN_BRACKETS = re.compile(r"\s*\([^()]*\)\s*$")


def foreign_id(title: str, year: int, href: str | None) -> str:
    """Return a film's id: its page, with its title where the page is about more than the film."""
    if not href:
        return f"{title} ({year})"
    page = _IN_BRACKETS.sub("", unquote(href).replace("_", " "))
    return href if title_key(page) == title_key(title) else f"{href}#{title}"


def _text(value: Any, name: str, longest: int) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise BadFilmError(f"{name} is missing or too long")
    if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise BadFilmError(f"{name} has characters that cannot be kept")
    return " ".join(value.split())


def _names(value: Any, name: str) -> list[str]:
    if not isinstance(value, list):
        raise BadFilmError(f"{name} is not a list")
    return list(dict.fromkeys(_text(item, name, LONGEST_NAME) for item in value))


def parse_film(line: int, row: Any) -> StagedFilm:
    """Return one row as a film.

    Raises:
        BadFilmError: it is not such a row.
    """
    if not isinstance(row, dict):
        raise row if isinstance(row, BadFilmError) else BadFilmError("not a JSON object")
    title = _text(row.get("title"), "title", LONGEST_TITLE)
    year = row.get("year")
    if not isinstance(year, int) or year not in YEARS:
        raise BadFilmError(f"a bad year: {str(year)[:30]!r}")
    href, extract = row.get("href"), row.get("extract")
    genres = [
        GENRES.get(fold(name), name)
        for name in _names(row.get("genres", []), "genres")
        if fold(name) not in NOT_GENRES
    ]
    return StagedFilm(
        line=line,
        foreign_id=foreign_id(title, year, _text(href, "href", LONGEST_TITLE) if href else None),
        title=title,
        year=year,
        synopsis=_text(extract, "extract", LONGEST_EXTRACT) if extract else None,
        genres=genres,
        credits=[
            StagedCredit(name, "actor", order=order)
            for order, name in enumerate(_names(row.get("cast", []), "cast")[:MOST_CAST])
        ],
    )


_KNOWN = text(
    "UPDATE stage_films AS s SET movie_id = e.movie_id, state = 'known', confidence = 1 "
    "FROM external_ids AS e WHERE e.source = 'wikipedia' AND e.foreign_id = s.foreign_id"
)

_REPEATED = text(
    "DELETE FROM stage_films AS later USING stage_films AS first "
    "WHERE first.foreign_id = later.foreign_id AND first.line < later.line "
    "RETURNING later.line"
)

# A film's own title, another title of it (the sum keeps the planner from reading all films of a
# year for each); the same year or the next; a shared genre; a shared name in the cast, or two
# casts without any.
_JOIN = text(
    """
    WITH pairs AS (
        SELECT s.number, s.line, m.id AS movie_id, least(1, round((
            CASE WHEN m.year = s.year THEN 0.7 ELSE 0.5 END
            + CASE WHEN m.own_title_keys[1] = s.own_title_keys[1] THEN 0.1 ELSE 0 END
            + CASE WHEN EXISTS (
                SELECT FROM stage_genres AS x JOIN genres AS g ON g.slug = x.slug
                JOIN movie_genres AS mg ON mg.genre_id = g.id
                WHERE x.number = s.number AND mg.movie_id = m.id) THEN 0.1 ELSE 0 END
            + CASE
                WHEN EXISTS (
                    SELECT FROM stage_credits AS x JOIN people AS p ON p.slug = x.slug
                    JOIN credits AS c ON c.person_id = p.id
                    WHERE x.number = s.number AND c.movie_id = m.id) THEN 0.2
                WHEN EXISTS (SELECT FROM stage_credits AS x WHERE x.number = s.number)
                    AND EXISTS (SELECT FROM credits AS c
                                WHERE c.movie_id = m.id AND c.job = 'actor') THEN -0.3
                ELSE 0 END
        )::numeric, 2)) AS confidence
        FROM stage_films AS s
        JOIN movies AS m ON m.title_keys && s.own_title_keys AND m.deleted_at IS NULL
            AND m.year + 0 BETWEEN s.year - 1 AND s.year + 1
        WHERE s.movie_id IS NULL AND NOT EXISTS (
            SELECT FROM external_ids AS e WHERE e.movie_id = m.id AND e.source = 'wikipedia')
    ), ranked AS (
        SELECT *,
            lead(confidence, 1, 0) OVER (
                PARTITION BY number ORDER BY confidence DESC, movie_id) AS next_film,
            row_number() OVER (PARTITION BY number ORDER BY confidence DESC, movie_id) AS film,
            row_number() OVER (PARTITION BY movie_id ORDER BY confidence DESC, line) AS row_,
            lead(confidence, 1, 0) OVER (
                PARTITION BY movie_id ORDER BY confidence DESC, line) AS next_row
        FROM pairs
    ), judged AS (
        SELECT number, movie_id, confidence,
            confidence >= :sure AND confidence - next_film >= :lead
            AND row_ = 1 AND confidence - next_row >= :lead AS is_sure
        FROM ranked WHERE film = 1
    )
    UPDATE stage_films AS s SET confidence = judged.confidence,
        movie_id = CASE WHEN judged.is_sure THEN judged.movie_id END,
        state = CASE WHEN judged.is_sure THEN 'joined' ELSE 'unsure' END
    FROM judged WHERE judged.number = s.number
    """
)

_LEAVE_OUT = text(
    "DELETE FROM stage_films WHERE movie_id IS NULL AND (state = 'unsure' OR NOT :add_new) "
    "RETURNING line, title, year, state, confidence"
)

_CONFIDENCE = text(
    "SELECT confidence::text AS confidence, count(*) AS films FROM stage_films "
    "WHERE state IN ('known', 'joined') GROUP BY 1 ORDER BY 1 DESC"
)


async def join_films(stage: Stage, file: str, *, add_new: bool) -> dict[str, int]:
    """Find the film of each staged row; return how many were joined with which confidence.

    What fits several films, or none well enough, is refused with the reason; what fits none at
    all becomes a new film only where that is asked for.
    """
    async with stage.transaction() as session:
        for row in await session.execute(_REPEATED):
            stage.reject(file, row.line, "the film was there before")
        await session.execute(_KNOWN)
        await session.execute(_JOIN, {"sure": SURE, "lead": LEAD})
        for row in await session.execute(_LEAVE_OUT, {"add_new": add_new}):
            stage.reject(file, row.line, _reason(row))
        joined = {row.confidence: row.films for row in await session.execute(_CONFIDENCE)}
    await stage.write_rejections()
    return joined


def _reason(row: Any) -> str:
    if row.state == "unsure":
        return f"no film fits {row.title!r} ({row.year}) surely: confidence {row.confidence}"
    return f"there is no film {row.title!r} ({row.year})"
