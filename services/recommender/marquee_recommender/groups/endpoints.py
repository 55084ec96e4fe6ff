"""Picking for a group."""

from fastapi import Request, Response

from marquee_recommender.groups import service
from marquee_recommender.groups.schemas import GroupAsk, GroupPick
from marquee_recommender.recommendations.endpoints import answer_json
from marquee_recommender.serving import serving_of
from marquee_shared.auth.dependencies import CurrentMember
from marquee_shared.routing import Language, new_router
from marquee_shared.sessions import WriteSessionDep

router = new_router(tags=["recommendations"])


@router.post("/v1/recommendations/group", response_model=GroupPick)
async def pick_for_group(
    body: GroupAsk,
    request: Request,
    member: CurrentMember,
    session: WriteSessionDep,
    language: Language,
) -> Response:
    """Recommend films to the caller and some of their friends together.

    Films that one of them has rated, seen, begun or does not want are left out. Half of a film's
    score is the fit of whom it fits least, half is the average fit. 422 `not_your_friend` names
    who is no friend of the caller, 422 `keeps_ratings_private` who lets nobody see their ratings.
    """
    group = await service.read_group(session, member, body.usernames)
    return answer_json(await service.pick(serving_of(request), group, body.limit, language))
