"""The rules of films."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row

from marquee_catalog.history import lifecycle
from marquee_catalog.history.audit import differences, record
from marquee_catalog.history.edits import with_edits
from marquee_catalog.history.errors import SlugTaken
from marquee_catalog.history.slugs import claim_slug, free_slug, missing
from marquee_catalog.movies import relations, repository
from marquee_catalog.movies.counts import change_counts, linked
from marquee_catalog.movies.errors import MovieNotFound
from marquee_catalog.movies.events import tell_deleted, tell_movies
from marquee_catalog.movies.facets import NO_FACETS, Facets, count_facets
from marquee_catalog.movies.listing import MovieFilters
from marquee_catalog.movies.models import Movie
from marquee_catalog.movies.naming import RESERVED_SLUGS, movie_slug, title_columns
from marquee_catalog.movies.schemas import MovieCreate, MovieUpdate, imdb_id
from marquee_catalog.search.index import refresh_index
from marquee_catalog.search.query import understand
from marquee_shared.auth.principals import Principal
from marquee_shared.conditional import Preconditions
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.pagination import MAX_LIMIT, BrowseWindow
from marquee_shared.problems import Invalid

INCLUDABLE = frozenset({"credits", "translations", "similar"})
LIST_PARTS = frozenset({"facets"})
KIND = "movie"
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class MoviePage:
    """JSON texts and sort keys of up to `limit + 1` films; `total` for numbered pages."""

    window: BrowseWindow
    bodies: list[str]
    keys: list[list[Any]]
    total: int | None
    facets: Facets | None = None


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


def parse_include(text: str | None, known: frozenset[str] = INCLUDABLE) -> frozenset[str]:
    """Return the related parts asked for.

    Raises:
        Invalid: a part that a film does not have.
    """
    wanted = frozenset(part.strip() for part in (text or "").split(",") if part.strip())
    if unknown := sorted(wanted - known):
        raise Invalid.at("/query/include", "unknown_part", f"There is no part {unknown[0]!r}.")
    return wanted


async def list_movies(
    session: ReadSession,
    filters: MovieFilters,
    *,
    q: str | None,
    sort: str | None,
    window: BrowseWindow,
    include: str | None,
    language: str,
) -> MoviePage:
    """Return one page of films in at most four statements: spelling, films, total, facets.

    Raises:
        Invalid: `year_from` is past `year_to`; a part that a list does not have.
    """
    parts = parse_include(include, LIST_PARTS)
    years = (filters.year_from, filters.year_to)
    if years[0] is not None and years[1] is not None and years[0] > years[1]:
        raise Invalid.at("/query/year_from", "years_reversed", "year_from is past year_to.")
    query = await understand(session, q) if q is not None and q.strip() else None
    if query is not None and query.is_empty:
        return MoviePage(window, [], [], 0, NO_FACETS if parts else None)
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
    facets = None
    if "facets" in parts:
        facets = await count_facets(session, filters, query, language=language)
    return MoviePage(window, bodies, keys, total, facets)


async def get_movie(
    session: ReadSession | WriteSession, slug: str, *, include: str | None = None, language: str
) -> Row[Any]:
    """Return `id`, `slug`, `revision` and `body` of a live film, what is similar left out.

    Raises:
        MovieNotFound: no live film has this slug.
        Moved: it is a former slug.
    """
    film = await repository.read_detail(
        session, slug, language=language, include=parse_include(include) - {"similar"}
    )
    if film is None:
        raise await missing(session, KIND, slug, MovieNotFound)
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


async def find_any_id(session: ReadSession, slug: str) -> int:
    """Return the id of the film that has a slug, or had it when it was deleted.

    Raises:
        MovieNotFound: there never was one.
        Moved: it is a former slug.
    """
    movie_id = await lifecycle.any_id(session, Movie, KIND, slug)
    if movie_id is None:
        raise await missing(session, KIND, slug, MovieNotFound)
    return movie_id


_RELATIONS = ("genres", "tags", "platforms", "awards", "credits", "external_ids")


def _apply(movie: Movie, change: MovieUpdate) -> None:
    """Set the plain fields that were given, and what follows from them."""
    for name in change.model_fields_set.difference(_RELATIONS, {"slug"}):
        setattr(movie, name, getattr(change, name))
    if movie.year is None and movie.release_date is not None:
        movie.year = movie.release_date.year
    columns = title_columns(movie.title, movie.original_title, *movie.alternative_titles)
    movie.folded_title = columns["folded_title"]
    movie.title_words = columns["title_words"]
    movie.own_title_keys = columns["own_title_keys"]
    movie.edited = with_edits(movie.edited, change.model_fields_set - {"slug"})


@dataclass(frozen=True, slots=True)
class WrittenMovie:
    """A film just written, as its author reads it."""

    id: int
    slug: str
    revision: int
    body: str


async def read_back(session: WriteSession, movie: Movie, language: str) -> WrittenMovie:
    """Return a film that this transaction has written."""
    film = await get_movie(session, movie.slug, language=language)
    return WrittenMovie(movie.id, movie.slug, movie.revision, film.body)


async def lock_movie(session: WriteSession, slug: str) -> Movie:
    """Return a live film, its row locked.

    Raises:
        MovieNotFound: no live film has this slug.
        Moved: it is a former slug.
    """
    return await lifecycle.lock_live(session, Movie, KIND, slug, MovieNotFound)


async def create_movie(
    session: WriteSession, actor: Principal, new: MovieCreate, *, language: str
) -> WrittenMovie:
    """Add a film.

    Raises:
        Invalid: it names a genre, tag, platform, award or person that does not exist.
        ExternalIdTaken: another film has one of its foreign ids.
        SlugTaken: the slug asked for is another's.
    """
    movie = Movie(alternative_titles=[], languages=[], countries=[], edited=[], revision=1)
    _apply(movie, new)
    if new.slug is None:
        movie.slug = await free_slug(session, KIND, movie_slug(movie.title, movie.year))
    else:
        await claim_movie_slug(session, new.slug)
        movie.slug = new.slug
    session.add(movie)
    await session.flush()
    await relations.replace_relations(session, movie.id, new)
    await refresh_index(session, [movie.id])
    await tell_movies(session, [movie.id], created={movie.id})
    after = await repository.read_snapshot(session, movie.id)
    await record(session, actor, KIND, movie.id, "created", 1, differences(None, after))
    return await read_back(session, movie, language)


async def claim_movie_slug(session: WriteSession, slug: str, own_id: int = 0) -> None:
    """Make sure that a film may have this slug.

    Raises:
        SlugTaken: another film has it or had it, or it is a word of the API.
    """
    if slug in RESERVED_SLUGS:
        raise SlugTaken
    await claim_slug(session, KIND, slug, own_id)


async def update_movie(
    session: WriteSession,
    actor: Principal,
    slug: str,
    change: MovieUpdate,
    preconditions: Preconditions,
    *,
    language: str,
) -> WrittenMovie:
    """Change a film under a lock on its row; the version the editor saw decides.

    Raises:
        MovieNotFound: no live film has this slug.
        Moved: it is a former slug.
        PreconditionFailed: it has changed since.
        Invalid: it names something that does not exist.
        SlugTaken: the slug asked for is another's.
    """
    movie = await lock_movie(session, slug)
    preconditions.require(movie.revision)
    before = await repository.read_snapshot(session, movie.id)
    if change.slug is not None and change.slug != movie.slug:
        await claim_movie_slug(session, change.slug, movie.id)
        await lifecycle.rename(session, KIND, movie, change.slug)
    _apply(movie, change)
    lifecycle.touch(movie)
    await session.flush()
    await relations.replace_relations(session, movie.id, change)
    await tell_change(session, actor, movie, before)
    preconditions.answered(movie.revision)
    return await read_back(session, movie, language)


async def tell_change(
    session: WriteSession, actor: Principal, movie: Movie, before: dict[str, Any]
) -> None:
    """Finish an edit: the search index, the event, the audit trail."""
    await session.flush()
    await refresh_index(session, [movie.id])
    await tell_movies(session, [movie.id])
    after = await repository.read_snapshot(session, movie.id)
    changes = differences(before, after)
    await record(session, actor, KIND, movie.id, "updated", movie.revision, changes)


async def delete_movie(
    session: WriteSession, actor: Principal, slug: str, preconditions: Preconditions
) -> int:
    """Take a film out of sight and return its id; nothing happens when it is already.

    Raises:
        MovieNotFound: there never was one.
        PreconditionFailed: it has changed since.
    """
    movie = await lifecycle.find_latest(session, Movie, slug, lock=True)
    if movie is None:
        return await _gone_before(session, slug)
    if movie.deleted_at is not None:
        return movie.id
    preconditions.require(movie.revision)
    await change_counts(session, await linked(session, movie.id), ())
    lifecycle.delete_softly(movie)
    await session.flush()
    await tell_deleted(session, [(movie.id, movie.slug, movie.revision)])
    await record(session, actor, KIND, movie.id, "deleted", movie.revision, {})
    return movie.id


async def _gone_before(session: WriteSession, slug: str) -> int:
    if (movie_id := await lifecycle.buried_id(session, KIND, slug)) is not None:
        return movie_id
    raise await missing(session, KIND, slug, MovieNotFound)


async def destroy_movie(
    session: WriteSession, actor: Principal, slug: str, preconditions: Preconditions
) -> int:
    """Delete a film for good, live or deleted, and return its id; twice is once.

    Raises:
        MovieNotFound: there never was one.
        PreconditionFailed: it has changed since.
    """
    movie = await lifecycle.find_latest(session, Movie, slug, lock=True)
    if movie is None:
        return await _gone_before(session, slug)
    preconditions.require(movie.revision)
    movie_id: int = movie.id
    before = await repository.read_snapshot(session, movie_id)
    if movie.deleted_at is None:
        await change_counts(session, await linked(session, movie_id), ())
    revision = await lifecycle.destroy(session, Movie, KIND, movie)
    await tell_deleted(session, [(movie_id, slug, revision)], hard=True)
    await record(session, actor, KIND, movie_id, "destroyed", revision, differences(before, None))
    return movie_id


async def restore_movie(
    session: WriteSession, actor: Principal, slug: str, *, language: str
) -> WrittenMovie:
    """Bring the film deleted last under this slug back.

    Raises:
        MovieNotFound: there never was one.
        SlugTaken: it has been merged into another film, or its slug is another's now.
    """
    movie = await lifecycle.find_latest(session, Movie, slug, lock=True)
    if movie is None:
        raise await missing(session, KIND, slug, MovieNotFound)
    if movie.deleted_at is not None:
        await lifecycle.revive(session, KIND, movie)
        movie.merged_into = None
        await session.flush()
        await change_counts(session, (), await linked(session, movie.id))
        await refresh_index(session, [movie.id])
        await tell_movies(session, [movie.id])
        await record(session, actor, KIND, movie.id, "restored", movie.revision, {})
    return await read_back(session, movie, language)
