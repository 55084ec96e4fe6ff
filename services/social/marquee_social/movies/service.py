"""Films that the replica does not know yet."""

import re
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from fastapi import Depends, Path, Request
from pydantic import ValidationError

from marquee_shared.database import WriteSession
from marquee_shared.peers import Peer
from marquee_shared.problems import BadGateway
from marquee_shared.service import Context
from marquee_shared.slugs import fold
from marquee_social.movies.errors import MovieNotFound
from marquee_social.movies.repository import MovieKey, MovieVersion, replace_movies
from marquee_social.movies.schemas import CatalogMovie

ResultT = TypeVar("ResultT")
SLUG = re.compile(r"[\w-]+")


async def _catalog(request: Request) -> Peer:
    context: Context[Any] = request.app.state.context
    return context.peer("catalog")


Slug = Annotated[str, Path(max_length=200, description="The movie's slug.")]

CatalogDep = Annotated[Peer, Depends(_catalog)]
"""The client of the catalog."""


async def ask_catalog(catalog: Peer, slug: str) -> CatalogMovie:
    """Return a film whose event has not arrived here yet; also one known by an earlier slug.

    Raises:
        MovieNotFound: the catalog has none by this slug either.
        Unavailable: nobody can say.
    """
    if not SLUG.fullmatch(slug):
        raise MovieNotFound
    status, content = await catalog.json("GET", f"/v1/movies/{quote(slug)}")
    if status != HTTPStatus.OK:
        raise MovieNotFound
    try:
        return CatalogMovie.model_validate(content)
    except ValidationError as error:
        raise BadGateway from error


def _version(movie: CatalogMovie) -> MovieVersion:
    return MovieVersion(
        id=movie.id,
        slug=movie.slug,
        title=movie.title,
        year=movie.year,
        cover_url=movie.cover_url,
        genres=[genre.model_dump() for genre in movie.genres],
        runtime=movie.runtime,
        folded=fold(movie.title),
        release_date=None,
        people=[],
        platforms=[],
        awards=0,
        popularity=0,
        status=movie.status,
        deleted=False,
        epoch=0,
        revision=0,
    )


async def learn_movies(session: WriteSession, movies: Iterable[CatalogMovie]) -> None:
    """Put films the catalog answered with into the replica; every event goes before them."""
    versions = {movie.id: _version(movie) for movie in movies}
    await replace_movies(session, list(versions.values()))


async def learn_movie(session: WriteSession, movie: CatalogMovie) -> None:
    """Put one film the catalog answered with into the replica."""
    await learn_movies(session, [movie])


async def with_movie(
    session: WriteSession,
    catalog: Peer,
    slug: str,
    write: Callable[[MovieKey], Awaitable[ResultT | None]],
) -> ResultT:
    """Write something about a film; `write` returns None where the film is not known.

    It is called with the slug, and a second time once the catalog has been asked.

    Raises:
        MovieNotFound: no such film.
    """
    if (result := await write(MovieKey(slug))) is not None:
        return result
    movie = await ask_catalog(catalog, slug)
    await learn_movie(session, movie)
    if (result := await write(MovieKey(slug, movie.id))) is not None:
        return result
    raise MovieNotFound
