"""The SQL of notifications."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text

from marquee_shared.database import ReadSession, WriteSession
from marquee_social.visibility.rule import not_blocked, not_muted

_ACTOR = "CAST(:actor_id AS uuid)"

ADD = text(
    f"""
    WITH wanted AS (
        SELECT DISTINCT given.id FROM unnest(CAST(:recipients AS uuid[])) AS given (id)
        WHERE given.id IS DISTINCT FROM {_ACTOR}
            AND {not_blocked("given.id", _ACTOR)}
            AND {not_muted(_ACTOR, "given.id")}
            AND NOT EXISTS (SELECT FROM users WHERE users.id = given.id AND deleted)
            AND NOT EXISTS (
                SELECT FROM notifications n WHERE n.user_id = given.id AND n.read_at IS NULL
                    AND kind = :kind AND actor_id = {_ACTOR}
                    AND target_type = :target_type AND target_id = :target_id
            )
    ), numbered AS (
        INSERT INTO notification_counters AS c (user_id, last_sequence)
        SELECT id, 1 FROM wanted ORDER BY id
        ON CONFLICT (user_id) DO UPDATE SET last_sequence = c.last_sequence + 1
        RETURNING user_id, last_sequence
    )
    INSERT INTO notifications
        (user_id, sequence, kind, actor_id, target_type, target_id, data, created_at)
    SELECT user_id, last_sequence, :kind, {_ACTOR}, :target_type, :target_id,
        CAST(:data AS jsonb), now()
    FROM numbered
    ON CONFLICT DO NOTHING
    RETURNING user_id, sequence
    """  # noqa: S608 - constants
)

_SHOWN = f"""
    SELECT sequence, kind, actor_id, username, name, avatar_url, target_type, target_id, data,
        n.created_at, read_at
    FROM notifications n LEFT JOIN users u ON u.id = actor_id
    WHERE user_id = :viewer AND (actor_id IS NULL OR NOT u.deleted)
        AND {not_blocked("actor_id")} AND {not_muted("actor_id")}
"""  # noqa: S608 - constants

NEWEST = text(
    f"""
    {_SHOWN} AND sequence < :before AND (NOT :unread OR read_at IS NULL)
    ORDER BY sequence DESC LIMIT :limit
    """
)
SINCE = text(f"{_SHOWN} AND sequence > :after ORDER BY sequence LIMIT :limit")
LAST = text("SELECT last_sequence FROM notification_counters WHERE user_id = :viewer")
UNREAD = text(
    f"SELECT count(*) FROM ({_SHOWN} AND read_at IS NULL LIMIT :most) AS unread"  # noqa: S608 - constants
)

READ = text(
    f"""
    WITH read AS (
        UPDATE notifications SET read_at = coalesce(read_at, now())
        WHERE user_id = :viewer AND sequence = :sequence RETURNING *
    )
    {_SHOWN.replace("FROM notifications n", "FROM read n")}
    """  # noqa: S608 - constants
)
READ_ALL = text(
    """
    UPDATE notifications SET read_at = now()
    WHERE user_id = :viewer AND sequence <= :until AND read_at IS NULL
    """
)

ERASE = text(
    """
    WITH counters AS (
        DELETE FROM notification_counters WHERE user_id = ANY(CAST(:user_ids AS uuid[]))
    )
    DELETE FROM notifications
    WHERE user_id = ANY(CAST(:user_ids AS uuid[])) OR actor_id = ANY(CAST(:user_ids AS uuid[]))
    RETURNING sequence
    """
)

NotificationRow = Row[Any]
"""A notification with its actor's card, where it has one."""


async def add_notifications(
    session: WriteSession,
    kind: str,
    actor_id: UUID | None,
    recipients: Sequence[UUID],
    target: tuple[str, str],
    data: dict[str, Any],
) -> Sequence[Row[Any]]:
    """Notify those of the recipients who want it; return their ids and sequences."""
    values = {
        "kind": kind,
        "actor_id": actor_id,
        "recipients": list(recipients),
        "target_type": target[0],
        "target_id": target[1],
        "data": orjson.dumps(data).decode(),
    }
    return (await session.execute(ADD, values)).all()


async def list_newest(
    session: ReadSession, member: UUID, before: int, limit: int, *, unread: bool
) -> Sequence[NotificationRow]:
    """Return a member's notifications, newest first, below a sequence."""
    values = {"viewer": member, "before": before, "limit": limit, "unread": unread}
    return (await session.execute(NEWEST, values)).all()


async def list_since(
    session: ReadSession, member: UUID, after: int, limit: int
) -> Sequence[NotificationRow]:
    """Return what a member was notified of after a sequence, oldest first."""
    values = {"viewer": member, "after": after, "limit": limit}
    return (await session.execute(SINCE, values)).all()


async def last_sequence(session: ReadSession, member: UUID) -> int:
    """Return the sequence of a member's newest notification, 0 without any."""
    return (await session.scalar(LAST, {"viewer": member})) or 0


async def count_unread(session: ReadSession | WriteSession, member: UUID, most: int) -> int:
    """Return how many notifications are unread, counting no further than `most`."""
    return int(await session.scalar(UNREAD, {"viewer": member, "most": most}) or 0)


async def mark_read(session: WriteSession, member: UUID, sequence: int) -> NotificationRow | None:
    """Mark one as read; None: there is none."""
    values = {"viewer": member, "sequence": sequence}
    return (await session.execute(READ, values)).one_or_none()


async def mark_all_read(session: WriteSession, member: UUID, until: int) -> None:
    """Mark all up to a sequence as read."""
    await session.execute(READ_ALL, {"viewer": member, "until": until})


async def erase_members(session: WriteSession, user_ids: Sequence[UUID]) -> int:
    """Delete what these members were told, and what others were told of them; return how many."""
    return len((await session.execute(ERASE, {"user_ids": list(user_ids)})).all())
