"""The home of a member."""

from fastapi import Request, Response

from marquee_recommender.home import service
from marquee_recommender.home.schemas import Home
from marquee_recommender.recommendations.endpoints import ProfileDep, answer_json
from marquee_recommender.serving import serving_of
from marquee_shared.auth.dependencies import CurrentMember
from marquee_shared.routing import Language, new_router

router = new_router(tags=["recommendations"])


@router.get("/v1/me/home", response_model=Home)
async def read_home(
    request: Request, member: CurrentMember, profile: ProfileDep, language: Language
) -> Response:
    """Return everything a home screen shows, in rows; no film stands in two of them.

    What the caller has begun and what is for them stand first, then the rows whose films fit
    them best. Rows that would hold fewer than three films are left out. Where an experiment runs,
    `variant` is the caller's, and being answered counts as being shown it.
    """
    serving = serving_of(request)
    choice = await serving.experiments.choose(member.id, serving.model.current)
    return answer_json(await service.home(serving, choice, member.id, profile, language))
