"""Routes of avatars."""

from typing import Annotated, Any

from fastapi import Depends, File, Path, Request, Response, UploadFile, status

from marquee_identity.avatars import service
from marquee_identity.avatars.drawing import draw_avatar
from marquee_identity.avatars.schemas import AvatarRead, AvatarSize
from marquee_identity.running import ContextDep
from marquee_identity.users.service import get_user
from marquee_shared.auth.dependencies import CurrentMember
from marquee_shared.caching import purge, tag_answer
from marquee_shared.conditional import PreconditionsDep
from marquee_shared.images import MEDIA_TYPES, read_upload
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep
from marquee_shared.storage import file_response

router = new_router(tags=["avatars"])

Digest = Annotated[str, Path(pattern="^[0-9a-f]{40}$")]
FileName = Annotated[str, Path(pattern=r"^(64|160|400)\.(webp|jpg)$")]
SVG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/svg+xml": {}}}}
PICTURES: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for kind in MEDIA_TYPES.values()}}
}


async def _kept(
    member: CurrentMember,
    context: ContextDep,
    file: Annotated[UploadFile, File(description="JPEG, PNG, WebP or GIF, at most 10 MB.")],
) -> str:
    store = service.avatars_store(context)
    return await service.keep_avatar(store, member.id, await read_upload(file))


@router.put("/v1/me/avatar")
async def change_avatar(
    url: Annotated[str, Depends(_kept)],
    member: CurrentMember,
    session: WriteSessionDep,
    preconditions: PreconditionsDep,
    response: Response,
) -> AvatarRead:
    """Show a picture of the caller. It is decoded and drawn anew, square, in three sizes.

    Nothing of its metadata is kept: not where it was taken, nor when.
    """
    await service.set_avatar(session, member.id, url, preconditions)
    purge(response, f"user:{member.id}", "users")
    folder = url.rpartition("/")[0]
    sizes = [
        AvatarSize(url=f"{folder}/{width}.{ending}", width=width, type=kind)
        for width in service.WIDTHS
        for ending, kind in MEDIA_TYPES.items()
    ]
    return AvatarRead(avatar_url=url, sizes=sizes)


@router.delete("/v1/me/avatar", status_code=status.HTTP_204_NO_CONTENT)
async def remove_avatar(
    member: CurrentMember,
    session: WriteSessionDep,
    preconditions: PreconditionsDep,
    response: Response,
) -> None:
    """Show no picture of the caller; its files go within the hour."""
    await service.set_avatar(session, member.id, None, preconditions)
    purge(response, f"user:{member.id}", "users")


@router.get("/v1/avatars/{digest}/{file}", response_class=Response, responses=PICTURES)
async def get_avatar(digest: Digest, file: FileName, request: Request) -> Response:
    """Return a picture in one size: `64`, `160` or `400` wide, `.webp` or `.jpg`.

    What an address shows never changes; it may be kept for ever.
    """
    kind = MEDIA_TYPES[file.rpartition(".")[2]]
    store = service.avatars_store(request.app.state.context)
    return await file_response(store, f"{digest}/{file}", kind)


@router.get("/v1/users/{username}/avatar.svg", response_class=Response, responses=SVG)
async def get_drawn_avatar(
    username: Annotated[str, Path(max_length=100)], session: ReadSessionDep
) -> Response:
    """Return a member's drawn avatar, their initials: for where `avatar_url` is null."""
    user = await get_user(session, username)
    response = Response(draw_avatar(str(user.id), user.name), media_type="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    tag_answer(response, f"user:{user.id}")
    return response
