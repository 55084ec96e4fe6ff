"""How a whole list of films divides up: by genre, platform, award, tag, language and so on.

Every film of a list is counted while they are few. Of longer lists an even sample is: each eighth
film or each sixty-fourth, by id, found by indexes that hold only these (`ix_movies_eighth_words`
and its like). So the cost is bounded whatever is asked; what is estimated is told so.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from marquee_catalog.movies.listing import MovieFilters, found_where
from marquee_catalog.search.query import SearchQuery
from marquee_shared.database import ReadSession

FACETS = ("genre", "platform", "award", "tag", "language", "country", "decade")

SEVERAL = "count(DISTINCT movie_id)"
"""For what a film may have more than once: a platform per country, an award per year."""
MOST = 30
"""How many values of one facet are told, those with the most films first."""

SAMPLES = (64, 8)
"""Each how many films one is counted, the smallest sample first."""
ENOUGH = 400
"""A sample of more films than these will do; else the next larger one is taken, and then all."""


@dataclass(frozen=True, slots=True)
class Facets:
    """JSON text of the facets, and whether their counts are estimated."""

    body: str
    approximate: bool


NO_FACETS = Facets("{" + ", ".join(f'"{name}": []' for name in FACETS) + "}", approximate=False)


def _of_terms(
    kind: str, link: str, column: str, translations: str = "", *, films: str = "count(*)"
) -> str:
    named, name = "", "t.name"
    if translations:
        named = f"LEFT JOIN {translations} AS n ON n.{column} = t.id AND n.language = :language"
        name = "coalesce(n.name, t.name)"
    return f"""
        '{kind}', (SELECT coalesce(json_agg(json_build_object(
                'slug', t.slug, 'name', {name}, 'count', c.films * (SELECT each FROM found LIMIT 1))
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
                'slug', value, 'name', {shown}, 'count', films * (SELECT each FROM found LIMIT 1))
                ORDER BY films DESC, value), '[]')
            FROM (
                SELECT value::text AS value, count(*) AS films FROM found, {values}
                GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST}
            ) AS c)
    """  # noqa: S608 - our own names


_COLUMNS = "m.id, m.languages, m.countries, m.year"

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


def _counted_films(where: str) -> str:
    """Return CTEs that end in `found`: the films to count, each standing for `each` of them."""
    steps, taken = [], []
    too_few = "true"
    for each in SAMPLES:
        name = f"sample_{each}"
        steps.append(
            f"{name} AS MATERIALIZED (SELECT {each} AS each, {_COLUMNS} FROM movies AS m "  # noqa: S608 - composed of constants and parameter names
            f"WHERE {too_few} AND m.id % {each} = 0 AND {where})"
        )
        taken.append(f"SELECT * FROM {name} WHERE (SELECT count(*) FROM {name}) > {ENOUGH}")  # noqa: S608 - our own names
        too_few += f" AND (SELECT count(*) FROM {name}) <= {ENOUGH}"  # noqa: S608 - likewise
    taken.append(f"(SELECT 1, {_COLUMNS} FROM movies AS m WHERE {too_few} AND {where})")  # noqa: S608 - as above
    return f"{', '.join(steps)}, found AS MATERIALIZED ({' UNION ALL '.join(taken)})"


async def count_facets(
    session: ReadSession, filters: MovieFilters, query: SearchQuery | None, *, language: str
) -> Facets:
    """Return how the whole list divides up, in one statement."""
    where, parameters = found_where(filters, query)
    statement = (
        f"WITH {_counted_films(where)} SELECT json_build_object({_COUNTED})::text AS body, "  # noqa: S608 - as above
        "EXISTS (SELECT FROM found WHERE each > 1) AS approximate"
    )
    values: dict[str, Any] = {**parameters, "language": language}
    row = (await session.execute(text(statement), values)).one()
    return Facets(row.body, row.approximate)
