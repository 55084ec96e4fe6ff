"""Lists of films: filters, sorts and the keyset that a cursor holds, as SQL.

Each sort is a total order whose columns all point the same way, so that "what follows" is one
row comparison, and each but relevance is an index read backwards or forwards.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from marquee_catalog.genres.names import ALIASES
from marquee_catalog.movies.documents import SUMMARY, TRANSLATION
from marquee_catalog.search.query import FOUND, SearchQuery, ranked


@dataclass(frozen=True, slots=True)
class SortKey:
    """One column of an order, and the SQL type that its value in a cursor is cast to."""

    expression: str
    type: str


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: its columns, before a film's id, and whether they descend."""

    columns: tuple[SortKey, ...]
    descending: bool

    @property
    def keys(self) -> tuple[SortKey, ...]:
        """The columns with the id, which makes the order total."""
        return (*self.columns, SortKey("m.id", "bigint"))

    @property
    def order(self) -> str:
        """The ORDER BY list."""
        direction = "DESC" if self.descending else "ASC"
        return ", ".join(f"{key.expression} {direction}" for key in self.keys)


_POPULARITY = SortKey("m.popularity", "double precision")
_TITLE = SortKey("m.folded_title", "text")
_COUNT = SortKey("m.rating_count", "bigint")

RANK = ":rank"
"""How well a film matches; `ranked` has a number for it in each of its parts."""

SORTS = {
    "relevance": Sort((SortKey(RANK, "integer"), _POPULARITY), descending=True),
    "-relevance": Sort((SortKey(RANK, "integer"), _POPULARITY), descending=False),
    "popularity": Sort((_POPULARITY,), descending=True),
    "-popularity": Sort((_POPULARITY,), descending=False),
    "rating": Sort(
        (SortKey("coalesce(m.rating_average, 0)", "double precision"), _COUNT), descending=True
    ),
    "-rating": Sort(
        (SortKey("coalesce(m.rating_average, 9)", "double precision"), _COUNT), descending=False
    ),
    "release_date": Sort(
        (SortKey("coalesce(m.released, date '0001-01-01')", "date"),), descending=True
    ),
    "-release_date": Sort(
        (SortKey("coalesce(m.released, date '9999-12-31')", "date"),), descending=False
    ),
    "ids": Sort(
        (SortKey("array_position(CAST(:ids AS bigint[]), m.id)", "integer"),), descending=False
    ),
    "title": Sort((_TITLE,), descending=False),
    "-title": Sort((_TITLE,), descending=True),
}
"""By name; the natural direction of each is best first, and `-` turns it round.

`ids` is the order in which films were asked for by id; `-popularity` and its like are clients'.
"""


@dataclass(frozen=True, slots=True)
class MovieFilters:
    """What a list of films was asked to hold; several values of one filter mean any of them."""

    genre: list[str] = field(default_factory=list)
    platform: list[str] = field(default_factory=list)
    award: list[str] = field(default_factory=list)
    tag: list[str] = field(default_factory=list)
    person: list[str] = field(default_factory=list)
    actor: list[str] = field(default_factory=list)
    director: list[str] = field(default_factory=list)
    language: list[str] = field(default_factory=list)
    country: list[str] = field(default_factory=list)
    year_from: int | None = None
    year_to: int | None = None
    min_rating: float | None = None
    ids: list[int] | None = None


def _linked(table: str, column: str, named: str, parameter: str) -> str:
    return (
        f"EXISTS (SELECT FROM {table} AS x WHERE x.movie_id = m.id AND x.{column} = ANY(ARRAY("  # noqa: S608 - constants
        f"SELECT id FROM {named} WHERE slug = ANY(CAST(:{parameter} AS text[])) "
        "AND deleted_at IS NULL)))"
    )


def _credited(parameter: str, job: str = "") -> str:
    wanted = f"x.job = '{job}' AND " if job else ""
    return (
        f"EXISTS (SELECT FROM credits AS x WHERE {wanted}x.movie_id = m.id AND x.person_id = ANY("  # noqa: S608 - constants
        f"ARRAY(SELECT id FROM people WHERE slug = ANY(CAST(:{parameter} AS text[])) "
        "AND deleted_at IS NULL)))"
    )


_CONDITIONS = {
    "genre": _linked("movie_genres", "genre_id", "genres", "genre"),
    "platform": _linked("movie_platforms", "platform_id", "platforms", "platform"),
    "award": _linked("movie_awards", "award_id", "awards", "award"),
    "tag": _linked("movie_tags", "tag_id", "tags", "tag"),
    "person": _credited("person"),
    "actor": _credited("actor", "actor"),
    "director": _credited("director", "director"),
    "language": "m.languages && CAST(:languages AS text[])",
    "country": "m.countries && CAST(:country AS text[])",
    "year_from": "m.year >= :year_from",
    "year_to": "m.year <= :year_to",
    "min_rating": "m.rating_average >= :min_rating",
    "ids": "m.id = ANY(CAST(:ids AS bigint[]))",
}


def _filtered(filters: MovieFilters) -> tuple[str, dict[str, Any]]:
    conditions, parameters = ["m.deleted_at IS NULL"], {}
    for name, condition in _CONDITIONS.items():
        value = getattr(filters, name)
        if value is None or (value == [] and name != "ids"):
            continue
        conditions.append(condition)
        parameters["languages" if name == "language" else name] = value
    if "genre" in parameters:
        parameters["genre"] = [ALIASES.get(slug, slug) for slug in filters.genre]
    if "languages" in parameters:
        parameters["languages"] = [code.lower() for code in filters.language]
    if "country" in parameters:
        parameters["country"] = [code.upper() for code in filters.country]
    return " AND ".join(conditions), parameters


def found_where(filters: MovieFilters, query: SearchQuery | None) -> tuple[str, dict[str, Any]]:
    """Return the condition on `movies AS m` that a whole list meets, and its parameters."""
    where, parameters = _filtered(filters)
    if query is None:
        return where, parameters
    wanted = {name: query.parameters[name] for name in ("tolerant", "exact")}
    return f"{where} AND {FOUND}", parameters | wanted


def _cursor_value(key: SortKey, value: Any) -> Any:
    return date.fromisoformat(value) if key.type == "date" else value


def _still_ahead(sort: Sort, rank: int, last: int) -> bool:
    """Whether a tier may hold films after one of rank `last`."""
    return rank <= last if sort.descending else rank >= last


def _named(query: SearchQuery, statement: str) -> dict[str, Any]:
    """Return those of a query's parameters that a statement names."""
    return {name: value for name, value in query.parameters.items() if f":{name} " in statement}


def page_statement(
    filters: MovieFilters,
    query: SearchQuery | None,
    sort: Sort,
    *,
    after: list[Any] | None,
) -> tuple[str, dict[str, Any]]:
    """Return the SQL of one page and its parameters, `limit` and `offset` left open.

    Each row is a film's `body` (JSON text) and the values `k0, k1, …` of its sort key.
    """
    by_match = query is not None and sort.columns[0].expression == RANK
    where, parameters = _filtered(filters) if by_match else found_where(filters, query)
    if after is not None:
        names = [f"after{i}" for i in range(len(sort.keys))]
        parameters |= {
            name: _cursor_value(key, value)
            for name, key, value in zip(names, sort.keys, after, strict=True)
        }
        left = ", ".join(key.expression for key in sort.keys)
        right = ", ".join(
            f"CAST(:{name} AS {key.type})" for name, key in zip(names, sort.keys, strict=True)
        )
        where += f" AND ({left}) {'<' if sort.descending else '>'} ({right})"
    count = len(sort.keys)
    direction = "DESC" if sort.descending else "ASC"
    if by_match and query is not None:
        chosen = ranked(
            query.tiers,
            "m.popularity AS k1, m.id AS k2",
            where,
            reach="CAST(:offset AS bigint) + CAST(:limit AS bigint)",
            descending=sort.descending,
            ahead=lambda rank: after is None or _still_ahead(sort, rank, after[0]),
        )
        chosen = f"SELECT rank AS k0, k1, k2 FROM ({chosen}) AS tiers OFFSET :offset LIMIT :limit"  # noqa: S608 - as above
        named = _named(query, chosen)
        parameters |= named
    else:
        keys = ", ".join(f"{key.expression} AS k{i}" for i, key in enumerate(sort.keys))
        chosen = (
            f"SELECT {keys} FROM movies AS m WHERE {where} "  # noqa: S608 - as above
            f"ORDER BY {sort.order} OFFSET :offset LIMIT :limit"
        )
    statement = f"""
        SELECT (SELECT row_to_json(film) FROM (SELECT {SUMMARY}) AS film)::text AS body,
            {", ".join(f"chosen.k{i}" for i in range(count))}
        FROM ({chosen}) AS chosen
        JOIN movies AS m ON m.id = chosen.k{count - 1} {TRANSLATION}
        ORDER BY {", ".join(f"chosen.k{i} {direction}" for i in range(count))}
    """  # noqa: S608 - composed of constants and parameter names
    return statement, parameters


def count_statement(filters: MovieFilters, query: SearchQuery | None) -> tuple[str, dict[str, Any]]:
    """Return the SQL that counts the whole list, and its parameters."""
    where, parameters = found_where(filters, query)
    return f"SELECT count(*) FROM movies AS m WHERE {where}", parameters  # noqa: S608 - as above
