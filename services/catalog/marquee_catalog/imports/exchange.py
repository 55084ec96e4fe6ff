"""Our own JSON: every film as one line, written by `export` and read back by an import.

A film is known again by its slug where its title fits, else by its foreign ids, else by title and
year, so what was exported comes back onto the same films and changes nothing.
"""

from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationError
from sqlalchemy import text

from marquee_catalog.imports.filmfiles import BadFilmError, StagedCredit, StagedFilm
from marquee_catalog.imports.staging import Stage
from marquee_catalog.movies.schemas import Language, Title
from marquee_catalog.people.schemas import Country
from marquee_catalog.people.schemas import Text as LongText
from marquee_shared.database import Database
from marquee_shared.schemas import Line, RequestModel

SOURCE = "marquee"
PAGE = 500

Name = Annotated[Line, StringConstraints(min_length=1, max_length=300)]
Slug = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^/\s]+$")]


class Named(RequestModel):
    """A genre, tag, platform, award or person."""

    slug: Slug
    name: Name


class Tag(Named):
    """A tag and how many gave it."""

    count: Annotated[int, Field(ge=1, le=2**31 - 1)] = 1


class Platform(Named):
    """Where it can be watched."""

    country: Country


class Award(Named):
    """A prize or nomination."""

    category: Name
    year: Annotated[int, Field(ge=1900, le=2200)]
    won: bool


class Credit(RequestModel):
    """Who did what."""

    person: Named
    job: Literal["director", "writer", "actor"]
    character: Annotated[Line, StringConstraints(max_length=300)] | None = None
    order: Annotated[int, Field(ge=0, le=10_000)] = 0


class Translation(RequestModel):
    """What is translated."""

    title: Title | None = None
    synopsis: LongText | None = None


class FilmDocument(RequestModel):
    """One line of our own JSON."""

    slug: Slug
    title: Title
    original_title: Title | None = None
    alternative_titles: Annotated[list[Title], Field(max_length=200, default_factory=list)]
    year: Annotated[int, Field(ge=1870, le=2200)] | None = None
    release_date: Annotated[date, Field(ge=date(1870, 1, 1), le=date(2200, 12, 31))] | None = None
    runtime: Annotated[int, Field(ge=1, le=6000)] | None = None
    synopsis: LongText | None = None
    tagline: Annotated[Line, StringConstraints(max_length=500)] | None = None
    original_language: Language | None = None
    languages: Annotated[list[Language], Field(max_length=50, default_factory=list)]
    countries: Annotated[list[Country], Field(max_length=50, default_factory=list)]
    age_rating: Annotated[Line, StringConstraints(max_length=20)] | None = None
    popularity: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] = 0.0
    genres: Annotated[list[Named], Field(max_length=100, default_factory=list)]
    tags: Annotated[list[Tag], Field(max_length=5000, default_factory=list)]
    platforms: Annotated[list[Platform], Field(max_length=2000, default_factory=list)]
    awards: Annotated[list[Award], Field(max_length=1000, default_factory=list)]
    credits: Annotated[list[Credit], Field(max_length=5000, default_factory=list)]
    translations: Annotated[dict[Language, Translation], Field(default_factory=dict)]
    external_ids: Annotated[
        dict[
            Annotated[str, StringConstraints(pattern=r"^[a-z]{1,20}$")],
            Annotated[Line, StringConstraints(min_length=1, max_length=500)],
        ],
        Field(default_factory=dict),
    ]


def parse_film(line: int, row: Any) -> StagedFilm:
    """Return one line as a film.

    Raises:
        BadFilmError: it is no such line; the message names the first wrong member.
    """
    if isinstance(row, BadFilmError):
        raise row
    try:
        film = FilmDocument.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = "/".join(map(str, first["loc"])) or "the film"
        raise BadFilmError(f"{where}: {first['msg'].removeprefix('Value error, ')}") from None
    return StagedFilm(
        line=line,
        foreign_id=film.slug,
        slug=film.slug,
        genres=[genre.name for genre in film.genres],
        tags=[(tag.slug, tag.name, tag.count) for tag in film.tags],
        platforms=[(p.slug, p.name, p.country) for p in film.platforms],
        awards=[(a.slug, a.name, a.category, a.year, a.won) for a in film.awards],
        credits=[
            StagedCredit(c.person.name, c.job, c.character or "", c.order, slug=c.person.slug)
            for c in film.credits
        ],
        translations={
            language: (translation.title, translation.synopsis)
            for language, translation in film.translations.items()
        },
        links=film.external_ids,
        **film.model_dump(include={
            "title", "original_title", "alternative_titles", "year", "release_date", "runtime",
            "synopsis", "tagline", "original_language", "languages", "countries", "age_rating",
            "popularity",
        }),
    )  # fmt: skip


_REPEATED = text(
    "DELETE FROM stage_films AS later USING stage_films AS first "
    "WHERE first.foreign_id = later.foreign_id AND first.line < later.line "
    "RETURNING later.line"
)
_BY_SLUG = text(
    "UPDATE stage_films AS s SET movie_id = m.id, state = 'joined' FROM movies AS m "
    "WHERE m.slug = s.slug AND m.deleted_at IS NULL AND m.title_keys && s.own_title_keys"
)


async def join_films(stage: Stage, file: str) -> None:
    """Find the staged films that we have by their slug; refuse those given twice."""
    async with stage.transaction() as session:
        for row in await session.execute(_REPEATED):
            stage.reject(file, row.line, "the film was there before")
        await session.execute(_BY_SLUG)
    await stage.write_rejections()


def _named(link: str, table: str, column: str, more: str = "", order: str = "t.slug") -> str:
    return f"""
        coalesce((
            SELECT json_agg(json_build_object('slug', t.slug, 'name', t.name {more})
                            ORDER BY {order})
            FROM {link} AS x JOIN {table} AS t ON t.id = x.{column} AND t.deleted_at IS NULL
            WHERE x.movie_id = m.id
        ), '[]')
    """  # noqa: S608 - our own names


_EXPORT = text(
    f"""
    SELECT m.id, json_build_object(
        'slug', m.slug, 'title', m.title, 'original_title', m.original_title,
        'alternative_titles', m.alternative_titles, 'year', m.year,
        'release_date', m.release_date, 'runtime', m.runtime, 'synopsis', m.synopsis,
        'tagline', m.tagline, 'original_language', m.original_language,
        'languages', m.languages, 'countries', m.countries, 'age_rating', m.age_rating,
        'popularity', m.popularity,
        'genres', {_named("movie_genres", "genres", "genre_id", order="x.position, t.slug")},
        'tags', {_named("movie_tags", "tags", "tag_id", ", 'count', x.count")},
        'platforms', {
        _named(
            "movie_platforms",
            "platforms",
            "platform_id",
            ", 'country', x.country",
            "t.slug, x.country",
        )
    },
        'awards', {
        _named(
            "movie_awards",
            "awards",
            "award_id",
            ", 'category', x.category, 'year', x.year, 'won', x.won",
            "t.slug, x.category, x.year, x.won",
        )
    },
        'credits', coalesce((
            SELECT json_agg(json_build_object(
                'person', json_build_object('slug', p.slug, 'name', p.name), 'job', c.job,
                'character', nullif(c.character, ''), 'order', c.position
            ) ORDER BY c.job, c.position, c.id)
            FROM credits AS c JOIN people AS p ON p.id = c.person_id AND p.deleted_at IS NULL
            WHERE c.movie_id = m.id
        ), '[]'),
        'translations', coalesce((
            SELECT json_object_agg(t.language, json_build_object(
                'title', t.title, 'synopsis', t.synopsis) ORDER BY t.language)
            FROM movie_translations AS t WHERE t.movie_id = m.id
        ), '{{}}'),
        'external_ids', coalesce((
            SELECT json_object_agg(e.source, e.foreign_id ORDER BY e.source)
            FROM external_ids AS e WHERE e.movie_id = m.id
        ), '{{}}')
    )::text AS body
    FROM movies AS m WHERE m.deleted_at IS NULL AND m.id > :after ORDER BY m.id LIMIT :limit
    """  # noqa: S608 - our own names
)


async def export_films(database: Database) -> AsyncIterator[bytes]:
    """Yield every live film as a line of JSON, some hundred at a time."""
    after = 0
    while True:
        async with database.reading() as session:
            rows = (await session.execute(_EXPORT, {"after": after, "limit": PAGE})).all()
        if not rows:
            return
        after = rows[-1].id
        yield "".join(f"{row.body}\n" for row in rows).encode()
