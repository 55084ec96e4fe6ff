"""The route of a member's figures."""

from typing import Annotated

from fastapi import Query

from marquee_shared.auth.dependencies import OptionalCaller
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep
from marquee_social.stats import service
from marquee_social.stats.errors import StatsNotFound
from marquee_social.stats.schemas import Stats
from marquee_social.users.service import IdentityDep, Username, get_user
from marquee_social.visibility.service import require_surface

router = new_router(tags=["stats"])


@router.get("/v1/users/{username}/stats")
async def get_stats(
    username: Username,
    caller: OptionalCaller,
    session: ReadSessionDep,
    identity: IdentityDep,
    year: Annotated[
        int | None,
        Query(
            ge=service.FIRST_YEAR, le=service.LAST_YEAR, description="Only this year, in review."
        ),
    ] = None,
) -> Stats:
    """Return a member's figures, where they show them to the caller. Days are UTC."""
    viewer = caller.id if caller else None
    user = await get_user(session, identity, viewer, username)
    await require_surface(session, viewer, user.id, "stats", StatsNotFound)
    return await service.get_stats(session, user.id, year)
