"""Stages the sample films and members: the same road into the catalog as any data set."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import text

from marquee_catalog.genres.names import genre_name, genre_slug
from marquee_catalog.imports.ratings import member_id
from marquee_catalog.imports.staging import FILM_CHUNK, Stage
from marquee_catalog.movies.naming import movie_slug, title_columns
from marquee_catalog.sample import sample_films
from marquee_catalog.sample.members import sample_members
from marquee_catalog.search.words import indexed_words, title_key
from marquee_shared.slugs import fold, slugify

SAMPLE = "sample"

_FIRST_DAY = text(
    "SELECT (min(m.created_at) AT TIME ZONE 'UTC')::date FROM external_ids AS e "
    "JOIN movies AS m ON m.id = e.movie_id WHERE e.source = 'sample'"
)

FILM_COLUMNS = (
    "number", "line", "chunk", "foreign_id", "slug", "title", "original_title", "year",
    "release_date", "runtime", "synopsis", "tagline", "original_language", "languages",
    "countries", "age_rating", "popularity", "folded_title", "title_words", "own_title_keys",
)  # fmt: skip


def _film(number: int, film: dict[str, Any]) -> tuple[object, ...]:
    slug = movie_slug(film["title"], film["year"])
    original = film.get("original_title")
    released = film.get("release_date")
    columns = title_columns(film["title"], original)
    return (
        number, number, number // FILM_CHUNK, slug, slug, film["title"], original, film["year"],
        date.fromisoformat(released) if released else None, film["runtime"], film["synopsis"],
        film.get("tagline"), next(iter(film["languages"]), None), film["languages"],
        film["countries"], film.get("age_rating"), float(film["popularity"]),
        columns["folded_title"], columns["title_words"], columns["own_title_keys"],
    )  # fmt: skip


def _credits(number: int, film: dict[str, Any]) -> list[tuple[object, ...]]:
    people = [("director", name, "") for name in film["directors"]]
    people += [("writer", name, "") for name in film.get("writers", ())]
    people += [("actor", name, character) for name, character in film["cast"]]
    places = {"director": 0, "writer": 0, "actor": 0}
    rows: list[tuple[object, ...]] = []
    for job, name, character in people:
        rows.append((number, slugify(name), name, fold(name), indexed_words(name), job,
                     character or "", places[job]))  # fmt: skip
        places[job] += 1
    return rows


async def _stage_films(stage: Stage, films: list[dict[str, Any]]) -> None:
    numbered = list(enumerate(films))
    await stage.copy("stage_films", FILM_COLUMNS, (_film(n, film) for n, film in numbered))
    await stage.copy("stage_genres", ("number", "slug", "name", "position"), (
        (n, genre_slug(name), genre_name(name), place)
        for n, film in numbered for place, name in enumerate(film["genres"])
    ))  # fmt: skip
    await stage.copy("stage_tags", ("number", "member", "slug", "name", "words", "line"), (
        (n, 0, slugify(tag), tag.replace("-", " "), indexed_words(tag), n)
        for n, film in numbered for tag in film["tags"]
    ))  # fmt: skip
    await stage.copy(
        "stage_credits",
        ("number", "slug", "name", "folded_name", "words", "job", "character", "position"),
        (row for n, film in numbered for row in _credits(n, film)),
    )
    await stage.copy("stage_platforms", ("number", "slug", "name", "country"), (
        (n, slugify(platform["name"].replace("+", " plus")), platform["name"], platform["country"])
        for n, film in numbered for platform in film["platforms"]
    ))  # fmt: skip
    await stage.copy("stage_awards", ("number", "slug", "name", "category", "year", "won"), (
        (n, slugify(award["award"]), award["award"], award["category"], award["year"], award["won"])
        for n, film in numbered for award in film["awards"]
    ))  # fmt: skip
    await stage.copy("stage_titles", ("number", "language", "title", "title_key", "title_words"), (
        (n, language, title, title_key(title), indexed_words(title))
        for n, film in numbered for language, title in film["titles"].items()
    ))  # fmt: skip


async def read_sample(stage: Stage) -> int:
    """Stage the films, and members whose ratings reach up to the day of the first import.

    Returns how many films and ratings there are.
    """
    films = list(sample_films())
    await _stage_films(stage, films)
    async with stage.transaction() as session:
        first: date | None = await session.scalar(_FIRST_DAY)
    members, ratings = sample_members(films, first or datetime.now(UTC).date())
    await stage.copy("stage_members", ("number", "id", "username", "name"), (
        (m.number, member_id(SAMPLE, str(m.number)), m.username, m.name) for m in members
    ))  # fmt: skip
    await stage.copy("stage_ratings", ("line", "member", "film", "value", "at"), (
        (line, r.member, r.film, r.value, r.at) for line, r in enumerate(ratings, start=1)
    ))  # fmt: skip
    return len(films) + len(ratings)
