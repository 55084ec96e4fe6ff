"""Reports, decisions and appeals in and out."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from marquee_shared.schemas import Lines, RequestModel, ResponseModel
from marquee_social.content.schemas import MAX_ID
from marquee_social.users.schemas import UserSummary

TargetType = Literal["review", "comment", "list", "user"]
Reason = Literal["spam", "abuse", "spoiler", "illegal", "other"]
State = Literal["open", "dismissed", "actioned", "appealed"]
Action = Literal["hide", "restore", "warn", "suspend"]
Note = Annotated[Lines, StringConstraints(max_length=2_000)]
LONGEST_SUSPENSION = timedelta(days=3_660)


class ReportTarget(RequestModel):
    """What is reported: a review, comment or list by its number, a member by username."""

    type: TargetType
    id: (
        Annotated[int, Field(strict=True, ge=1, le=MAX_ID)]
        | Annotated[str, StringConstraints(strict=True, min_length=1, max_length=64)]
    ) = Field(examples=[42])

    @model_validator(mode="after")
    def _id_of_its_type(self) -> Self:
        if isinstance(self.id, str) != (self.type == "user"):
            message = "a member's id is the username, any other a number"
            raise ValueError(message)
        return self


class ReportCreate(RequestModel):
    """A report."""

    target: ReportTarget
    reason: Reason
    note: Note = ""


class TargetRead(ResponseModel):
    """What was reported: the number of a review, comment or list, the id of a member."""

    type: TargetType
    id: int | str


class ReportRead(ResponseModel):
    """A report, as who made it sees it."""

    id: int
    target: TargetRead
    reason: Reason
    note: str
    state: State
    created_at: datetime
    updated_at: datetime


class AppealWrite(RequestModel):
    """Why the decision should be another."""

    note: Annotated[Note, StringConstraints(min_length=1)]


class DecisionRead(ResponseModel):
    """What moderators decided about something of the caller's. Nothing tells who reported it."""

    id: int = Field(description="The report's number: where an appeal goes.")
    target: TargetRead
    reason: Reason
    action: Action | None
    note: str = Field(description="The moderators' reasons.")
    suspended_until: datetime | None = Field(description="Null also for a suspension without end.")
    state: State
    decided_at: datetime
    appeal: str | None
    can_appeal: bool


class Decision(RequestModel):
    """What is done about a report; `note` is shown to the member it concerns."""

    state: Literal["dismissed", "actioned"]
    action: Action | None = Field(
        default=None,
        description="With `actioned`. `restore` undoes an earlier `hide` or `suspend`, and may go "
        "with `dismissed` too. On an appeal, `actioned` without one leaves the action as it is, "
        "and `dismissed` undoes it.",
    )
    note: Note = ""
    until: AwareDatetime | None = Field(
        default=None, description="With `suspend`: until when; without it until they are restored."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.state == "dismissed" and self.action not in (None, "restore"):
            message = "a dismissed report has no action but restore"
            raise ValueError(message)
        if self.until is not None:
            if self.action != "suspend":
                message = "until goes with suspend"
                raise ValueError(message)
            now = datetime.now(UTC)
            if not now < self.until <= now + LONGEST_SUSPENSION:
                message = "until must lie in the next ten years"
                raise ValueError(message)
        return self


class ModerationReport(ResponseModel):
    """A report, as moderators see it."""

    id: int
    target: TargetRead
    reason: Reason
    note: str
    reporter: UserSummary | None
    author: UserSummary | None = Field(description="Whose it is; null when they have left.")
    snapshot: dict[str, Any] = Field(description="The words as they stood when reported.")
    state: State
    action: Action | None
    suspended_until: datetime | None
    decision_note: str
    decided_at: datetime | None
    appeal: str | None
    appealed_at: datetime | None
    open_reports: int = Field(description="Open reports of the same target, this one included.")
    created_at: datetime
    updated_at: datetime


class LogEntry(ResponseModel):
    """One thing a moderator did."""

    id: int
    at: datetime
    moderator: UserSummary | None
    member: UserSummary | None
    report_id: int
    target: TargetRead
    state: State
    action: Action | None
    suspended_until: datetime | None
    note: str
