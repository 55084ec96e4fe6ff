"""The routes of signals."""

from typing import Annotated

from fastapi import Query, Request, Response, status

from marquee_shared.auth.dependencies import CurrentMember, VerifiedMember
from marquee_shared.conditional import PreconditionsDep, set_revision
from marquee_shared.events.social import SignalKind
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep
from marquee_social.movies.service import CatalogDep, Slug
from marquee_social.signals.schemas import SignalRead, SignalWrite
from marquee_social.signals.service import SIGNALS

router = new_router(tags=["signals"])


@router.get("/v1/movies/{slug}/signal")
async def get_signal(
    slug: Slug,
    member: CurrentMember,
    session: ReadSessionDep,
    catalog: CatalogDep,
    request: Request,
) -> SignalRead:
    """Return the caller's signal about a movie; 404 `signal_not_found` without one."""
    signal, revision = await SIGNALS.get(session, catalog, member.id, slug)
    set_revision(request, revision)
    return signal


@router.put(
    "/v1/movies/{slug}/signal",
    responses={status.HTTP_201_CREATED: {"model": SignalRead, "description": "Newly given."}},
)
async def set_signal(
    slug: Slug,
    body: SignalWrite,
    member: VerifiedMember,
    session: WriteSessionDep,
    catalog: CatalogDep,
    preconditions: PreconditionsDep,
    response: Response,
) -> SignalRead:
    """Say like, dislike, not interested or seen of a movie, in place of what was said before."""
    signal, row = await SIGNALS.set(session, catalog, member.id, slug, body.kind, preconditions)
    if row.before is None:
        response.status_code = status.HTTP_201_CREATED
    return signal


@router.delete("/v1/movies/{slug}/signal", status_code=status.HTTP_204_NO_CONTENT)
async def remove_signal(
    slug: Slug,
    member: VerifiedMember,
    session: WriteSessionDep,
    catalog: CatalogDep,
    preconditions: PreconditionsDep,
) -> None:
    """Take the caller's signal back; 204 also when there is none."""
    await SIGNALS.remove(session, catalog, member.id, slug, preconditions)


@router.get("/v1/me/signals")
async def list_signals(
    member: CurrentMember,
    session: ReadSessionDep,
    window: CursorWindowDep,
    kind: Annotated[SignalKind | None, Query(description="Only signals of this kind.")] = None,
) -> CursorPage[SignalRead]:
    """List the caller's signals, newest first."""
    return await SIGNALS.list_newest(session, member.id, window, kind)
