"""The list of one's security events."""

from marquee_identity.security.schemas import SecurityEventRead
from marquee_identity.security.service import list_own_events
from marquee_shared.auth.dependencies import CurrentMember
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep

router = new_router(tags=["security"])


@router.get("/v1/me/security-events")
async def list_security_events(
    member: CurrentMember, session: ReadSessionDep, window: CursorWindowDep
) -> CursorPage[SecurityEventRead]:
    """List what happened to the caller's account in the last year, newest first.

    Sign-ins on devices not seen before, changes of password, e-mail address and roles, linked
    identities, refresh tokens used twice, and applications let in. Each was mailed, too.
    """
    return await list_own_events(session, member.id, window)
