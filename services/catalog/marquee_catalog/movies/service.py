"""The rules of films."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, select

from marquee_catalog.movies import relations, repository
from marquee_catalog.movies.errors import MovieNotFound
from marquee_catalog.movies.events import tell_deleted, tell_movies
from marquee_catalog.movies.listing import MovieFilters
from marquee_catalog.movies.models import Movie
from marquee_catalog.movies.naming import movie_slug, title_columns
from marquee_catalog.movies.schemas import MovieCreate, MovieUpdate, imdb_id
from marquee_catalog.search.index import refresh_index
from marquee_catalog.search.query import understand
from marquee_shared.conditional import Preconditions
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.pagination import MAX_LIMIT, BrowseWindow
from marquee_shared.problems import Invalid

INCLUDABLE = frozenset({"credits", "translations"})
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class MoviePage:
    """JSON texts and sort keys of up to `limit + 1` films; `total` for numbered pages."""

    window: BrowseWindow
    bodies: list[str]
    keys: list[list[Any]]
    total: int | None


def parse_ids(text: str) -> list[int]:
    """Return the ids of `1,2,3`.

    Raises:
        Invalid: not numbers, or more than a hundred.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > MAX_LIMIT:
        raise Invalid.at("/query/ids", "too_many", "Give at most 100 ids.")
    if not all(part.isascii() and part.isdigit() and int(part) <= LARGEST_ID for part in parts):
        raise Invalid.at("/query/ids", "not_ids", "Give numbers, separated by commas.")
    return [int(part) for part in parts]


def parse_include(text: str | None) -> frozenset[str]:
    """Return the related parts asked for.

    Raises:
        Invalid: a part that a film does not have.
    """
    wanted = frozenset(part.strip() for part in (text or "").split(",") if part.strip())
    if unknown := sorted(wanted - INCLUDABLE):
        raise Invalid.at("/query/include", "unknown_part", f"There is no part {unknown[0]!r}.")
    return wanted


async def list_movies(
    session: ReadSession,
    filters: MovieFilters,
    *,
    q: str | None,
    sort: str | None,
    window: BrowseWindow,
    language: str,
) -> MoviePage:
    """Return one page of films in at most three statements.

    Raises:
        Invalid: `year_from` is past `year_to`.
    """
    years = (filters.year_from, filters.year_to)
    if years[0] is not None and years[1] is not None and years[0] > years[1]:
        raise Invalid.at("/query/year_from", "years_reversed", "year_from is past year_to.")
    query = await understand(session, q) if q is not None and q.strip() else None
    if query is not None and query.is_empty:
        return MoviePage(window, [], [], 0)
    if filters.ids is not None:
        window = replace(window, limit=MAX_LIMIT)
        sort = sort or "ids"
    name = sort or ("relevance" if query is not None else "popularity")
    if query is None:
        name = name.replace("relevance", "popularity")
    bodies, keys = await repository.read_page(
        session, filters, query, name, window, language=language, offset=window.offset
    )
    total = None
    if window.page is not None:
        total = await repository.count_movies(session, filters, query)
    return MoviePage(window, bodies, keys, total)


async def get_movie(
    session: ReadSession | WriteSession, slug: str, *, include: str | None = None, language: str
) -> Row[Any]:
    """Return `id`, `revision` and `body` of a live film.

    Raises:
        MovieNotFound: no live film has this slug.
    """
    film = await repository.read_detail(
        session, slug, language=language, include=parse_include(include)
    )
    if film is None:
        raise MovieNotFound
    return film


async def look_up_movie(
    session: ReadSession, wanted: Mapping[str, str | None], *, language: str
) -> Row[Any]:
    """Return the film with a foreign id.

    Raises:
        Invalid: not exactly one id was given.
        MovieNotFound: no live film has it.
    """
    given = [(source, value.strip()) for source, value in wanted.items() if value is not None]
    if len(given) != 1:
        raise Invalid.at("/query", "one_id", "Give exactly one of imdb, tmdb, movielens.")
    source, value = given[0]
    foreign_id = imdb_id(value) if source == "imdb" else value
    film = await repository.read_by_foreign_id(session, source, foreign_id, language=language)
    if film is None:
        raise MovieNotFound
    return film


_RELATIONS = ("genres", "tags", "platforms", "awards", "credits", "external_ids")


def _apply(movie: Movie, change: MovieUpdate) -> None:
    """Set the plain fields that were given, and what follows from them."""
    for name in change.model_fields_set.difference(_RELATIONS):
        setattr(movie, name, getattr(change, name))
    if movie.year is None and movie.release_date is not None:
        movie.year = movie.release_date.year
    columns = title_columns(movie.title, movie.original_title, *movie.alternative_titles)
    movie.folded_title = columns["folded_title"]
    movie.title_words = columns["title_words"]
    movie.own_title_keys = columns["own_title_keys"]


@dataclass(frozen=True, slots=True)
class WrittenMovie:
    """A film just written, as its author reads it."""

    id: int
    slug: str
    revision: int
    body: str


async def _read_back(session: WriteSession, movie: Movie, language: str) -> WrittenMovie:
    film = await get_movie(session, movie.slug, language=language)
    return WrittenMovie(movie.id, movie.slug, movie.revision, film.body)


async def create_movie(session: WriteSession, new: MovieCreate, *, language: str) -> WrittenMovie:
    """Add a film.

    Raises:
        Invalid: it names a genre, tag, platform, award or person that does not exist.
        ExternalIdTaken: another film has one of its foreign ids.
    """
    movie = Movie(alternative_titles=[], languages=[], countries=[], revision=1)
    _apply(movie, new)
    movie.slug = await repository.free_slug(session, movie_slug(movie.title, movie.year))
    session.add(movie)
    await session.flush()
    await relations.replace_relations(session, movie.id, new)
    await refresh_index(session, [movie.id])
    await tell_movies(session, [movie.id], created={movie.id})
    return await _read_back(session, movie, language)


async def update_movie(
    session: WriteSession,
    slug: str,
    change: MovieUpdate,
    preconditions: Preconditions,
    *,
    language: str,
) -> WrittenMovie:
    """Change a film under a lock on its row; the version the editor saw decides.

    Raises:
        MovieNotFound: no live film has this slug.
        PreconditionFailed: it has changed since.
        Invalid: it names something that does not exist.
    """
    movie = (
        await session.scalars(
            select(Movie).where(Movie.slug == slug, Movie.deleted_at.is_(None)).with_for_update()
        )
    ).one_or_none()
    if movie is None:
        raise MovieNotFound
    preconditions.require(movie.revision)
    _apply(movie, change)
    movie.revision += 1
    movie.updated_at = datetime.now(UTC)
    await session.flush()
    await relations.replace_relations(session, movie.id, change)
    await refresh_index(session, [movie.id])
    await tell_movies(session, [movie.id])
    preconditions.answered(movie.revision)
    return await _read_back(session, movie, language)


async def _lock_latest(session: WriteSession, slug: str) -> Movie:
    """Return the live film with a slug, else the one deleted last, its row locked."""
    movies: Sequence[Movie] = (
        await session.scalars(select(Movie).where(Movie.slug == slug).with_for_update())
    ).all()
    if not movies:
        raise MovieNotFound
    return max(
        movies, key=lambda movie: (movie.deleted_at is None, movie.deleted_at or movie.created_at)
    )


async def delete_movie(session: WriteSession, slug: str, preconditions: Preconditions) -> int:
    """Take a film out of sight and return its id; nothing happens when it is already.

    Raises:
        MovieNotFound: there never was one.
        PreconditionFailed: it has changed since.
    """
    movie = await _lock_latest(session, slug)
    if movie.deleted_at is not None:
        return movie.id
    preconditions.require(movie.revision)
    movie.deleted_at = datetime.now(UTC)
    movie.updated_at = movie.deleted_at
    movie.revision += 1
    await session.flush()
    await tell_deleted(session, [(movie.id, movie.slug, movie.revision)])
    return movie.id


async def restore_movie(session: WriteSession, slug: str, *, language: str) -> WrittenMovie:
    """Bring the film deleted last under this slug back.

    Raises:
        MovieNotFound: there never was one.
    """
    await session.execute(repository.LOCK_SLUGS)
    movie = await _lock_latest(session, slug)
    if movie.deleted_at is not None:
        movie.deleted_at = None
        movie.updated_at = datetime.now(UTC)
        movie.revision += 1
        await session.flush()
        await tell_movies(session, [movie.id])
    return await _read_back(session, movie, language)
