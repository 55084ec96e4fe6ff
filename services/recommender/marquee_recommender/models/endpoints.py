"""The registry, for the data team."""

from typing import Annotated

from fastapi import Depends, Path, Request, Response
from fastapi.responses import HTMLResponse

from marquee_recommender.models import service
from marquee_recommender.models.schemas import ModelRead
from marquee_recommender.serving import serving_of
from marquee_shared.auth.dependencies import require_scope
from marquee_shared.auth.principals import Principal
from marquee_shared.caching import purge
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router = new_router(prefix="/v1/recommender/models", tags=["recommender"])

REPORT_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}
ScientistDep = Annotated[Principal, Depends(require_scope("recommender"))]
Version = Annotated[str, Path(min_length=1, max_length=64)]


@router.get("")
async def list_models(
    session: ReadSessionDep, window: CursorWindowDep, _scientist: ScientistDep
) -> CursorPage[ModelRead]:
    """List trained models, newest first; one of them is `active`."""
    found = await service.list_models(session, window.limit + 1, window.after)
    cursor = window.next_cursor([(model.created_at.isoformat(), model.version) for model in found])
    return CursorPage(items=found[: window.limit], next_cursor=cursor)


@router.get("/{version}")
async def get_model(
    version: Version, session: ReadSessionDep, _scientist: ScientistDep
) -> ModelRead:
    """Return a model: its parameters, what it was trained on, and how good it was then."""
    return await service.get_model(session, version)


@router.get(
    "/{version}/report",
    response_class=HTMLResponse,
    responses={200: {"content": {"text/html": {}}, "description": "The page."}},
)
async def get_model_report(
    version: Version, session: ReadSessionDep, _scientist: ScientistDep
) -> HTMLResponse:
    """Return a model's report as a page with plots.

    Accuracy with confidence intervals, each ranker alone, the cold-start curve, coverage,
    novelty, diversity, popularity bias, calibration, drift, and what the tuning tried.
    """
    return HTMLResponse(await service.render_report(session, version), headers=REPORT_HEADERS)


@router.post("/{version}/activate")
async def activate_model(
    version: Version,
    session: WriteSessionDep,
    _scientist: ScientistDep,
    request: Request,
    response: Response,
) -> ModelRead:
    """Let this model rank in place of the present one, on every replica; the way to roll back.

    Its artifact is verified first: one that is missing or was changed gives 409 `model_broken`
    and what ranks now stays.
    """
    serving = serving_of(request)
    models_dir = request.app.state.settings.models_dir
    model = await service.activate(session, models_dir, version, serving.artifacts)
    session.after_commit(serving.model.follow)
    purge(response, "recommendations")
    return model
