"""The recommender's way to read what a member did before its event arrived."""

from fastapi import Response

from marquee_shared.auth.dependencies import CurrentMember
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep
from marquee_social.interactions.repository import interactions_json
from marquee_social.interactions.schemas import Interactions

router = new_router(tags=["internal"])


@router.get("/internal/me/interactions", include_in_schema=False, response_model=Interactions)
async def list_interactions(member: CurrentMember, session: ReadSessionDep) -> Response:
    """Return everything the caller has rated and signalled."""
    body = await interactions_json(session, member.id)
    return Response(body, media_type="application/json")
