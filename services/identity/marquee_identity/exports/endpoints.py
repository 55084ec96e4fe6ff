"""Routes of exports."""

from uuid import UUID

from fastapi import Response, status

from marquee_identity.exports.schemas import ExportRead
from marquee_identity.exports.service import (
    get_archive,
    get_export,
    list_exports,
    start_export,
)
from marquee_identity.exports.tasks import FOLDER
from marquee_identity.running import ContextDep
from marquee_shared.auth.dependencies import CurrentMember
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep
from marquee_shared.storage import file_response, open_store

router = new_router(tags=["rights"])


@router.post(
    "/v1/me/exports",
    status_code=status.HTTP_202_ACCEPTED,
    responses={202: {"headers": {"Location": {"schema": {"type": "string"}}}}},
)
async def ask_for_export(
    member: CurrentMember, session: WriteSessionDep, context: ContextDep, response: Response
) -> ExportRead:
    """Have everything the platform holds of the caller put into one archive.

    One at a time: while the last is being made, 409 `export_running`.
    """
    export = await start_export(session, context, member.id)
    response.headers["Location"] = f"/v1/me/exports/{export.id}"
    return export


@router.get("/v1/me/exports")
async def read_exports(
    member: CurrentMember, session: ReadSessionDep, window: CursorWindowDep
) -> CursorPage[ExportRead]:
    """List the caller's exports, newest first."""
    before = UUID(window.after[0]) if window.after else None
    found = await list_exports(session, member.id, limit=window.limit + 1, before=before)
    return CursorPage(
        items=found[: window.limit],
        next_cursor=window.next_cursor([(str(export.id),) for export in found]),
    )


@router.get("/v1/me/exports/{export_id}")
async def read_export(
    export_id: UUID, member: CurrentMember, session: ReadSessionDep
) -> ExportRead:
    """Return an export of the caller's: how far it is, and where its archive is."""
    return await get_export(session, export_id, member.id)


@router.get(
    "/v1/me/exports/{export_id}/archive",
    response_class=Response,
    responses={200: {"content": {"application/zip": {"schema": {"type": "string"}}}}},
)
async def download_archive(
    export_id: UUID, member: CurrentMember, session: ReadSessionDep, context: ContextDep
) -> Response:
    """Download an export's archive: a ZIP of one JSON file per service and data set.

    It can be had for a week, by its member alone.
    """
    export = await get_archive(session, export_id, member.id)
    store = open_store(context.settings, FOLDER)
    return await file_response(
        store, export.file, "application/zip", download_as="marquee-export.zip"
    )
