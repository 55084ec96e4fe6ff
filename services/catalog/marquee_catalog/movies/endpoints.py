"""Routes of films."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response, status

from marquee_catalog.history.audit import AuditEntryRead, read_entries
from marquee_catalog.history.parameters import (
    CREATED,
    MOVED,
    Editor,
    ForGood,
    LanguageCode,
    SlugPath,
)
from marquee_catalog.movies import merging, service, translations
from marquee_catalog.movies.listing import MovieFilters
from marquee_catalog.movies.pages import JSON, json_page
from marquee_catalog.movies.schemas import (
    MovieCreate,
    MoviePage,
    MovieRead,
    MovieTranslationRead,
    MovieTranslationWrite,
    MovieUpdate,
)
from marquee_catalog.movies.similar import add_similar
from marquee_catalog.people.schemas import MergeInto
from marquee_shared.caching import purge, tag_answer
from marquee_shared.conditional import PreconditionsDep, set_revision
from marquee_shared.pagination import BrowseWindowDep, CursorPage, CursorWindowDep
from marquee_shared.routing import Language, new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router: APIRouter = new_router(prefix="/v1/movies", tags=["movies"])

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


@router.get("", response_model=MoviePage)
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
    include: Annotated[
        str | None, Query(max_length=100, description="`facets`: how the whole list divides up.")
    ] = None,
) -> Response:
    """List and search films.

    Filters combine with *and*; several values of one filter mean any of them, and an unknown
    slug finds nothing. `q` forgives one typo per word, ignores accents, and takes the last word
    as the beginning of one.
    """
    page = await service.list_movies(
        session,
        filters,
        q=q,
        sort=sort,
        window=window,
        include=include,
        language=answer_language,
    )
    extra = ""
    if page.facets is not None:
        approximate = "true" if page.facets.approximate else "false"
        extra = f'"facets":{page.facets.body},"facets_approximate":{approximate}'
    response = json_page(page.window, page.bodies, page.keys, total=page.total, extra=extra)
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


@router.get("/{slug}", response_model=MovieRead, responses=MOVED)
async def get_movie(
    slug: SlugPath,
    session: ReadSessionDep,
    request: Request,
    language: Language,
    include: Annotated[
        str | None,
        Query(max_length=100, description="Comma-separated: `credits, translations, similar`."),
    ] = None,
) -> Response:
    """Return a film in full. A slug that it had before answers 308."""
    film = await service.get_movie(session, slug, include=include, language=language)
    response = _detail(request, film)
    if "similar" in service.parse_include(include):
        recommender = request.app.state.context.peer("recommender")
        response.body = await add_similar(recommender, film.slug, film.body, language)
        response.headers["content-length"] = str(len(response.body))
        tag_answer(response, f"movie:{film.id}", "recommendations")
    return response


def _purge(response: Response, *movie_ids: int) -> None:
    purge(response, *(f"movie:{movie_id}" for movie_id in movie_ids), "movies")


def _written(film: service.WrittenMovie, *others: int, status_code: int = 200) -> Response:
    response = Response(film.body, status_code=status_code, media_type=JSON)
    _purge(response, film.id, *others)
    return response


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=MovieRead,
    responses=CREATED,
)
async def create_movie(
    body: MovieCreate, session: WriteSessionDep, editor: Editor, language: Language
) -> Response:
    """Add a film. Its slug is its title and year, unless another is given."""
    film = await service.create_movie(session, editor, body, language=language)
    response = _written(film, status_code=status.HTTP_201_CREATED)
    response.headers["Location"] = f"/v1/movies/{film.slug}"
    return response


@router.patch("/{slug}", response_model=MovieRead, responses=MOVED)
async def update_movie(
    slug: SlugPath,
    body: MovieUpdate,
    session: WriteSessionDep,
    editor: Editor,
    preconditions: PreconditionsDep,
    language: Language,
) -> Response:
    """Change a film.

    Its slug stays unless another is given, and then the former one answers 308. What an editor
    has set or emptied is left alone by every later import.
    """
    return _written(
        await service.update_movie(session, editor, slug, body, preconditions, language=language)
    )


@router.delete("/{slug}", status_code=status.HTTP_204_NO_CONTENT, responses=MOVED)
async def delete_movie(
    slug: SlugPath,
    session: WriteSessionDep,
    editor: Editor,
    preconditions: PreconditionsDep,
    for_good: ForGood,
) -> Response:
    """Take a film out of sight; it can be restored, unless it was deleted for good."""
    remove = service.destroy_movie if for_good else service.delete_movie
    movie_id = await remove(session, editor, slug, preconditions)
    response = Response(status_code=status.HTTP_204_NO_CONTENT)
    _purge(response, movie_id)
    return response


@router.post("/{slug}/restore", response_model=MovieRead, responses=MOVED)
async def restore_movie(
    slug: SlugPath, session: WriteSessionDep, editor: Editor, language: Language
) -> Response:
    """Bring a deleted film back; 200 as well when it is there."""
    return _written(await service.restore_movie(session, editor, slug, language=language))


@router.post("/{slug}/merge", response_model=MovieRead, responses=MOVED)
async def merge_movies(
    slug: SlugPath,
    body: MergeInto,
    session: WriteSessionDep,
    editor: Editor,
    preconditions: PreconditionsDep,
    language: Language,
) -> Response:
    """Make this film part of another, of which it is a double, and return that one.

    What this one has and the other lacks goes over, ratings and all that members wrote follow,
    and this slug answers 308 from then on. Done twice it is done once.
    """
    film, gone = await merging.merge_movies(
        session, editor, slug, body.into, preconditions, language=language
    )
    return _written(film, *gone)


@router.put(
    "/{slug}/translations/{code}",
    responses={201: {"model": MovieTranslationRead, "description": "It is new."}, **MOVED},
)
async def put_translation(
    slug: SlugPath,
    code: LanguageCode,
    body: MovieTranslationWrite,
    session: WriteSessionDep,
    editor: Editor,
    preconditions: PreconditionsDep,
    response: Response,
) -> MovieTranslationRead:
    """Set title, synopsis or cover in one language; what is left out stays, null takes it away."""
    movie_id, translation, created = await translations.put_translation(
        session, editor, slug, code, body, preconditions
    )
    if created:
        response.status_code = status.HTTP_201_CREATED
    _purge(response, movie_id)
    return translation


@router.delete(
    "/{slug}/translations/{code}", status_code=status.HTTP_204_NO_CONTENT, responses=MOVED
)
async def delete_translation(
    slug: SlugPath,
    code: LanguageCode,
    session: WriteSessionDep,
    editor: Editor,
    preconditions: PreconditionsDep,
) -> Response:
    """Take a language away; 204 as well when it is not there."""
    movie_id = await translations.delete_translation(session, editor, slug, code, preconditions)
    response = Response(status_code=status.HTTP_204_NO_CONTENT)
    _purge(response, movie_id)
    return response


@router.get("/{slug}/audit", responses=MOVED)
async def list_changes(
    slug: SlugPath, session: ReadSessionDep, _editor: Editor, window: CursorWindowDep
) -> CursorPage[AuditEntryRead]:
    """List who changed what of a film, the latest first; of a deleted one too."""
    movie_id = await service.find_any_id(session, slug)
    return await read_entries(session, service.KIND, movie_id, window)
