"""Routes of channels."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response, status

from marquee_catalog.channels import report, service
from marquee_catalog.channels.access import Editor, SeesHidden, TreePath, changed, created, gone
from marquee_catalog.channels.schemas import (
    AtPath,
    ChannelCreate,
    ChannelRating,
    ChannelRatings,
    ChannelRead,
    ChannelSummary,
    ChannelUpdate,
    PathOfSlugs,
)
from marquee_catalog.movies.pages import JSON, json_page
from marquee_shared.caching import tag_answer
from marquee_shared.conditional import PreconditionsDep, set_revision
from marquee_shared.pagination import BrowsePage, BrowseWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router: APIRouter = new_router(prefix="/v1/channels", tags=["channels"])

CSV = "text/csv"
Groups = Annotated[
    list[str],
    Query(alias="group", max_length=50, description="Only channels in any of these groups."),
]


def wants_csv(accept: str) -> bool:
    """Whether an `Accept` header names CSV, and JSON not before it."""
    kinds = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    return CSV in kinds and JSON not in kinds[: kinds.index(CSV)]


@router.get("", response_model=BrowsePage[ChannelSummary])
async def list_channels(
    session: ReadSessionDep,
    window: BrowseWindowDep,
    sees_hidden: SeesHidden,
    parent: Annotated[
        PathOfSlugs | None, Query(description="Those directly below this path; without it, roots.")
    ] = None,
    group: Groups = [],  # noqa: B006 - FastAPI copies a default
) -> Response:
    """List the root channels, or those directly below another, by slug."""
    rows, total = await service.list_channels(
        session, parent, window, hidden=sees_hidden, groups=group
    )
    return json_page(window, [row.body for row in rows], [(row.slug,) for row in rows], total=total)


@router.get(
    "/ratings",
    response_model=ChannelRatings,
    responses={200: {"content": {CSV: {
        "schema": {"type": "string"},
        "example": "Channel Title,Average Rating\r\nNature,8.250\r\n",
    }}}},
)  # fmt: skip
async def list_channel_ratings(session: ReadSessionDep, request: Request) -> Response:
    """Report the mean rating of all active contents below each active channel, best first.

    `Accept: text/csv` gives the file, with a title and an average per line. A title that a
    spreadsheet would take for a formula stands behind an apostrophe there.
    """
    rows = await report.read_ratings(session)
    if wants_csv(request.headers.get("accept", "")):
        response = Response(report.as_csv(rows), media_type=CSV)
        response.headers["Content-Disposition"] = 'attachment; filename="channel-ratings.csv"'
    else:
        found = ChannelRatings(items=[ChannelRating.model_validate(row) for row in rows])
        response = Response(found.model_dump_json(), media_type=JSON)
    response.headers["Vary"] = "Accept, Accept-Language"
    tag_answer(response, "channels")
    return response


@router.get("/{path:path}", response_model=AtPath)
async def get_channel(
    path: TreePath,
    session: ReadSessionDep,
    request: Request,
    sees_hidden: SeesHidden,
    group: Groups = [],  # noqa: B006 - FastAPI copies a default
) -> Response:
    """Return the channel or the content at a path of slugs; `type` says which.

    Every slug on the way must match, and what is inactive, or lies below something inactive, is
    404 for all but editors. `group` keeps those of the channel's direct children that are in one
    of the groups.
    """
    found = await service.get_at_path(
        session, service.split_path(path), hidden=sees_hidden, groups=group
    )
    set_revision(request, found.revision)
    return Response(found.body, media_type=JSON)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=ChannelRead,
    responses={201: {"headers": {"Location": {"schema": {"type": "string"}}}}},
)
async def create_channel(
    body: ChannelCreate, session: WriteSessionDep, _editor: Editor
) -> Response:
    """Add a channel. Its slug is made of its title, and unique among its siblings."""
    path, written = await service.create_channel(session, body)
    return created("channels", path, written)


@router.patch("/{path:path}", response_model=ChannelRead)
async def update_channel(
    path: TreePath,
    body: ChannelUpdate,
    session: WriteSessionDep,
    _editor: Editor,
    preconditions: PreconditionsDep,
) -> Response:
    """Change a channel, or move it with all below it; its slug stays."""
    written = await service.update_channel(session, path, body, preconditions)
    return changed(written)


@router.delete("/{path:path}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_channel(
    path: TreePath,
    session: WriteSessionDep,
    _editor: Editor,
    preconditions: PreconditionsDep,
    recursive: Annotated[bool, Query(description="With all that lies below it.")] = False,
) -> Response:
    """Delete a channel for good; one that is not empty only with `recursive=true`."""
    await service.delete_channel(session, path, preconditions, recursive=recursive)
    return gone()
