"""The route of exports."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import StreamingResponse

from marquee_shared.auth.dependencies import CurrentMember
from marquee_shared.routing import new_router
from marquee_social.exports.forms import FORMS, History
from marquee_social.imports.sources import Source
from marquee_social.movies.service import CatalogDep

router = new_router(tags=["imports"])

BEGINNING = 2
"""Pieces that are there before the answer begins: the head, and the first film."""
BLOCK = 1 << 16


async def _in_blocks(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    block = bytearray(first)
    async for piece in rest:
        block += piece
        if len(block) >= BLOCK:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)


@router.get(
    "/v1/me/history/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The file.",
            "content": {
                download.media_type: {
                    "schema": {}
                    if download.media_type == "application/json"
                    else {"type": "string", "format": "binary"}
                }
                for download in FORMS.values()
            },
        }
    },
)
async def export_history(
    member: CurrentMember,
    catalog: CatalogDep,
    request: Request,
    source: Annotated[
        Source,
        Query(
            description="`letterboxd`: a ZIP of CSV files. `imdb`, `movielens`: CSV of ratings. "
            "`trakt`: JSON. `marquee`: our own JSON, which holds the most."
        ),
    ] = "marquee",
) -> StreamingResponse:
    """Download the caller's ratings, signals, watchlist and reviews to take them elsewhere.

    Each is a form that `POST /v1/me/imports` takes, too. `letterboxd` tells of signals only what
    was seen or liked, `trakt` what was seen, and neither `imdb` nor `movielens` tells of any.
    Only `marquee` has the caller's own lists, under `lists`, each with its films in order; an
    import passes over them.
    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    download = FORMS[source]
    pieces = download.write(History(request.app.state.database, catalog, member.id))
    first = b""
    for _ in range(BEGINNING):
        first += await anext(pieces, b"")
    return StreamingResponse(
        _in_blocks(first, pieces),
        media_type=download.media_type,
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{download.file_name}"',
        },
    )
