"""The data team's questions in bulk."""

from typing import Annotated, Any

import orjson
from fastapi import Depends, Request, Response

from marquee_recommender.batches import service
from marquee_recommender.batches.schemas import (
    RecommendAnswer,
    RecommendBatch,
    ScoreAnswer,
    ScoreBatch,
    SimilarAnswer,
    SimilarBatch,
)
from marquee_recommender.serving import serving_of
from marquee_shared.auth.dependencies import require_scope
from marquee_shared.auth.principals import Principal
from marquee_shared.routing import Language, new_router
from marquee_shared.sessions import WriteSessionDep

router = new_router(prefix="/v1/recommender", tags=["recommender"])

ScientistDep = Annotated[Principal, Depends(require_scope("recommender"))]


def _json(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")


@router.post("/recommend", response_model=RecommendAnswer)
async def recommend_batch(
    body: RecommendBatch,
    session: WriteSessionDep,
    _scientist: ScientistDep,
    request: Request,
    language: Language,
) -> Response:
    """Recommend to many members at once, or to a profile given in the body.

    409 `no_model` before the first training.
    """
    return _json(await service.recommend(session, serving_of(request), body, language))


@router.post("/score", response_model=ScoreAnswer)
async def score_batch(
    body: ScoreBatch,
    session: WriteSessionDep,
    _scientist: ScientistDep,
    request: Request,
    language: Language,
) -> Response:
    """Score films for a member or a profile, whether or not they would be recommended."""
    return _json(await service.score(session, serving_of(request), body, language))


@router.post("/similar", response_model=SimilarAnswer)
async def similar_batch(
    body: SimilarBatch,
    _session: WriteSessionDep,
    _scientist: ScientistDep,
    request: Request,
    language: Language,
) -> Response:
    """Find the neighbours of many films at once."""
    return _json(await service.similar(serving_of(request), body, language))
