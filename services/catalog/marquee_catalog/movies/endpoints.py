"""Routes of films."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response, status

from marquee_catalog.movies import service
from marquee_catalog.movies.listing import MovieFilters
from marquee_catalog.movies.pages import JSON, json_page
from marquee_catalog.movies.schemas import MovieCreate, MovieRead, MovieSummary, MovieUpdate
from marquee_shared.auth.dependencies import require_role
from marquee_shared.auth.principals import Principal
from marquee_shared.caching import purge, tag_answer
from marquee_shared.conditional import PreconditionsDep, set_revision
from marquee_shared.pagination import BrowsePage, BrowseWindowDep
from marquee_shared.routing import Language, new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router: APIRouter = new_router(prefix="/v1/movies", tags=["movies"])

Editor = Annotated[Principal, Depends(require_role("editor"))]
MovieSlug = Annotated[str, Path(max_length=200)]
Year = Annotated[int | None, Query(ge=1800, le=2200)]
Names = Annotated[list[str], Query(max_length=50)]
SortName = Literal[
    "relevance", "popularity", "rating", "release_date", "title",
    "-relevance", "-popularity", "-rating", "-release_date", "-title",
]  # fmt: skip


def _filters(
    genre: Names = [],  # noqa: B006 - FastAPI copies a default
    platform: Names = [],  # noqa: B006
    award: Names = [],  # noqa: B006
    tag: Names = [],  # noqa: B006
    person: Names = [],  # noqa: B006
    actor: Names = [],  # noqa: B006
    director: Names = [],  # noqa: B006
    language: Annotated[
        list[str], Query(max_length=50, description="ISO 639-1 code of a language spoken in it.")
    ] = [],  # noqa: B006
    country: Annotated[list[str], Query(max_length=50, description="ISO 3166-1 code.")] = [],  # noqa: B006
    year_from: Year = None,
    year_to: Year = None,
    min_rating: Annotated[float | None, Query(ge=0.5, le=5)] = None,
    ids: Annotated[
        str | None, Query(max_length=2000, description="Up to 100 ids, separated by commas.")
    ] = None,
) -> MovieFilters:
    return MovieFilters(
        genre=genre,
        platform=platform,
        award=award,
        tag=tag,
        person=person,
        actor=actor,
        director=director,
        language=language,
        country=country,
        year_from=year_from,
        year_to=year_to,
        min_rating=min_rating,
        ids=service.parse_ids(ids) if ids is not None else None,
    )


@router.get("", response_model=BrowsePage[MovieSummary])
async def list_movies(
    session: ReadSessionDep,
    window: BrowseWindowDep,
    filters: Annotated[MovieFilters, Depends(_filters)],
    answer_language: Language,
    q: Annotated[
        str | None,
        Query(max_length=200, description="Titles in any language, people and tags."),
    ] = None,
    sort: Annotated[
        SortName | None,
        Query(description="Best first; `-` turns it round. `relevance` with `q`, else popularity."),
    ] = None,
) -> Response:
    """List and search films.

    Filters combine with *and*; several values of one filter mean any of them, and an unknown
    slug finds nothing. `q` forgives one typo per word, ignores accents, and takes the last word
    as the beginning of one.
    """
    page = await service.list_movies(
        session, filters, q=q, sort=sort, window=window, language=answer_language
    )
    response = json_page(page.window, page.bodies, page.keys, total=page.total)
    tag_answer(response, "movies")
    return response


def _detail(request: Request, film: Any) -> Response:
    response = Response(film.body, media_type=JSON)
    set_revision(request, film.revision)
    tag_answer(response, f"movie:{film.id}")
    return response


@router.get(
    "/lookup",
    response_model=MovieRead,
    responses={404: {"description": "No film has this id."}},
)
async def look_up_movie(
    session: ReadSessionDep,
    request: Request,
    language: Language,
    imdb: Annotated[str | None, Query(max_length=20, description="With or without `tt`.")] = None,
    tmdb: Annotated[str | None, Query(max_length=20)] = None,
    movielens: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    """Return a film by its id elsewhere; give exactly one."""
    wanted = {"imdb": imdb, "tmdb": tmdb, "movielens": movielens}
    return _detail(request, await service.look_up_movie(session, wanted, language=language))


@router.get("/{slug}", response_model=MovieRead)
async def get_movie(
    slug: MovieSlug,
    session: ReadSessionDep,
    request: Request,
    language: Language,
    include: Annotated[
        str | None,
        Query(max_length=100, description="Comma-separated: `credits`, `translations`."),
    ] = None,
) -> Response:
    """Return a film in full."""
    film = await service.get_movie(session, slug, include=include, language=language)
    return _detail(request, film)


def _purge(response: Response, movie_id: int) -> None:
    purge(response, f"movie:{movie_id}", "movies")


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=MovieRead,
    responses={201: {"headers": {"Location": {"schema": {"type": "string"}}}}},
)
async def create_movie(
    body: MovieCreate, session: WriteSessionDep, _editor: Editor, language: Language
) -> Response:
    """Add a film. Its slug is its title and year."""
    film = await service.create_movie(session, body, language=language)
    response = Response(film.body, status_code=status.HTTP_201_CREATED, media_type=JSON)
    response.headers["Location"] = f"/v1/movies/{film.slug}"
    _purge(response, film.id)
    return response


@router.patch("/{slug}", response_model=MovieRead)
async def update_movie(
    slug: MovieSlug,
    body: MovieUpdate,
    session: WriteSessionDep,
    _editor: Editor,
    preconditions: PreconditionsDep,
    language: Language,
) -> Response:
    """Change a film; its slug stays."""
    film = await service.update_movie(session, slug, body, preconditions, language=language)
    response = Response(film.body, media_type=JSON)
    _purge(response, film.id)
    return response


@router.delete("/{slug}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_movie(
    slug: MovieSlug, session: WriteSessionDep, _editor: Editor, preconditions: PreconditionsDep
) -> Response:
    """Take a film out of sight; it can be restored."""
    movie_id = await service.delete_movie(session, slug, preconditions)
    response = Response(status_code=status.HTTP_204_NO_CONTENT)
    _purge(response, movie_id)
    return response


@router.post("/{slug}/restore", response_model=MovieRead)
async def restore_movie(
    slug: MovieSlug, session: WriteSessionDep, _editor: Editor, language: Language
) -> Response:
    """Bring a deleted film back; 200 as well when it is there."""
    film = await service.restore_movie(session, slug, language=language)
    response = Response(film.body, media_type=JSON)
    _purge(response, film.id)
    return response
