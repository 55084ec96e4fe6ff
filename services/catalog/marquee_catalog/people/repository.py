"""The SQL of people."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Row, TextClause, text

from marquee_catalog.movies.documents import SUMMARY, TRANSLATION, moment
from marquee_catalog.search.query import SearchQuery
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.pagination import BrowseWindow, CursorWindow

_FOUND = """
    FROM people AS p
    WHERE p.deleted_at IS NULL
      AND (CAST(:role AS text) IS NULL OR EXISTS (
          SELECT FROM credits AS c WHERE c.person_id = p.id AND c.job = CAST(:role AS text)))
"""

_BROWSE = text(
    f"""
    SELECT p.id, p.slug, p.name, p.folded_name {_FOUND}
      AND (CAST(:after_name AS text) IS NULL
           OR (p.folded_name, p.id) > (CAST(:after_name AS text), CAST(:after_id AS bigint)))
    ORDER BY p.folded_name, p.id OFFSET :offset LIMIT :limit
    """
)

_MATCHES = "AND p.lexemes @@ CAST(CAST(:tolerant AS text) AS tsquery)"

_SEARCH = text(
    f"""
    SELECT * FROM (
        SELECT p.id, p.slug, p.name, p.film_count AS films,
            (p.lexemes @@ CAST(CAST(:exact AS text) AS tsquery))::int AS exact {_FOUND} {_MATCHES}
    ) AS found
    WHERE CAST(:after_exact AS integer) IS NULL OR (exact, films, id)
        < (CAST(:after_exact AS integer), CAST(:after_films AS integer), CAST(:after_id AS bigint))
    ORDER BY exact DESC, films DESC, id DESC OFFSET :offset LIMIT :limit
    """  # noqa: S608 - composed of constants
)
_COUNT = text(f"SELECT count(*) {_FOUND}")
_COUNT_SEARCH = text(f"SELECT count(*) {_FOUND} {_MATCHES}")

_PERSON = f"""
    p.id, p.slug, p.name, coalesce(pt.biography, p.biography) AS biography, p.birthday,
    p.deathday, p.gender, p.country, p.portrait_url, p.film_count,
    coalesce((SELECT json_agg(DISTINCT job) FROM credits WHERE person_id = p.id), '[]') AS roles,
    coalesce((
        SELECT json_agg(json_build_object('id', a.id, 'slug', a.slug, 'name', a.name,
                                          'category', pa.category, 'year', pa.year, 'won', pa.won)
                        ORDER BY pa.won DESC, pa.year, a.name, pa.category)
        FROM person_awards AS pa JOIN awards AS a ON a.id = pa.award_id AND a.deleted_at IS NULL
        WHERE pa.person_id = p.id
    ), '[]') AS awards,
    {moment("p.created_at")} AS created_at, {moment("p.updated_at")} AS updated_at
"""  # noqa: S608 - composed of constants
_TRANSLATED = """,
    coalesce((SELECT json_object_agg(language, biography ORDER BY language)
              FROM person_translations WHERE person_id = p.id), '{}') AS translations
"""


def _detail(condition: str, more: str = "") -> TextClause:
    return text(
        f"""
        SELECT p.id, p.revision, (SELECT row_to_json(person) FROM (SELECT {_PERSON}{more})
            AS person)::text AS body
        FROM people AS p
        LEFT JOIN person_translations AS pt ON pt.person_id = p.id AND pt.language = :language
        WHERE {condition}
        """  # noqa: S608 - composed of constants
    )


_LIVE = "p.slug = :slug AND p.deleted_at IS NULL"
_DETAILS = {False: _detail(_LIVE), True: _detail(_LIVE, _TRANSLATED)}
_SNAPSHOT = _detail("p.id = :id", _TRANSLATED)

_MERGE = tuple(
    text(statement)
    for statement in (
        (
            "UPDATE credits AS c SET person_id = :into WHERE person_id = :gone AND NOT EXISTS ("
            "SELECT FROM credits AS own WHERE own.person_id = :into AND own.movie_id = c.movie_id "
            "AND own.job = c.job AND own.character = c.character)"
        ),
        "DELETE FROM credits WHERE person_id = :gone",
        (
            "INSERT INTO person_awards (person_id, award_id, category, year, won) "
            "SELECT :into, award_id, category, year, won FROM person_awards "
            "WHERE person_id = :gone "
            "ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO person_translations (person_id, language, biography) "
            "SELECT :into, language, biography FROM person_translations WHERE person_id = :gone "
            "ON CONFLICT DO NOTHING"
        ),
        "UPDATE person_external_ids SET person_id = :into WHERE person_id = :gone",
        "UPDATE people SET merged_into = :into WHERE merged_into = :gone",
    )
)

_FILMS = text(
    f"""
    SELECT (SELECT row_to_json(film) FROM (SELECT {SUMMARY}, (
            SELECT json_agg(json_build_object('job', c.job, 'character', nullif(c.character, ''))
                            ORDER BY c.job, c.position, c.id)
            FROM credits AS c WHERE c.movie_id = m.id AND c.person_id = :person_id
              AND (CAST(:role AS text) IS NULL OR c.job = CAST(:role AS text))
        ) AS roles) AS film)::text AS body, coalesce(m.released, date '0001-01-01') AS day, m.id
    FROM movies AS m {TRANSLATION}
    WHERE m.deleted_at IS NULL AND m.id IN (
        SELECT movie_id FROM credits WHERE person_id = :person_id
          AND (CAST(:role AS text) IS NULL OR job = CAST(:role AS text)))
      AND (CAST(:after_day AS date) IS NULL OR (coalesce(m.released, date '0001-01-01'), m.id)
           < (CAST(:after_day AS date), CAST(:after_id AS bigint)))
    ORDER BY coalesce(m.released, date '0001-01-01') DESC, m.id DESC LIMIT :limit
    """  # noqa: S608 - composed of constants
)


async def read_people(
    session: ReadSession, query: SearchQuery | None, role: str | None, window: BrowseWindow
) -> tuple[list[Row[Any]], list[tuple[Any, ...]]]:
    """Return up to `limit + 1` people and their sort keys: A to Z, or by match and prominence."""
    page = {"role": role, "offset": window.offset, "limit": window.limit + 1}
    if query is None:
        after: Sequence[Any] = window.after or (None, None)
        values = {**page, "after_name": after[0], "after_id": after[1]}
        rows = (await session.execute(_BROWSE, values)).all()
        return list(rows), [(row.folded_name, row.id) for row in rows]
    after = window.after or (None, None, None)
    values = {
        **page,
        "tolerant": query.tolerant,
        "exact": query.exact,
        "after_exact": after[0],
        "after_films": after[1],
        "after_id": after[2],
    }
    rows = (await session.execute(_SEARCH, values)).all()
    return list(rows), [(row.exact, row.films, row.id) for row in rows]


async def count_people(session: ReadSession, query: SearchQuery | None, role: str | None) -> int:
    """Return how many people a list holds."""
    if query is None:
        return int(await session.scalar(_COUNT, {"role": role}) or 0)
    values = {"role": role, "tolerant": query.tolerant}
    return int(await session.scalar(_COUNT_SEARCH, values) or 0)


async def read_person(
    session: ReadSession | WriteSession, slug: str, *, language: str, translations: bool = False
) -> Row[Any] | None:
    """Return `id`, `revision` and `body` (JSON text) of a live person, or None."""
    values = {"slug": slug, "language": language}
    return (await session.execute(_DETAILS[translations], values)).one_or_none()


async def read_snapshot(session: WriteSession, person_id: int) -> dict[str, Any]:
    """Return all that editors write about someone, whether they are live or not."""
    row = (await session.execute(_SNAPSHOT, {"id": person_id, "language": ""})).one()
    found: dict[str, Any] = orjson.loads(row.body)
    return found


async def move_credits(session: WriteSession, gone: int, into: int) -> None:
    """Give someone what a double of theirs has."""
    for statement in _MERGE:
        await session.execute(statement, {"gone": gone, "into": into})


async def read_films(
    session: ReadSession, person_id: int, role: str | None, window: CursorWindow, *, language: str
) -> list[Row[Any]]:
    """Return `body`, `day`, `id` of up to `limit + 1` films of a person, newest first."""
    after = window.after or (None, None)
    values = {
        "person_id": person_id,
        "role": role,
        "language": language,
        "after_day": date.fromisoformat(after[0]) if after[0] else None,
        "after_id": after[1],
        "limit": window.limit + 1,
    }
    return list(await session.execute(_FILMS, values))
