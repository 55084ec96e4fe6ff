"""Asking for trainings: one waits or runs at a time, whoever asks."""

from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from marquee_recommender.engine import Parameters, ParametersInvalid
from marquee_recommender.trainings import repository
from marquee_recommender.trainings.errors import TrainingRunning
from marquee_recommender.trainings.schemas import TrainingCreate, TrainingRead, Trigger
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.jobs import JobNotFound, cancel_job, create_job, job_of
from marquee_shared.problems import Invalid
from marquee_shared.service import Context


def as_read(row: Any) -> TrainingRead:
    """Return a job's row as a training."""
    return TrainingRead(**dict(job_of(row)), trigger=row.trigger)


async def create_training(
    session: WriteSession,
    context: Context[Any],
    trigger: Trigger,
    wanted: TrainingCreate | None = None,
    requested_by: UUID | None = None,
) -> UUID:
    """Add a training; a unique index holds that there is one at a time.

    Raises:
        TrainingRunning: one waits or runs.
        Invalid: there is no such dial, or it cannot be set so.
    """
    wanted = wanted or TrainingCreate()
    try:
        Parameters.from_dict(wanted.parameters)
    except (ParametersInvalid, TypeError) as error:
        raise Invalid.at("/parameters", "invalid_parameters", str(error)) from error
    parameters = {"trigger": trigger, **wanted.model_dump()}
    try:
        async with session.begin_nested():
            return await create_job(
                session, context, repository.KIND, parameters, requested_by=requested_by
            )
    except IntegrityError as error:
        raise TrainingRunning from error


async def get_training(session: ReadSession | WriteSession, training_id: UUID) -> TrainingRead:
    """Return a training; raises `JobNotFound`."""
    row = await repository.find_training(session, training_id)
    if row is None:
        raise JobNotFound
    return as_read(row)


async def list_trainings(
    session: ReadSession, limit: int, before: UUID | None
) -> list[TrainingRead]:
    """Return trainings, newest first."""
    return [as_read(row) for row in await repository.list_trainings(session, limit, before)]


async def cancel_training(session: WriteSession, training_id: UUID) -> None:
    """End a training that waits or runs; raises `JobNotFound`."""
    if await repository.find_training(session, training_id) is None:
        raise JobNotFound
    await cancel_job(session, training_id)
