"""Films given one by one as documents: what several sources have in common on their way in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import IO, Any

import ijson  # type: ignore[import-untyped] # it has none
import orjson

from marquee_catalog.genres.names import genre_name, genre_slug
from marquee_catalog.imports.archives import DataFile, Dataset
from marquee_catalog.imports.errors import UnreadableDataset
from marquee_catalog.imports.staging import FILM_CHUNK, Stage
from marquee_catalog.movies.naming import movie_slug, title_columns
from marquee_catalog.search.words import indexed_words, title_key
from marquee_shared.slugs import fold, slugify

BATCH = 500
LONGEST_LINE = 5_000_000


class BadFilmError(ValueError):
    """A film that is not taken; the message is the reason."""


@dataclass(frozen=True, slots=True)
class StagedCredit:
    """Who did what; `order` counts within a job."""

    name: str
    job: str
    character: str = ""
    order: int = 0
    slug: str | None = None
    foreign_id: str | None = None
    """The person's id at the source, which tells people of one name apart."""


@dataclass(frozen=True, slots=True)
class StagedFilm:
    """A film as any source describes it; `line` is where it stands there."""

    line: int
    foreign_id: str
    title: str
    year: int | None
    slug: str | None = None
    original_title: str | None = None
    alternative_titles: list[str] = field(default_factory=list)
    release_date: date | None = None
    runtime: int | None = None
    synopsis: str | None = None
    tagline: str | None = None
    original_language: str | None = None
    languages: list[str] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    age_rating: str | None = None
    cover_url: str | None = None
    status: str = "released"
    popularity: float = 0.0
    genres: list[str] = field(default_factory=list)
    tags: list[tuple[str, str, int]] = field(default_factory=list)
    """Slug, name, how many gave it."""
    platforms: list[tuple[str, str, str]] = field(default_factory=list)
    """Slug, name, country."""
    awards: list[tuple[str, str, str, int, bool]] = field(default_factory=list)
    """Slug, name, category, year, won."""
    credits: list[StagedCredit] = field(default_factory=list)
    translations: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    """Title and synopsis by language."""
    links: dict[str, str] = field(default_factory=dict)


FILM_COLUMNS = (
    "number", "line", "chunk", "foreign_id", "slug", "title", "original_title",
    "alternative_titles", "year", "release_date", "runtime", "synopsis", "tagline",
    "original_language", "languages", "countries", "age_rating", "cover_url", "status",
    "popularity", "folded_title", "title_words", "own_title_keys",
)  # fmt: skip


def _film_row(number: int, film: StagedFilm) -> tuple[object, ...]:
    columns = title_columns(film.title, film.original_title, *film.alternative_titles)
    return (
        number, film.line, number // FILM_CHUNK, film.foreign_id,
        film.slug or movie_slug(film.title, film.year), film.title, film.original_title,
        film.alternative_titles, film.year, film.release_date, film.runtime, film.synopsis,
        film.tagline, film.original_language, film.languages, film.countries, film.age_rating,
        film.cover_url, film.status, film.popularity, columns["folded_title"],
        columns["title_words"], columns["own_title_keys"],
    )  # fmt: skip


def _credit_row(number: int, credit: StagedCredit) -> tuple[object, ...]:
    return (
        number, credit.slug or slugify(credit.name), credit.name, fold(credit.name),
        indexed_words(credit.name), credit.job, credit.character, credit.order,
        credit.foreign_id,
    )  # fmt: skip


async def stage_films(stage: Stage, first: int, films: Iterable[StagedFilm]) -> None:
    """Stage films, numbered from `first`, with all that hangs on them."""
    numbered = list(enumerate(films, start=first))
    await stage.copy("stage_films", FILM_COLUMNS, (_film_row(n, film) for n, film in numbered))
    await stage.copy("stage_links", ("number", "source", "foreign_id"), (
        (n, source, foreign_id) for n, film in numbered for source, foreign_id in film.links.items()
    ))  # fmt: skip
    await stage.copy("stage_genres", ("number", "slug", "name", "position"), (
        (n, genre_slug(name), genre_name(name), place)
        for n, film in numbered for place, name in enumerate(film.genres)
    ))  # fmt: skip
    tags = ("number", "member", "slug", "name", "words", "line", "given")
    await stage.copy("stage_tags", tags, (
        (n, 0, slug, name, indexed_words(name), film.line, given)
        for n, film in numbered for slug, name, given in film.tags
    ))  # fmt: skip
    await stage.copy(
        "stage_credits",
        (
            "number",
            "slug",
            "name",
            "folded_name",
            "words",
            "job",
            "character",
            "position",
            "foreign_id",
        ),
        (_credit_row(n, credit) for n, film in numbered for credit in film.credits),
    )
    await stage.copy("stage_platforms", ("number", "slug", "name", "country"), (
        (n, *platform) for n, film in numbered for platform in film.platforms
    ))  # fmt: skip
    await stage.copy("stage_awards", ("number", "slug", "name", "category", "year", "won"), (
        (n, *award) for n, film in numbered for award in film.awards
    ))  # fmt: skip
    titles = ("number", "language", "title", "synopsis", "title_key", "title_words")
    await stage.copy("stage_titles", titles, (
        (n, language, title, synopsis, title_key(title) if title else None,
         indexed_words(title) if title else [])
        for n, film in numbered for language, (title, synopsis) in film.translations.items()
    ))  # fmt: skip


def only_file(dataset: Dataset) -> DataFile:
    """Return the one JSON file of a data set.

    Raises:
        UnreadableDataset: there is none, or more than one.
    """
    found = [
        file for name, file in dataset.items() if name.endswith((".json", ".jsonl", ".ndjson"))
    ]
    found = found or (list(dataset.values()) if len(dataset) == 1 else [])
    if len(found) != 1:
        raise UnreadableDataset("give one JSON file")
    return found[0]


def _first_sign(file: IO[bytes]) -> bytes:
    return file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]


def _array(file: IO[bytes], name: str) -> Iterator[tuple[int, Any]]:
    try:
        yield from enumerate(ijson.items(file, "item", use_float=True), start=1)
    except (ijson.JSONError, UnicodeDecodeError, ValueError) as error:
        raise UnreadableDataset(f"{name} is not valid JSON: {error}") from error


def _lines(file: IO[bytes], name: str) -> Iterator[tuple[int, Any]]:
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if not line.strip():
            continue
        try:
            yield number, orjson.loads(line)
        except orjson.JSONDecodeError as error:
            if number == 1:
                raise UnreadableDataset(f"{name} is not valid JSON: {error}") from error
            yield number, BadFilmError(f"not JSON: {error}")


def documents(file: DataFile) -> Iterator[tuple[int, Any]]:
    """Yield what a JSON array, or a file of one JSON value per line, holds, with its place.

    A line that is no JSON is yielded as a `BadFilmError`.

    Raises:
        UnreadableDataset: it is neither, or breaks off in the middle.
    """
    with file.open() as opened:
        first = _first_sign(opened)
    if first not in (b"[", b"{"):
        raise UnreadableDataset(f"{file.name} holds neither a JSON array nor JSON lines")
    with file.open() as opened:
        yield from (_array if first == b"[" else _lines)(opened, file.name)


def check_documents(dataset: Dataset) -> None:
    """See that a data set begins as a file of documents does.

    Raises:
        UnreadableDataset: it does not.
    """
    first = next(documents(only_file(dataset)), None)
    if first is None or not isinstance(first[1], dict):
        raise UnreadableDataset("the file does not hold films as JSON objects")
