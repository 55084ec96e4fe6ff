"""The rules of moderation."""

from datetime import datetime
from typing import Any
from uuid import UUID

from marquee_shared.auth.principals import Principal
from marquee_shared.conditional import Preconditions
from marquee_shared.database import WriteSession
from marquee_shared.events.social import MemberRestored, MemberSuspended
from marquee_shared.outbox import publish
from marquee_shared.peers import Peer
from marquee_shared.problems import Invalid
from marquee_social.comments.errors import CommentNotFound
from marquee_social.comments.repository import find_comment
from marquee_social.content.rules import Viewer
from marquee_social.lists.errors import ListNotFound
from marquee_social.lists.reading import find_shared_list
from marquee_social.moderation import repository
from marquee_social.moderation.errors import (
    AlreadyReported,
    NothingToAppeal,
    OwnContent,
    ReportDecided,
    ReportNotFound,
)
from marquee_social.moderation.schemas import (
    Decision,
    DecisionRead,
    ModerationReport,
    ReportCreate,
    ReportRead,
    ReportTarget,
)
from marquee_social.notifications.service import Target, notify
from marquee_social.reviews.errors import ReviewNotFound
from marquee_social.reviews.repository import find_review
from marquee_social.reviews.service import tell_updated
from marquee_social.users.repository import learn_user
from marquee_social.users.service import get_user

WITHOUT_END = datetime.max  # noqa: DTZ901 - this very value is PostgreSQL's infinity


async def _find_target(
    session: WriteSession, identity: Peer, reporter: Principal, target: ReportTarget
) -> tuple[str, UUID | None, dict[str, Any]]:
    """Return a target's id, whose it is, and its words.

    Raises:
        ReviewNotFound, CommentNotFound, ListNotFound, UserNotFound: none, or not for the reporter.
    """
    viewer = Viewer.of(reporter, spoilers=True)
    if target.type == "user":
        user = await get_user(session, identity, reporter.id, str(target.id))
        await learn_user(session, user.id, user.username)
        return str(user.id), user.id, user.model_dump(mode="json", exclude={"id"})
    if target.type == "review":
        row = await find_review(session, viewer, int(target.id))
        if row is None:
            raise ReviewNotFound
        return str(row.id), row.user_id, {"title": row.title, "content": row.content}
    if target.type == "list":
        row = await find_shared_list(session, reporter.id, int(target.id))
        if row is None:
            raise ListNotFound
        return (
            str(row.id),
            row.user_id,
            {"name": row.name, "description": row.description, "notes": row.notes},
        )
    row = await find_comment(session, viewer, int(target.id))
    if row is None:
        raise CommentNotFound
    return str(row.id), row.user_id, {"content": row.content}


async def create_report(
    session: WriteSession, identity: Peer, reporter: Principal, body: ReportCreate
) -> ReportRead:
    """Report something the caller can see, with its words as they stand.

    Raises:
        ReviewNotFound, CommentNotFound, ListNotFound, UserNotFound: none, or not for the caller.
        OwnContent: it is the caller's own.
        AlreadyReported: the caller has an open report of it.
    """
    target_id, author, snapshot = await _find_target(session, identity, reporter, body.target)
    if author == reporter.id:
        raise OwnContent
    report_id = await repository.insert_report(
        session,
        reporter.id,
        (body.target.type, target_id),
        author,
        body.reason,
        body.note,
        snapshot,
    )
    if report_id is None:
        raise AlreadyReported
    return ReportRead.model_validate(await repository.find_own(session, reporter.id, report_id))


async def decide(
    session: WriteSession,
    moderator: Principal,
    report_id: int,
    body: Decision,
    preconditions: Preconditions,
) -> ModerationReport:
    """Decide a report, or the appeal against a decision; log it.

    What else is open of the same target is closed with it. `restore` is also possible on what
    was decided before. To dismiss after an appeal undoes what was done.

    Raises:
        ReportNotFound: none.
        OwnContent: it is about the moderator.
        ReportDecided: another moderator was faster.
        Invalid: the action does not fit the target, or is missing.
    """
    report = await repository.lock_report(session, report_id)
    if report is None:
        raise ReportNotFound
    if report.author_id == moderator.id:
        raise OwnContent
    preconditions.require(report.revision)
    if report.state not in ("open", "appealed") and body.action != "restore":
        raise ReportDecided
    if report.state != "appealed" and body.state == "actioned" and body.action is None:
        raise Invalid.at("/action", "missing", "An actioned report needs an action.")
    if body.action == "hide" and report.target_type == "user":
        raise Invalid.at("/action", "not_here", "A member cannot be hidden; suspend them.")
    if body.action == "suspend" and report.author_id is None:
        raise Invalid.at("/action", "not_here", "The author has left.")
    if report.state == "appealed" and body.state == "dismissed" and report.action != "warn":
        body = body.model_copy(update={"action": "restore"})
    until = (body.until or WITHOUT_END) if body.action == "suspend" else None
    entry = await repository.decide(
        session,
        report,
        {
            "state": body.state,
            "action": body.action,
            "note": body.note,
            "until": until,
            "moderator": moderator.id,
        },
    )
    await _act(session, report, body, entry)
    row = await repository.find_report(session, report_id)
    preconditions.answered(report.revision + 1)
    if body.action is not None and report.author_id is not None:
        about = Target(
            report.target_type, report.target_id, {"report_id": report_id, "action": body.action}
        )
        await notify(session, "moderation", None, [report.author_id], about)
    return ModerationReport.model_validate(row)


async def _act(session: WriteSession, report: Any, body: Decision, entry: int) -> None:
    """Do what was decided; the log entry's number is the revision of what is told of a member."""
    if body.action == "suspend":
        if await repository.set_suspended(session, report.author_id, body.until or WITHOUT_END):
            told = MemberSuspended(user_id=report.author_id, until=body.until, reason=report.reason)
            await publish(session, told, entry)
    elif body.action in ("hide", "restore") and report.target_type != "user":
        target = (report.target_type, report.target_id)
        row = await repository.set_hidden(session, target, hidden=body.action == "hide")
        if row is not None and report.target_type == "review":
            await tell_updated(session, row, hidden=body.action == "hide")
    if (
        body.action == "restore"
        and report.author_id is not None
        and (report.action == "suspend" or report.target_type == "user")
        and await repository.set_suspended(session, report.author_id, None)
    ):
        await publish(session, MemberRestored(user_id=report.author_id, reason=body.note), entry)


async def appeal(
    session: WriteSession, member: Principal, report_id: int, note: str
) -> DecisionRead:
    """Appeal, once and within 30 days, against what was done about something of the caller's.

    Raises:
        ReportNotFound: none, or none about the caller that was decided.
        NothingToAppeal: nothing was done, it is too late, or it was appealed before.
    """
    report = await repository.lock_report(session, report_id)
    if report is None or report.author_id != member.id or report.action is None:
        raise ReportNotFound
    if not report.can_appeal:
        raise NothingToAppeal
    await repository.appeal(session, report_id, note)
    return DecisionRead.model_validate(await repository.find_decision(session, report_id))
