"""Routes of contents."""

from fastapi import APIRouter, Request, Response, status

from marquee_catalog.channels.access import Editor, SeesHidden, TreePath, changed, created, gone
from marquee_catalog.channels.service import split_path
from marquee_catalog.contents import service
from marquee_catalog.contents.schemas import ContentCreate, ContentRead, ContentUpdate
from marquee_catalog.movies.pages import JSON
from marquee_shared.conditional import PreconditionsDep, set_revision
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router: APIRouter = new_router(prefix="/v1/contents", tags=["channels"])


@router.get("/{path:path}", response_model=ContentRead)
async def get_content(
    path: TreePath, session: ReadSessionDep, request: Request, sees_hidden: SeesHidden
) -> Response:
    """Return the content at a path: its channel's path and its own slug."""
    found = await service.get_content(session, split_path(path), hidden=sees_hidden)
    set_revision(request, found.revision)
    return Response(found.body, media_type=JSON)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=ContentRead,
    responses={201: {"headers": {"Location": {"schema": {"type": "string"}}}}},
)
async def create_content(
    body: ContentCreate, session: WriteSessionDep, _editor: Editor
) -> Response:
    """Add a content to a leaf channel. Its slug is made of its title."""
    path, written = await service.create_content(session, body)
    return created("contents", path, written)


@router.patch("/{path:path}", response_model=ContentRead)
async def update_content(
    path: TreePath,
    body: ContentUpdate,
    session: WriteSessionDep,
    _editor: Editor,
    preconditions: PreconditionsDep,
) -> Response:
    """Change a content, or move it to another leaf channel; its slug stays."""
    written = await service.update_content(session, path, body, preconditions)
    return changed(written)


@router.delete("/{path:path}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_content(
    path: TreePath, session: WriteSessionDep, _editor: Editor, preconditions: PreconditionsDep
) -> Response:
    """Delete a content for good."""
    await service.delete_content(session, path, preconditions)
    return gone()
