"""Evaluations, for the data team."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response, status

from marquee_recommender.evaluations import service
from marquee_recommender.evaluations.schemas import EvaluationCreate, EvaluationRead
from marquee_shared.auth.dependencies import require_scope
from marquee_shared.auth.principals import Principal
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router = new_router(prefix="/v1/recommender/evaluations", tags=["recommender"])

ScientistDep = Annotated[Principal, Depends(require_scope("recommender"))]
LOCATION: dict[int | str, dict[str, Any]] = {
    202: {"headers": {"Location": {"schema": {"type": "string"}, "description": "It, as a job."}}}
}


@router.post("", status_code=status.HTTP_202_ACCEPTED, responses=LOCATION)
async def create_evaluation(
    session: WriteSessionDep,
    scientist: ScientistDep,
    request: Request,
    response: Response,
    body: EvaluationCreate | None = None,
) -> EvaluationRead:
    """Measure a model's settings on a held-out part of the present data.

    The model itself has seen everything, so another is trained with its settings on what is not
    hidden, and asked for what is. Waits its turn: one evaluation runs at a time.
    """
    evaluation = await service.create_evaluation(
        session, request.app.state.context, body or EvaluationCreate(), scientist.id
    )
    response.headers["Location"] = f"/v1/recommender/evaluations/{evaluation.id}"
    return evaluation


@router.get("")
async def list_evaluations(
    session: ReadSessionDep, window: CursorWindowDep, _scientist: ScientistDep
) -> CursorPage[EvaluationRead]:
    """List evaluations, newest first."""
    before = UUID(window.after[0]) if window.after else None
    found = await service.list_evaluations(session, window.limit + 1, before)
    cursor = window.next_cursor([(str(evaluation.id),) for evaluation in found])
    return CursorPage(items=found[: window.limit], next_cursor=cursor)


@router.get("/{evaluation_id}")
async def get_evaluation(
    evaluation_id: UUID, session: ReadSessionDep, _scientist: ScientistDep
) -> EvaluationRead:
    """Return an evaluation: its state, how far it is (in percent), what it found."""
    return await service.get_evaluation(session, evaluation_id)


@router.delete("/{evaluation_id}", status_code=status.HTTP_204_NO_CONTENT)
async def cancel_evaluation(
    evaluation_id: UUID, session: WriteSessionDep, _scientist: ScientistDep
) -> None:
    """Cancel an evaluation; one that has ended stays as it is."""
    await service.cancel_evaluation(session, evaluation_id)
