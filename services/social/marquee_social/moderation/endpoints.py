"""The routes of reports and moderation."""

from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response, status

from marquee_shared.auth.dependencies import CurrentMember, VerifiedMember, require_role
from marquee_shared.auth.principals import Principal
from marquee_shared.conditional import PreconditionsDep, set_revision
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep
from marquee_social.content.rules import MODERATOR
from marquee_social.content.schemas import MAX_ID, ContentId
from marquee_social.limits import limited
from marquee_social.moderation import repository, service
from marquee_social.moderation.errors import ReportNotFound
from marquee_social.moderation.schemas import (
    AppealWrite,
    Decision,
    DecisionRead,
    LogEntry,
    ModerationReport,
    Reason,
    ReportCreate,
    ReportRead,
    State,
    TargetType,
)
from marquee_social.users.authors import Author
from marquee_social.users.service import IdentityDep

router = new_router(tags=["moderation"])

ReportId = Annotated[ContentId, Path(description="The report's number.")]
Moderator = Annotated[Principal, Depends(require_role(MODERATOR))]


@router.post(
    "/v1/reports",
    status_code=status.HTTP_201_CREATED,
    dependencies=[limited("report")],
    responses={404: {"description": "The caller can see nothing of this kind and id."}},
)
async def create_report(
    body: ReportCreate,
    author: Author,
    session: WriteSessionDep,
    identity: IdentityDep,
    response: Response,
) -> ReportRead:
    """Report a review, a comment or a member to the moderators.

    404 for what the caller cannot see, 403 `own_content`, and 409 `already_reported` while the
    caller's earlier report of it is open.
    """
    report = await service.create_report(session, identity, author, body)
    response.headers["Location"] = f"/v1/reports/{report.id}"
    return report


@router.get("/v1/reports/{report_id}")
async def get_report(
    report_id: ReportId, member: CurrentMember, session: ReadSessionDep, request: Request
) -> ReportRead:
    """Return a report that the caller made."""
    row = await repository.find_own(session, member.id, report_id)
    if row is None:
        raise ReportNotFound
    set_revision(request, row.revision)
    return ReportRead.model_validate(row)


@router.post("/v1/reports/{report_id}/appeal", dependencies=[limited("report")])
async def appeal(
    report_id: ReportId, body: AppealWrite, member: VerifiedMember, session: WriteSessionDep
) -> DecisionRead:
    """Ask moderators to look again at what they did about something of the caller's.

    Once, and within 30 days of the decision; it goes back into their queue. Also for who is
    suspended. `GET /v1/me/moderation` lists the decisions.
    """
    return await service.appeal(session, member, report_id, body.note)


@router.get("/v1/me/moderation")
async def list_decisions(
    member: CurrentMember, session: ReadSessionDep, window: CursorWindowDep
) -> CursorPage[DecisionRead]:
    """List what moderators decided about the caller's reviews, comments and account."""
    before = window.after[0] if window.after is not None else MAX_ID
    rows = await repository.list_decisions(session, member.id, before, window.limit + 1)
    items = [DecisionRead.model_validate(row) for row in rows[: window.limit]]
    return CursorPage(items=items, next_cursor=window.next_cursor([(row.id,) for row in rows]))


@router.get("/v1/moderation/reports")
async def list_reports(
    _moderator: Moderator,
    session: ReadSessionDep,
    window: CursorWindowDep,
    state: Annotated[State, Query(description="`appealed` is a queue of its own.")] = "open",
    target: Annotated[TargetType | None, Query(description="Only of this type.")] = None,
    reason: Annotated[Reason | None, Query(description="Only for this reason.")] = None,
) -> CursorPage[ModerationReport]:
    """List reports, the oldest first."""
    after = window.after[0] if window.after is not None else 0
    rows = await repository.list_queue(session, state, target, reason, after, window.limit + 1)
    items = [ModerationReport.model_validate(row) for row in rows[: window.limit]]
    return CursorPage(items=items, next_cursor=window.next_cursor([(row.id,) for row in rows]))


@router.get("/v1/moderation/reports/{report_id}")
async def get_moderation_report(
    report_id: ReportId, _moderator: Moderator, session: ReadSessionDep, request: Request
) -> ModerationReport:
    """Return a report with all that is known of it."""
    row = await repository.find_report(session, report_id)
    if row is None:
        raise ReportNotFound
    set_revision(request, row.revision)
    return ModerationReport.model_validate(row)


@router.patch("/v1/moderation/reports/{report_id}")
async def decide(
    report_id: ReportId,
    body: Decision,
    moderator: Moderator,
    session: WriteSessionDep,
    preconditions: PreconditionsDep,
) -> ModerationReport:
    """Decide a report or an appeal.

    `hide` keeps it from all but its author and moderators; `warn` only tells the author;
    `suspend` ends the author's access at once; `restore` undoes either. Other open reports of
    the same target are closed with it. 409 `report_decided` when somebody was faster, 403
    `own_content` when it is about the caller.
    """
    return await service.decide(session, moderator, report_id, body, preconditions)


@router.get("/v1/moderation/log")
async def list_log(
    _moderator: Moderator,
    session: ReadSessionDep,
    window: CursorWindowDep,
    report: Annotated[
        int | None, Query(ge=1, le=MAX_ID, description="Only about this report.")
    ] = None,
) -> CursorPage[LogEntry]:
    """List what moderators did, the latest first."""
    before = window.after[0] if window.after is not None else MAX_ID
    rows = await repository.list_log(session, report, before, window.limit + 1)
    items = [LogEntry.model_validate(row) for row in rows[: window.limit]]
    return CursorPage(items=items, next_cursor=window.next_cursor([(row.id,) for row in rows]))
