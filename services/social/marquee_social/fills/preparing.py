"""What a route that fills a list asks for, done before its transaction takes a connection."""

from typing import Annotated

from fastapi import Depends, Request

from marquee_shared.auth.dependencies import VerifiedMember
from marquee_shared.routing import Language
from marquee_social.fills.service import Prepared, prepare
from marquee_social.lists.schemas import ListCreate, ListUpdate


def bearer(request: Request) -> str:
    """Return the caller's token, to ask a peer as them."""
    return request.headers.get("authorization", "").partition(" ")[2].strip()


async def _of(
    body: ListCreate | ListUpdate, member: VerifiedMember, request: Request, language: str
) -> Prepared | None:
    if body.fill is None:
        return None
    return await prepare(
        request.app.state.context,
        member.id,
        bearer(request),
        body.fill,
        list_slug=request.path_params.get("slug"),
        pointer="/fill",
        language=language,
    )


async def _of_new(
    body: ListCreate, member: VerifiedMember, request: Request, language: Language
) -> Prepared | None:
    return await _of(body, member, request, language)


async def _of_change(
    body: ListUpdate, member: VerifiedMember, request: Request, language: Language
) -> Prepared | None:
    return await _of(body, member, request, language)


FillOfNew = Annotated[Prepared | None, Depends(_of_new)]
FillOfChange = Annotated[Prepared | None, Depends(_of_change)]
