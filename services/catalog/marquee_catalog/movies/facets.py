"""How a whole list of films divides up: by genre, platform, award, tag, language and so on."""

from typing import Any

from sqlalchemy import text

from marquee_catalog.movies.listing import MovieFilters, found_where
from marquee_catalog.search.query import SearchQuery
from marquee_shared.database import ReadSession

FACETS = ("genre", "platform", "award", "tag", "language", "country", "decade")
NO_FACETS = "{" + ", ".join(f'"{name}": []' for name in FACETS) + "}"

SEVERAL = "count(DISTINCT movie_id)"
"""For what a film may have more than once: a platform per country, an award per year."""
MOST = 30
"""How many values of one facet are told, those with the most films first."""


def _of_terms(
    kind: str, link: str, column: str, translations: str = "", *, films: str = "count(*)"
) -> str:
    named, name = "", "t.name"
    if translations:
        named = f"LEFT JOIN {translations} AS n ON n.{column} = t.id AND n.language = :language"
        name = "coalesce(n.name, t.name)"
    return f"""
        '{kind}', (SELECT coalesce(json_agg(json_build_object(
                'slug', t.slug, 'name', {name}, 'count', c.films)
                ORDER BY c.films DESC, t.slug), '[]')
            FROM (
                SELECT {column} AS id, {films} AS films FROM {link}
                WHERE movie_id IN (SELECT id FROM found) GROUP BY 1
                ORDER BY 2 DESC, 1 LIMIT {MOST}
            ) AS c JOIN {kind}s AS t ON t.id = c.id AND t.deleted_at IS NULL {named})
    """  # noqa: S608 - our own names


def _of_values(name: str, values: str, shown: str) -> str:
    return f"""
        '{name}', (SELECT coalesce(json_agg(json_build_object(
                'slug', value, 'name', {shown}, 'count', films)
                ORDER BY films DESC, value), '[]')
            FROM (
                SELECT value::text AS value, count(*) AS films FROM found, {values}
                GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST}
            ) AS c)
    """  # noqa: S608 - our own names


_COUNTED = ", ".join(
    (
        _of_terms("genre", "movie_genres", "genre_id", "genre_translations"),
        _of_terms("platform", "movie_platforms", "platform_id", films=SEVERAL),
        _of_terms("award", "movie_awards", "award_id", films=SEVERAL),
        _of_terms("tag", "movie_tags", "tag_id", "tag_translations"),
        _of_values("language", "unnest(languages) AS value", "value"),
        _of_values("country", "unnest(countries) AS value", "value"),
        _of_values(
            "decade", "LATERAL (SELECT year / 10 * 10 AS value WHERE year IS NOT NULL) AS d",
            "value || 's'",
        ),
    )
)  # fmt: skip


async def count_facets(
    session: ReadSession, filters: MovieFilters, query: SearchQuery | None, *, language: str
) -> str:
    """Return the facets of the whole list as JSON text, in one statement."""
    where, parameters = found_where(filters, query)
    statement = (
        "WITH found AS MATERIALIZED (SELECT m.id, m.languages, m.countries, m.year "  # noqa: S608 - composed of constants and parameter names
        f"FROM movies AS m WHERE {where}) SELECT json_build_object({_COUNTED})::text"
    )
    values: dict[str, Any] = {**parameters, "language": language}
    found: str = (await session.execute(text(statement), values)).scalar_one()
    return found
