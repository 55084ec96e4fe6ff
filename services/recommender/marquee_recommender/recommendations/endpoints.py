"""Recommendations for members; what needs no member is public and cacheable."""

from typing import Annotated, Any, Literal

import orjson
from fastapi import Depends, Path, Query, Request, Response
from pydantic import StringConstraints

from marquee_recommender.interactions.profiles import MemberProfile
from marquee_recommender.movies.catalog import Filters
from marquee_recommender.recommendations import explaining, service
from marquee_recommender.recommendations.schemas import (
    Recommendations,
    SimilarMovies,
    Trending,
    Why,
)
from marquee_recommender.serving import serving_of
from marquee_shared.auth.dependencies import CurrentMember
from marquee_shared.caching import awaited_events, tag_answer
from marquee_shared.pagination import DEFAULT_LIMIT, MAX_LIMIT
from marquee_shared.problems import Invalid
from marquee_shared.routing import Language, new_router
from marquee_shared.sessions import ReadSessionDep

router = new_router(tags=["recommendations"])

Slug = Annotated[str, Path(min_length=1, max_length=300)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many items at most.")]
Year = Annotated[int | None, Query(ge=1800, le=2200)]
SlugList = list[Annotated[str, StringConstraints(max_length=300)]] | None
MOST = 200


async def _profile(request: Request, member: CurrentMember, session: ReadSessionDep) -> Any:
    context = request.app.state.context
    return await service.read_profile(
        session,
        context.peers,
        member.id,
        awaited_events(request),
        request.headers.get("authorization", "").partition(" ")[2].strip(),
        context.settings.social_deadline,
    )


ProfileDep = Annotated[MemberProfile, Depends(_profile, scope="function")]


async def _filters(
    genre: Annotated[SlugList, Query(max_length=MOST, description="Any of these.")] = None,
    platform: Annotated[SlugList, Query(max_length=MOST, description="On any of these.")] = None,
    year_from: Year = None,
    year_to: Year = None,
) -> Filters:
    if year_from is not None and year_to is not None and year_from > year_to:
        raise Invalid.at("/query/year_from", "after_year_to", "year_from is past year_to.")
    return Filters(tuple(genre or ()), tuple(platform or ()), year_from, year_to)


FiltersDep = Annotated[Filters, Depends(_filters)]


def answer_json(body: dict[str, Any]) -> Response:
    """Answer with what a service has built, without validating it once more."""
    return Response(orjson.dumps(body), media_type="application/json")


@router.get("/v1/me/recommendations", response_model=Recommendations)
async def list_recommendations(
    request: Request,
    member: CurrentMember,
    profile: ProfileDep,
    filters: FiltersDep,
    language: Language,
    limit: Limit = DEFAULT_LIMIT,
    diversity: Annotated[
        float | None,
        Query(
            ge=0,
            le=1,
            allow_inf_nan=False,
            description="How much variety counts: 0 ranks by score alone; without it, as tuned.",
        ),
    ] = None,
    exclude: Annotated[SlugList, Query(max_length=MOST, description="Not these films.")] = None,
) -> Response:
    """Recommend films to the caller, each with its reasons.

    Computed from the caller's present ratings and signals: what they did a moment ago counts.
    Films that friends rated 4 or more (where the friend lets friends see it), with people the
    caller follows, or on platforms they chose count for more. Never a film they rated, saw, have
    begun to watch, disliked or are not interested in, and none that is not out; full to `limit`
    wherever the filters leave enough films. Where an experiment runs, `variant` is the caller's,
    and being answered counts as being shown it.
    """
    ask = service.Ask(limit, language, filters, tuple(exclude or ()), diversity)
    serving = serving_of(request)
    choice = await serving.experiments.choose(member.id, serving.model.current)
    return answer_json(await service.recommend(serving, member.id, profile, ask, choice))


@router.get("/v1/movies/{slug}/similar", response_model=SimilarMovies)
async def list_similar(
    slug: Slug, request: Request, language: Language, limit: Limit = DEFAULT_LIMIT
) -> Response:
    """List films like this one: by who watches both, and by what they are about.

    By the latter alone for a film that is newer than the model; `model` says what ranks otherwise.
    """
    movie_id, body = await service.similar(serving_of(request), slug, limit, language)
    response = answer_json(body)
    tag_answer(response, f"movie:{movie_id}", "recommendations")
    return response


@router.get("/v1/movies/{slug}/why", response_model=Why)
async def explain_movie(
    slug: Slug, request: Request, profile: ProfileDep, filters: FiltersDep, language: Language
) -> Response:
    """Explain why this film is recommended to the caller, or what keeps it out.

    With the filters that were asked with, it says whether they leave the film out as well.
    """
    return answer_json(explaining.why(serving_of(request), profile, slug, filters, language))


@router.get("/v1/trending", response_model=Trending)
async def list_trending(
    request: Request,
    language: Language,
    window: Annotated[Literal["day", "week", "month"], Query()] = "week",
    limit: Limit = DEFAULT_LIMIT,
) -> Response:
    """List the films that most members rated within the window.

    The window ends now; where nothing was rated in it at all (after an import of old ratings),
    it ends at the newest rating there is, `live` is false, and `from` and `to` say what is
    covered. A chart that is too short is filled up with what is popular overall.
    """
    body = await service.trending(serving_of(request), window, limit, language)
    response = answer_json(body)
    tag_answer(response, "recommendations", "movies")
    return response
