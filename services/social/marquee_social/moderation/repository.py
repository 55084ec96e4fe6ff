"""The SQL of moderation.

Whoever decides first takes the lock of the target, then of its reports, then of the target's row,
then of the member: two moderators with two reports of one target go one after the other.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text

from marquee_shared.database import ReadSession, WriteSession
from marquee_social.content.rules import author_card

TABLES = {"review": "reviews", "comment": "comments", "list": "lists"}
_TARGET = """
    jsonb_build_object('type', p.target_type, 'id', CASE WHEN p.target_type = 'user'
        THEN to_jsonb(p.target_id) ELSE to_jsonb(CAST(p.target_id AS bigint)) END) AS target
"""
_APPEALABLE = """
    coalesce(p.state = 'actioned' AND p.action IN ('hide', 'warn', 'suspend')
        AND p.appealed_at IS NULL AND p.decided_at > now() - interval '30 days', false)
"""
_UNTIL = "CASE WHEN isfinite({0}.suspended_until) THEN {0}.suspended_until END AS suspended_until"

INSERT = text(
    """
    INSERT INTO reports (reporter_id, target_type, target_id, author_id, reason, note, snapshot,
        state, decision_note, revision, created_at, updated_at)
    VALUES (:reporter_id, :target_type, :target_id, :author_id, :reason, :note,
        CAST(:snapshot AS jsonb), 'open', '', 1, now(), now())
    ON CONFLICT (reporter_id, target_type, target_id) WHERE state = 'open' DO NOTHING
    RETURNING id
    """
)
OWN = text(
    f"""
    SELECT p.id, {_TARGET}, p.reason, p.note, p.state, p.created_at, p.updated_at, p.revision
    FROM reports p WHERE p.id = :id AND p.reporter_id = :member
    """  # noqa: S608 - constants
)
_QUEUE = f"""
    SELECT p.id, {_TARGET}, p.reason, p.note, p.snapshot, p.state, p.action, {_UNTIL.format("p")},
        p.decision_note, p.decided_at, p.appeal, p.appealed_at, p.created_at, p.updated_at,
        p.revision, {author_card("r")} AS reporter, {author_card("a")} AS author, (
            SELECT count(*) FROM reports o WHERE o.state = 'open'
                AND o.target_type = p.target_type AND o.target_id = p.target_id
        ) AS open_reports
    FROM reports p LEFT JOIN users r ON r.id = p.reporter_id LEFT JOIN users a ON a.id = p.author_id
"""  # noqa: S608 - constants
QUEUE = text(
    f"{_QUEUE} WHERE p.state = :state AND p.id > :after "
    "AND (CAST(:target_type AS text) IS NULL OR p.target_type = :target_type) "
    "AND (CAST(:reason AS text) IS NULL OR p.reason = :reason) ORDER BY p.id LIMIT :limit"
)
ONE = text(f"{_QUEUE} WHERE p.id = :id")
LOCK_TARGET = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(target_type || ':' || target_id, 0)) "
    "FROM reports WHERE id = :id"
)
LOCK = text(
    f"SELECT p.*, {_APPEALABLE} AS can_appeal FROM reports p WHERE id = :id FOR UPDATE"  # noqa: S608 - constants
)
DECIDE = text(
    """
    WITH others AS (
        UPDATE reports SET state = :state, decided_at = now(), updated_at = now(),
            revision = revision + 1
        WHERE target_type = :target_type AND target_id = :target_id AND state = 'open'
            AND id <> :id
    ), decided AS (
        UPDATE reports SET state = :state, action = coalesce(:action, action),
            suspended_until = CAST(:until AS timestamptz), decision_note = :note,
            decided_at = now(), updated_at = now(), revision = revision + 1
        WHERE id = :id
    )
    INSERT INTO moderation_log (moderator_id, report_id, target_type, target_id, member_id, state,
        action, suspended_until, note, at)
    VALUES (:moderator, :id, :target_type, :target_id, :author, :state, :action,
        CAST(:until AS timestamptz), :note, now())
    RETURNING id
    """
)
APPEAL = text(
    "UPDATE reports SET state = 'appealed', appeal = :note, appealed_at = now(), "
    "updated_at = now(), revision = revision + 1 WHERE id = :id"
)
_DECISIONS = f"""
    SELECT p.id, {_TARGET}, p.reason, p.action, p.decision_note AS note, {_UNTIL.format("p")},
        p.state, p.decided_at, p.appeal, {_APPEALABLE} AS can_appeal
    FROM reports p
"""  # noqa: S608 - constants
DECISIONS = text(
    f"{_DECISIONS} WHERE p.author_id = :member AND p.id < :before AND p.action IS NOT NULL "
    "ORDER BY p.id DESC LIMIT :limit"
)
DECISION = text(f"{_DECISIONS} WHERE p.id = :id")
LOG = text(
    f"""
    SELECT p.id, p.at, p.report_id, {_TARGET}, p.state, p.action, {_UNTIL.format("p")}, p.note,
        {author_card("o")} AS moderator, {author_card("m")} AS member
    FROM moderation_log p
    LEFT JOIN users o ON o.id = p.moderator_id LEFT JOIN users m ON m.id = p.member_id
    WHERE p.id < :before AND (CAST(:report_id AS bigint) IS NULL OR p.report_id = :report_id)
    ORDER BY p.id DESC LIMIT :limit
    """  # noqa: S608 - constants
)
HIDE = {
    kind: text(
        f"""
        UPDATE {table} SET hidden_at = CASE WHEN :hidden THEN now() END, revision = revision + 1
        WHERE id = :id AND deleted_at IS NULL AND (hidden_at IS NOT NULL) <> :hidden
        RETURNING *
        """  # noqa: S608 - constants
    )
    for kind, table in TABLES.items()
}
SUSPEND = text(
    "UPDATE users SET suspended_until = CAST(:until AS timestamptz) "
    "WHERE id = :member AND suspended_until IS DISTINCT FROM CAST(:until AS timestamptz) "
    "RETURNING id"
)


async def insert_report(
    session: WriteSession,
    reporter: UUID,
    target: tuple[str, str],
    author: UUID | None,
    reason: str,
    note: str,
    snapshot: dict[str, Any],
) -> int | None:
    """Write a report. None: the reporter has an open one of this target."""
    found: int | None = await session.scalar(
        INSERT,
        {
            "reporter_id": reporter,
            "target_type": target[0],
            "target_id": target[1],
            "author_id": author,
            "reason": reason,
            "note": note,
            "snapshot": orjson.dumps(snapshot).decode(),
        },
    )
    return found


async def find_own(
    session: ReadSession | WriteSession, member: UUID, report_id: int
) -> Row[Any] | None:
    """Return a report of this member's own as `ReportRead`, with `revision`."""
    return (await session.execute(OWN, {"id": report_id, "member": member})).one_or_none()


async def list_queue(
    session: ReadSession,
    state: str,
    target_type: str | None,
    reason: str | None,
    after: int,
    limit: int,
) -> Sequence[Row[Any]]:
    """Return reports in a state as `ModerationReport`, the oldest first, after an id."""
    values = {"state": state, "target_type": target_type, "reason": reason, "after": after}
    return (await session.execute(QUEUE, {**values, "limit": limit})).all()


async def find_report(session: ReadSession | WriteSession, report_id: int) -> Row[Any] | None:
    """Return a report as `ModerationReport`, with `revision`."""
    return (await session.execute(ONE, {"id": report_id})).one_or_none()


async def lock_report(session: WriteSession, report_id: int) -> Row[Any] | None:
    """Lock a report's target, then the report; return its row, and whether it `can_appeal`."""
    await session.execute(LOCK_TARGET, {"id": report_id})
    return (await session.execute(LOCK, {"id": report_id})).one_or_none()


async def decide(session: WriteSession, report: Row[Any], decision: dict[str, Any]) -> int:
    """Store a decision, close what else is open of the target; return the log entry's number.

    `decision` has `state, action, note, until, moderator`.
    """
    values = {
        **decision,
        "id": report.id,
        "target_type": report.target_type,
        "target_id": report.target_id,
        "author": report.author_id,
    }
    entry: int = await session.scalar(DECIDE, values) or 0
    return entry


async def appeal(session: WriteSession, report_id: int, note: str) -> None:
    """Put a locked report back into the queue."""
    await session.execute(APPEAL, {"id": report_id, "note": note})


async def list_decisions(
    session: ReadSession, member: UUID, before: int, limit: int
) -> Sequence[Row[Any]]:
    """Return decisions about a member's things as `DecisionRead`, newest report first."""
    values = {"member": member, "before": before, "limit": limit}
    return (await session.execute(DECISIONS, values)).all()


async def find_decision(session: WriteSession, report_id: int) -> Row[Any]:
    """Return the decision on a report as `DecisionRead`."""
    return (await session.execute(DECISION, {"id": report_id})).one()


async def list_log(
    session: ReadSession, report_id: int | None, before: int, limit: int
) -> Sequence[Row[Any]]:
    """Return what moderators did as `LogEntry`, newest first."""
    values = {"report_id": report_id, "before": before, "limit": limit}
    return (await session.execute(LOG, values)).all()


async def set_hidden(
    session: WriteSession, target: tuple[str, str], *, hidden: bool
) -> Row[Any] | None:
    """Hide a review or comment or show it again; return its row. None: nothing changed."""
    values = {"id": int(target[1]), "hidden": hidden}
    return (await session.execute(HIDE[target[0]], values)).one_or_none()


async def set_suspended(session: WriteSession, member: UUID, until: Any) -> bool:
    """Suspend a member until then, or with None no longer; return whether that changed anything."""
    values = {"member": member, "until": until}
    return (await session.execute(SUSPEND, values)).one_or_none() is not None


# Of each member the newest decision that touched their access, which gave it its revision.
STANDINGS = text(
    f"""
    SELECT DISTINCT ON (e.member_id) e.member_id, e.id, e.note, r.reason,
        coalesce(u.suspended_until > now(), false) AS suspended, {_UNTIL.format("u")}
    FROM moderation_log e JOIN users u ON u.id = e.member_id AND NOT u.deleted
    JOIN reports r ON r.id = e.report_id
    WHERE e.member_id > :member AND (
        e.action = 'suspend' OR e.action = 'restore' AND EXISTS (
            SELECT FROM moderation_log b WHERE b.member_id = e.member_id AND b.action = 'suspend'
                AND b.id < e.id
        )
    )
    ORDER BY e.member_id, e.id DESC LIMIT :limit
    """  # noqa: S608 - constants
)


async def standings_after(session: WriteSession, member: UUID, limit: int) -> Sequence[Row[Any]]:
    """Return by member, after one, whose access moderators took, and whether it still is."""
    return (await session.execute(STANDINGS, {"member": member, "limit": limit})).all()
