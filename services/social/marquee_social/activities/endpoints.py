"""The routes of feeds."""

from marquee_shared.auth.dependencies import CurrentMember, OptionalCaller
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep
from marquee_social.activities import service
from marquee_social.activities.errors import ActivityNotFound
from marquee_social.activities.schemas import ActivityRead
from marquee_social.users.service import IdentityDep, Username, get_user
from marquee_social.visibility.service import require_surface

router = new_router(tags=["feed"])


@router.get("/v1/me/feed")
async def list_feed(
    member: CurrentMember, session: ReadSessionDep, window: CursorWindowDep
) -> CursorPage[ActivityRead]:
    """List what the caller's friends did, latest first: rated, reviewed, watched, listed.

    Left out are friends whom the caller has muted, and what they do not show to the caller. A list
    takes two places at most: its making, and the film that was put there last.
    """
    return await service.list_activities(session, member.id, None, window)


@router.get("/v1/users/{username}/activity")
async def list_activity(
    username: Username,
    caller: OptionalCaller,
    session: ReadSessionDep,
    identity: IdentityDep,
    window: CursorWindowDep,
) -> CursorPage[ActivityRead]:
    """List what a member did, latest first, where they show it to the caller."""
    viewer = caller.id if caller else None
    user = await get_user(session, identity, viewer, username)
    await require_surface(session, viewer, user.id, "activity", ActivityNotFound)
    return await service.list_activities(session, viewer, user.id, window)
