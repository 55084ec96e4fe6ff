"""Experiments, for the data team; and for members, what is tried on them."""

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response, status

from marquee_recommender.experiments import repository, service
from marquee_recommender.experiments.schemas import (
    AssignmentRead,
    ExperimentCreate,
    ExperimentRead,
    ExperimentReport,
    ExperimentUpdate,
    MemberExperiments,
    OptOut,
)
from marquee_recommender.serving import serving_of
from marquee_shared.auth.dependencies import CurrentMember, require_scope
from marquee_shared.auth.principals import Principal
from marquee_shared.conditional import PreconditionsDep, set_revision
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router = new_router(prefix="/v1/recommender/experiments", tags=["recommender"])
members_router = new_router(prefix="/v1/me/experiments", tags=["recommendations"])

ScientistDep = Annotated[Principal, Depends(require_scope("recommender"))]
Key = Annotated[str, Path(min_length=1, max_length=50)]
User = Annotated[str, Query(min_length=1, max_length=100, description="A username or an id.")]
CREATED: dict[int | str, dict[str, Any]] = {
    201: {"headers": {"Location": {"schema": {"type": "string"}, "description": "It."}}}
}
NEW_OPT_OUT: dict[int | str, dict[str, Any]] = {
    201: {"model": OptOut, "description": "They took part until now."}
}


@router.get("")
async def list_experiments(
    session: ReadSessionDep, window: CursorWindowDep, _scientist: ScientistDep
) -> CursorPage[ExperimentRead]:
    """List experiments, newest first."""
    found = await service.list_experiments(session, window.limit + 1, window.after)
    cursor = window.next_cursor([(each.created_at.isoformat(), each.key) for each in found])
    return CursorPage(items=found[: window.limit], next_cursor=cursor)


@router.post("", status_code=status.HTTP_201_CREATED, responses=CREATED)
async def create_experiment(
    body: ExperimentCreate,
    session: WriteSessionDep,
    _scientist: ScientistDep,
    preconditions: PreconditionsDep,
    request: Request,
    response: Response,
) -> ExperimentRead:
    """Prepare an experiment, or let it run at once.

    409 `experiment_exists` for a key that is taken, `experiment_running` where it shall run while
    another does: one runs at a time.
    """
    row = await service.create_experiment(session, body)
    preconditions.answered(row.revision)
    session.after_commit(serving_of(request).experiments.follow)
    response.headers["Location"] = f"/v1/recommender/experiments/{row.key}"
    return ExperimentRead.model_validate(row)


@router.get("/{key}")
async def get_experiment(
    key: Key, session: ReadSessionDep, _scientist: ScientistDep, request: Request
) -> ExperimentRead:
    """Return an experiment."""
    row = await service.get_experiment(session, key)
    set_revision(request, row.revision)
    return ExperimentRead.model_validate(row)


@router.patch("/{key}")
async def update_experiment(
    key: Key,
    body: ExperimentUpdate,
    session: WriteSessionDep,
    _scientist: ScientistDep,
    preconditions: PreconditionsDep,
    request: Request,
) -> ExperimentRead:
    """Change an experiment, or its state.

    `draft → running ⇄ paused → ended`, and from each to `ended`; others are 409
    `invalid_transition`. While paused nobody is exposed and all are ranked for as without it;
    assignments stay. Variants and salt can be changed of a draft alone (409
    `experiment_started`). The ramp may be widened at any time: nobody changes their variant.
    """
    row = await service.update_experiment(session, key, body, preconditions)
    preconditions.answered(row.revision)
    session.after_commit(serving_of(request).experiments.follow)
    return ExperimentRead.model_validate(row)


@router.get("/{key}/assignment")
async def get_assignment(
    key: Key, user: User, session: ReadSessionDep, _scientist: ScientistDep
) -> AssignmentRead:
    """Return which variant a member gets, or would get once it runs; it exposes nobody.

    A function of the salt, the member and the ramp. Members outside the ramp get control and do
    not count; members who keep out of experiments are ranked for as without any (`default`).
    """
    return await service.get_assignment(session, key, user)


@router.get("/{key}/report")
async def get_report(
    key: Key, session: ReadSessionDep, _scientist: ScientistDep
) -> ExperimentReport:
    """Return how each variant fares against control.

    A member counts from the first time they were shown a list of their variant; what they do
    within `window_hours` of it counts, whichever film it is about: clicks on recommendations,
    ratings, likes, films watched. Rates are shares of members. Intervals are of 95 %: Wilson for
    a rate, Newcombe (1998, method 10) for a difference of rates, Katz (1978) for the lift, Welch
    for counts per member. `sample_ratio_ok` is a chi-square test of the split at p < 0.001.
    Guardrails are films rejected, and rated two stars or less. Members who keep out, or were
    erased, are not in it.
    """
    # scipy is for this answer alone: a process that never makes a report does not load it.
    from marquee_recommender.experiments.report import make_report  # noqa: PLC0415

    return await make_report(session, key)


@members_router.get("")
async def list_own_experiments(session: ReadSessionDep, member: CurrentMember) -> MemberExperiments:
    """List what is tried on the caller, and which variant they are given."""
    return await service.list_own(session, member.id)


@members_router.put("/opt-out", responses=NEW_OPT_OUT)
async def opt_out(session: WriteSessionDep, member: CurrentMember, response: Response) -> OptOut:
    """Keep the caller out of every experiment, now and later."""
    answer, new = await service.opt_out(session, member.id)
    if new:
        response.status_code = status.HTTP_201_CREATED
    return answer


@members_router.delete("/opt-out", status_code=status.HTTP_204_NO_CONTENT)
async def opt_in(session: WriteSessionDep, member: CurrentMember) -> None:
    """Let the caller take part in experiments again."""
    await repository.remove_opt_out(session, member.id)
