"""Trainings, for the data team."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response, status

from marquee_recommender.trainings import service
from marquee_recommender.trainings.schemas import TrainingCreate, TrainingRead
from marquee_shared.auth.dependencies import require_scope
from marquee_shared.auth.principals import Principal
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router = new_router(prefix="/v1/recommender/trainings", tags=["recommender"])

ScientistDep = Annotated[Principal, Depends(require_scope("recommender"))]
LOCATION: dict[int | str, dict[str, Any]] = {
    202: {"headers": {"Location": {"schema": {"type": "string"}, "description": "The training."}}}
}


@router.post("", status_code=status.HTTP_202_ACCEPTED, responses=LOCATION)
async def create_training(
    session: WriteSessionDep,
    scientist: ScientistDep,
    request: Request,
    response: Response,
    body: TrainingCreate | None = None,
) -> TrainingRead:
    """Train now on all there is, and let the new model rank.

    One training at a time: while one waits or runs, 409 `training_running`.
    """
    training_id = await service.create_training(
        session, request.app.state.context, "request", body, scientist.id
    )
    response.headers["Location"] = f"/v1/recommender/trainings/{training_id}"
    return await service.get_training(session, training_id)


@router.get("")
async def list_trainings(
    session: ReadSessionDep, window: CursorWindowDep, _scientist: ScientistDep
) -> CursorPage[TrainingRead]:
    """List trainings, newest first: what triggered each, and what came of it."""
    before = UUID(window.after[0]) if window.after else None
    found = await service.list_trainings(session, window.limit + 1, before)
    cursor = window.next_cursor([(str(training.id),) for training in found])
    return CursorPage(items=found[: window.limit], next_cursor=cursor)


@router.get("/{training_id}")
async def get_training(
    training_id: UUID, session: ReadSessionDep, _scientist: ScientistDep
) -> TrainingRead:
    """Return a training: its state, how far it is (in percent), its outcome."""
    return await service.get_training(session, training_id)


@router.delete("/{training_id}", status_code=status.HTTP_204_NO_CONTENT)
async def cancel_training(
    training_id: UUID, session: WriteSessionDep, _scientist: ScientistDep
) -> None:
    """Cancel a training; one that has ended stays as it is."""
    await service.cancel_training(session, training_id)
