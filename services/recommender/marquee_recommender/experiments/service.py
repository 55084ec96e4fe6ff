"""Experiments from draft to end, and who gets what."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from marquee_recommender.experiments import repository
from marquee_recommender.experiments.assignment import assign
from marquee_recommender.experiments.errors import (
    ExperimentExists,
    ExperimentNotFound,
    ExperimentRunning,
    ExperimentStarted,
    StateConflict,
    UserNotFound,
)
from marquee_recommender.experiments.running import DEFAULT_VARIANT, variants_of
from marquee_recommender.experiments.schemas import (
    AssignmentRead,
    ExperimentCreate,
    ExperimentRead,
    ExperimentUpdate,
    MemberExperiment,
    MemberExperiments,
    OptOut,
    State,
    VariantIn,
)
from marquee_recommender.members import repository as members
from marquee_shared.conditional import Preconditions
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.recommender import ExperimentChanged
from marquee_shared.outbox import publish

TRANSITIONS: Final[dict[str, tuple[State, ...]]] = {
    "draft": ("running", "ended"),
    "running": ("paused", "ended"),
    "paused": ("running", "ended"),
    "ended": (),
}
BEFORE_START = ("variants", "salt")


async def _find(session: ReadSession | WriteSession, key: str, *, lock: bool = False) -> Any:
    row = await repository.find_experiment(session, key, lock=lock)
    if row is None:
        raise ExperimentNotFound(key=key)
    return row


def _plain(variants: Sequence[VariantIn]) -> list[dict[str, Any]]:
    return [variant.model_dump(exclude_none=True) for variant in variants]


async def create_experiment(session: WriteSession, body: ExperimentCreate) -> Any:
    """Add an experiment; return its row.

    Raises:
        ExperimentExists: the key is taken.
        ExperimentRunning: it shall run at once and another does.
    """
    values = body.model_dump(exclude={"state", "variants"})
    values |= {"variants": _plain(body.variants), "salt": body.salt or body.key}
    if not await repository.add_experiment(session, values):
        raise ExperimentExists(key=body.key)
    row = await _find(session, body.key)
    if body.state == "running":
        row = await _change(session, row, {"state": "running"})
    return row


async def update_experiment(
    session: WriteSession, key: str, body: ExperimentUpdate, preconditions: Preconditions
) -> Any:
    """Change an experiment or its state; return its row.

    Raises:
        ExperimentNotFound: there is none.
        StateConflict: no way leads to that state.
        ExperimentStarted: that can only be changed of a draft.
        ExperimentRunning: it shall run and another does.
    """
    row = await _find(session, key, lock=True)
    preconditions.require(row.revision)
    changes = {
        name: value for name in body.model_fields_set if (value := getattr(body, name)) is not None
    }
    if body.variants is not None:
        changes["variants"] = _plain(body.variants)
    state = changes.get("state", row.state)
    if state != row.state and state not in TRANSITIONS[row.state]:
        raise StateConflict(state=row.state, wanted=state)
    if row.state != "draft":
        for field in BEFORE_START:
            if field in changes and changes[field] != getattr(row, field):
                raise ExperimentStarted(field=field)
    return await _change(session, row, changes) if changes else row


async def _change(session: WriteSession, row: Any, changes: dict[str, Any]) -> Any:
    try:
        async with session.begin_nested():
            await repository.change_experiment(session, row, changes)
    except IntegrityError as error:
        raise ExperimentRunning from error
    changed = await _find(session, row.key)
    await publish(
        session, ExperimentChanged(key=changed.key, state=changed.state), changed.revision
    )
    return changed


async def get_experiment(session: ReadSession, key: str) -> Any:
    """Return an experiment's row; raises `ExperimentNotFound`."""
    return await _find(session, key)


async def list_experiments(
    session: ReadSession, limit: int, after: Sequence[Any] | None
) -> list[ExperimentRead]:
    """Return experiments, newest first."""
    place = (datetime.fromisoformat(after[0]), after[1]) if after else None
    rows = await repository.list_experiments(session, limit, place)
    return [ExperimentRead.model_validate(row) for row in rows]


async def get_assignment(session: ReadSession, key: str, user: str) -> AssignmentRead:
    """Return what a member gets.

    Raises:
        ExperimentNotFound: there is no such experiment.
        UserNotFound: there is no such member.
    """
    row = await _find(session, key)
    found = await members.find_users(session, [user])
    if user not in found:
        raise UserNotFound(user=user)
    out = await repository.find_opt_out(session, found[user]) is not None
    assigned = assign(row.salt, variants_of(row), row.ramp, found[user])
    counted = assigned.counted and not out
    return AssignmentRead(
        experiment=key,
        user=user,
        variant=DEFAULT_VARIANT if out else assigned.variant.key,
        counted=counted,
        reason="opted_out" if out else "assigned" if counted else "outside_ramp",
    )


async def list_own(session: ReadSession, user_id: UUID) -> MemberExperiments:
    """Return what is tried on a member."""
    row = await repository.find_running(session)
    out = await repository.find_opt_out(session, user_id) is not None
    if row is None or out:
        return MemberExperiments(opted_out=out, items=[])
    assigned = assign(row.salt, variants_of(row), row.ramp, user_id)
    shown = await repository.find_exposure(session, row.key, user_id)
    item = MemberExperiment(
        experiment=row.key,
        description=row.description,
        variant=assigned.variant.key,
        counted=assigned.counted,
        since=shown.first_at if shown else None,
    )
    return MemberExperiments(opted_out=False, items=[item])


async def opt_out(session: WriteSession, user_id: UUID) -> tuple[OptOut, bool]:
    """Keep a member out of experiments; return since when, and whether that is new."""
    new = await repository.add_opt_out(session, user_id)
    since = await repository.find_opt_out(session, user_id)
    return OptOut.model_validate({"since": since}), new
