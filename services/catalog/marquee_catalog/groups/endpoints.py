"""Routes of groups."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response, status

from marquee_catalog.channels.access import Editor, gone
from marquee_catalog.groups import service
from marquee_catalog.groups.schemas import GroupCreate, GroupRead, GroupUpdate
from marquee_shared.caching import purge
from marquee_shared.conditional import PreconditionsDep, set_revision
from marquee_shared.pagination import BrowsePage, BrowseWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router: APIRouter = new_router(prefix="/v1/groups", tags=["channels"])

GroupSlug = Annotated[str, Path(max_length=200)]


@router.get("", response_model_exclude_unset=True)
async def list_groups(session: ReadSessionDep, window: BrowseWindowDep) -> BrowsePage[GroupRead]:
    """List the groups that channels can have, by slug."""
    rows = await service.list_groups(session, window)
    page = BrowsePage[GroupRead](
        items=[GroupRead.model_validate(row) for row in rows[: window.limit]],
        next_cursor=window.next_cursor([(row.slug,) for row in rows]),
    )
    if window.page is not None:
        page.page = window.page
        page.total = await service.count_groups(session)
        page.pages = window.pages(page.total)
    return page


@router.get("/{slug}")
async def get_group(slug: GroupSlug, session: ReadSessionDep, request: Request) -> GroupRead:
    """Return a group."""
    group = await service.get_group(session, slug)
    set_revision(request, group.revision)
    return GroupRead.model_validate(group)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses={201: {"headers": {"Location": {"schema": {"type": "string"}}}}},
)
async def create_group(
    body: GroupCreate, session: WriteSessionDep, _editor: Editor, response: Response
) -> GroupRead:
    """Add a group. Its slug is made of its title."""
    group = await service.create_group(session, body)
    response.headers["Location"] = f"/v1/groups/{group.slug}"
    return GroupRead.model_validate(group)


@router.patch("/{slug}")
async def update_group(
    slug: GroupSlug,
    body: GroupUpdate,
    session: WriteSessionDep,
    _editor: Editor,
    preconditions: PreconditionsDep,
    response: Response,
) -> GroupRead:
    """Change a group's title; its slug stays."""
    group = await service.update_group(session, slug, body, preconditions)
    purge(response, "channels")
    return GroupRead.model_validate(group)


@router.delete("/{slug}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_group(
    slug: GroupSlug, session: WriteSessionDep, _editor: Editor, preconditions: PreconditionsDep
) -> Response:
    """Delete a group, and take it off every channel."""
    await service.delete_group(session, slug, preconditions)
    return gone()
