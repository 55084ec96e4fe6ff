"""The SQL of matches: one statement, however many rows are asked about."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Row, text

from marquee_catalog.matches.schemas import MOST_CANDIDATES, MatchRow
from marquee_catalog.movies.documents import SUMMARY, TRANSLATION
from marquee_catalog.search.words import title_key
from marquee_shared.database import ReadSession

SAME_TITLE = 20
"""Homonyms of about one year that are looked at, the most popular first."""

# The year of a film differs by one between sources: its festival, its release.
MATCH = text(
    f"""
    WITH asked AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS a (
            number integer, id bigint, slug text, imdb text, tmdb text, movielens text,
            key text, year integer
        )
    ), found AS (
        SELECT number, id AS movie_id, 1.0 AS confidence FROM asked WHERE id IS NOT NULL
        UNION ALL
        SELECT number, m.id, 1.0 FROM asked a
        JOIN movies AS m ON m.slug = a.slug AND m.deleted_at IS NULL
        UNION ALL
        SELECT number, f.target_id, 1.0 FROM asked a
        JOIN former_slugs AS f ON f.kind = 'movie' AND f.slug = a.slug
        UNION ALL
        SELECT number, e.movie_id, 1.0 FROM asked a
        CROSS JOIN LATERAL (VALUES
            ('imdb', a.imdb), ('tmdb', a.tmdb), ('movielens', a.movielens)
        ) AS k (source, foreign_id)
        JOIN external_ids AS e ON (e.source, e.foreign_id) = (k.source, k.foreign_id)
        UNION ALL
        SELECT number, t.id, CASE
                WHEN a.year IS NULL OR t.year IS NULL THEN 0.6
                WHEN a.year = t.year THEN 0.95
                ELSE 0.7
            END - CASE WHEN t.own THEN 0 ELSE 0.05 END
        FROM asked a CROSS JOIN LATERAL (
            SELECT m.id, m.year, a.key = ANY(m.own_title_keys) AS own FROM movies AS m
            WHERE m.title_keys @> ARRAY[a.key] AND m.deleted_at IS NULL
                AND (m.year IS NULL OR a.year IS NULL
                    OR m.year BETWEEN a.year - 1 AND a.year + 1)
            ORDER BY m.year IS DISTINCT FROM a.year, m.popularity DESC, m.id LIMIT {SAME_TITLE}
        ) AS t
        WHERE a.key <> ''
    ), ranked AS (
        SELECT number, movie_id, max(confidence) AS confidence, row_number() OVER (
            PARTITION BY number ORDER BY max(confidence) DESC, m.popularity DESC, movie_id
        ) AS place
        FROM found JOIN movies AS m ON m.id = movie_id AND m.deleted_at IS NULL
        GROUP BY number, movie_id, m.popularity
    )
    SELECT number, CAST(confidence AS double precision) AS confidence, {SUMMARY}, coalesce((
            SELECT json_object_agg(e.source, e.foreign_id ORDER BY e.foreign_id DESC)
            FROM external_ids AS e
            WHERE e.movie_id = m.id AND e.source IN ('imdb', 'tmdb', 'movielens')
        ), '{{}}') AS external_ids
    FROM ranked JOIN movies AS m ON m.id = ranked.movie_id {TRANSLATION}
    WHERE place <= {MOST_CANDIDATES} ORDER BY number, place
    """  # noqa: S608 - constants
)


def _asked(number: int, row: MatchRow) -> dict[str, Any]:
    values = row.model_dump(exclude={"title"})
    imdb = row.imdb if row.imdb is None or row.imdb.startswith("tt") else f"tt{row.imdb}"
    return {"number": number, **values, "imdb": imdb, "key": title_key(row.title or "")}


async def find_matches(
    session: ReadSession, rows: Sequence[MatchRow], language: str
) -> Sequence[Row[Any]]:
    """Return films with `number`, the place of the row that may mean them; surest first."""
    asked = [_asked(number, row) for number, row in enumerate(rows)]
    values = {"rows": orjson.dumps(asked).decode(), "language": language}
    return (await session.execute(MATCH, values)).all()
