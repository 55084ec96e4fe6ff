"""Routes of covers and portraits."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Path, Request, Response, UploadFile, status

from marquee_catalog.covers import service
from marquee_catalog.covers.pictures import keep_picture, pictures_store
from marquee_catalog.covers.repository import hold_pictures
from marquee_catalog.covers.schemas import PictureRead
from marquee_shared.auth.dependencies import require_role
from marquee_shared.auth.principals import Principal
from marquee_shared.caching import purge, tag_answer
from marquee_shared.conditional import PreconditionsDep
from marquee_shared.database import WriteSession
from marquee_shared.images import MEDIA_TYPES, read_upload
from marquee_shared.routing import Language, new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep
from marquee_shared.storage import file_response

router: APIRouter = new_router(tags=["pictures"])

Slug = Annotated[str, Path(max_length=200)]
Editor = Annotated[Principal, Depends(require_role("editor"))]
Translation = Annotated[Literal["en", "es", "fr", "de"], Path(description="ISO 639-1 code.")]
Upload = Annotated[UploadFile, File(description="JPEG, PNG, WebP or GIF, at most 10 MB.")]
Digest = Annotated[str, Path(pattern="^[0-9a-f]{40}$")]
FileName = Annotated[str, Path(pattern=r"^(154|342|500|780)\.(webp|jpg)$")]

SVG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/svg+xml": {}}}}
PICTURES: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for kind in MEDIA_TYPES.values()}}
}


@router.get("/v1/movies/{slug}/placeholder.svg", response_class=Response, responses=SVG)
async def get_placeholder(slug: Slug, session: ReadSessionDep, language: Language) -> Response:
    """Return the drawn cover of a film: title, year and genres, in the colours of its genre.

    `cover_url` names it where a film has no picture. It is the same as long as the film is.
    """
    movie_id, drawn = await service.draw_cover(session, slug, language=language)
    response = Response(drawn, media_type="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    tag_answer(response, f"movie:{movie_id}")
    return response


@router.get("/v1/pictures/{digest}/{file}", response_class=Response, responses=PICTURES)
async def get_picture(digest: Digest, file: FileName, request: Request) -> Response:
    """Return a picture in one size: `154`, `342`, `500` or `780` wide, `.webp` or `.jpg`.

    What an address shows never changes; it may be kept for ever.
    """
    kind = MEDIA_TYPES[file.rpartition(".")[2]]
    return await file_response(pictures_store(request.app.state.context), f"{digest}/{file}", kind)


async def _kept(session: WriteSession, request: Request, file: UploadFile) -> str:
    await hold_pictures(session)
    return await keep_picture(pictures_store(request.app.state.context), await read_upload(file))


def _purge_movie(response: Response, movie_id: int) -> None:
    purge(response, f"movie:{movie_id}", "movies")


@router.put("/v1/movies/{slug}/cover")
async def set_cover(
    slug: Slug,
    file: Upload,
    session: WriteSessionDep,
    editor: Editor,
    preconditions: PreconditionsDep,
    request: Request,
    response: Response,
) -> PictureRead:
    """Give a film a cover. It is decoded and drawn anew in four sizes; metadata is not kept."""
    url = await _kept(session, request, file)
    _purge_movie(response, await service.set_cover(session, slug, url, editor, preconditions))
    return service.describe(url)


@router.delete("/v1/movies/{slug}/cover", status_code=status.HTTP_204_NO_CONTENT)
async def remove_cover(
    slug: Slug,
    session: WriteSessionDep,
    editor: Editor,
    preconditions: PreconditionsDep,
    response: Response,
) -> None:
    """Take a film's cover away; the drawn one takes its place."""
    _purge_movie(response, await service.set_cover(session, slug, None, editor, preconditions))


@router.put("/v1/movies/{slug}/translations/{language}/cover")
async def set_translated_cover(
    slug: Slug,
    language: Translation,
    file: Upload,
    session: WriteSessionDep,
    editor: Editor,
    preconditions: PreconditionsDep,
    request: Request,
    response: Response,
) -> PictureRead:
    """Give a film a cover that those see who read in this language."""
    url = await _kept(session, request, file)
    movie_id = await service.set_cover(session, slug, url, editor, preconditions, language=language)
    _purge_movie(response, movie_id)
    return service.describe(url)


@router.delete(
    "/v1/movies/{slug}/translations/{language}/cover", status_code=status.HTTP_204_NO_CONTENT
)
async def remove_translated_cover(
    slug: Slug,
    language: Translation,
    session: WriteSessionDep,
    editor: Editor,
    preconditions: PreconditionsDep,
    response: Response,
) -> None:
    """Take the cover of one language away; the film's own takes its place."""
    movie_id = await service.set_cover(
        session, slug, None, editor, preconditions, language=language
    )
    _purge_movie(response, movie_id)


@router.put("/v1/people/{slug}/portrait")
async def set_portrait(
    slug: Slug,
    file: Upload,
    session: WriteSessionDep,
    editor: Editor,
    preconditions: PreconditionsDep,
    request: Request,
    response: Response,
) -> PictureRead:
    """Give someone a portrait. It is decoded and drawn anew in four sizes."""
    url = await _kept(session, request, file)
    person_id = await service.set_portrait(session, slug, url, editor, preconditions)
    purge(response, f"person:{person_id}", "people")
    return service.describe(url)


@router.delete("/v1/people/{slug}/portrait", status_code=status.HTTP_204_NO_CONTENT)
async def remove_portrait(
    slug: Slug,
    session: WriteSessionDep,
    editor: Editor,
    preconditions: PreconditionsDep,
    response: Response,
) -> None:
    """Take someone's portrait away."""
    person_id = await service.set_portrait(session, slug, None, editor, preconditions)
    purge(response, f"person:{person_id}", "people")
