"""The route of changes."""

from marquee_shared.auth.dependencies import CurrentMember
from marquee_shared.pagination import CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep
from marquee_social.sync import service
from marquee_social.sync.schemas import ChangePage

router = new_router(tags=["sync"])


@router.get("/v1/me/changes")
async def list_changes(
    member: CurrentMember, session: ReadSessionDep, window: CursorWindowDep
) -> ChangePage:
    """Return what of the caller's has changed since a cursor, deletions as tombstones.

    Without a cursor it begins with everything. Keep `next_cursor` and come back with it at any
    time: nothing in between is missed, however late it was committed. A thing may be shown again
    as it is; applying it again does no harm.
    """
    return await service.list_changes(session, member.id, window)
