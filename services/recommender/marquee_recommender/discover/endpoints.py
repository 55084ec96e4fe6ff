"""Finding films in one's own words."""

from typing import Annotated, Any

from fastapi import Depends, Request, Response

from marquee_recommender.discover import service
from marquee_recommender.discover.outside import read_outside
from marquee_recommender.discover.schemas import DiscoverAsk, Discovered
from marquee_recommender.recommendations.endpoints import answer_json
from marquee_recommender.serving import serving_of
from marquee_shared.auth.dependencies import OptionalCaller
from marquee_shared.routing import Language, new_router
from marquee_shared.sessions import WriteSessionDep

router = new_router(tags=["recommendations"])


async def _help(
    body: DiscoverAsk, request: Request, _verified_first: OptionalCaller
) -> dict[str, Any]:
    """Ask the outside model before the transaction begins: no connection waits for it."""
    serving = serving_of(request)
    settings = request.app.state.context.settings
    if settings.llm_base_url is None or not body.text:
        return {}
    names = await serving.names.current()
    return await read_outside(settings, body.text, serving.catalog, names)


HelpDep = Annotated[dict[str, Any], Depends(_help, scope="function")]


@router.post(
    "/v1/discover",
    response_model=Discovered,
    response_model_exclude_unset=True,
    responses={404: {"description": "There is no such conversation, or it is over."}},
)
async def discover_movies(
    body: DiscoverAsk,
    helped: HelpDep,
    request: Request,
    caller: OptionalCaller,
    session: WriteSessionDep,
    language: Language,
) -> Response:
    """Find films by saying what one is in the mood for.

    Genres, moods, decades and years, runtimes, people, platforms, “like …” and “with friends” are
    understood in English, Spanish, French and German, and what is left by its meaning. The
    answer shows what was understood; sent back as `filters` it can be edited. A conversation
    remembers it for an hour: what is said next takes the place of what was said of the same kind,
    “also …” adds to it, “more” shows others, “start over” forgets. 404 `conversation_not_found`
    for one that is over. Signed in, films the caller had to do with are left out.
    """
    member = caller.id if caller is not None and caller.kind == "member" else None
    serving = serving_of(request)
    return answer_json(await service.discover(session, serving, helped, member, body, language))
