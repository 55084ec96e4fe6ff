"""Asking for evaluations."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from marquee_recommender.evaluations.schemas import Asked, EvaluationCreate, EvaluationRead
from marquee_recommender.models import repository as models
from marquee_recommender.models.errors import ModelNotFound, NoModel
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.jobs import JobNotFound, cancel_job, create_job, job_of
from marquee_shared.service import Context

KIND = "evaluation"
SELECT = (
    "SELECT id, kind, state, done, total, result, error, created_at, started_at, finished_at, "
    "parameters FROM jobs WHERE kind = 'evaluation' "
)
ONE = text(SELECT + "AND id = :id")
PAGE = text(
    SELECT + "AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
)


def _as_read(row: Any) -> EvaluationRead:
    return EvaluationRead(**dict(job_of(row)), asked=Asked.model_validate(row.parameters))


async def create_evaluation(
    session: WriteSession, context: Context[Any], body: EvaluationCreate, requested_by: UUID
) -> EvaluationRead:
    """Queue an evaluation.

    Raises:
        ModelNotFound: there is no such version.
        NoModel: nothing has been trained yet.
    """
    version = body.model
    row = await (
        models.find_active(session) if version is None else models.find_model(session, version)
    )
    if row is None:
        raise NoModel if version is None else ModelNotFound(version=version)
    asked = Asked(model=row.version, split=body.split, k=sorted(set(body.k)))
    evaluation_id = await create_job(
        session, context, KIND, asked.model_dump(), requested_by=requested_by
    )
    return await get_evaluation(session, evaluation_id)


async def get_evaluation(
    session: ReadSession | WriteSession, evaluation_id: UUID
) -> EvaluationRead:
    """Return an evaluation; raises `JobNotFound`."""
    row = (await session.execute(ONE, {"id": evaluation_id})).one_or_none()
    if row is None:
        raise JobNotFound
    return _as_read(row)


async def list_evaluations(
    session: ReadSession, limit: int, before: UUID | None
) -> list[EvaluationRead]:
    """Return evaluations, newest first."""
    rows = await session.execute(PAGE, {"before": before, "limit": limit})
    return [_as_read(row) for row in rows]


async def cancel_evaluation(session: WriteSession, evaluation_id: UUID) -> None:
    """End an evaluation that waits or runs; raises `JobNotFound`."""
    await get_evaluation(session, evaluation_id)
    await cancel_job(session, evaluation_id)
