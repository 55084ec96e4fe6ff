"""The SQL of friendships and blocks.

Every change is one statement on the one row of a pair, so that what two members do at the same
moment is put in order by that row's lock, and each sees what the other did.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from marquee_shared.database import WriteSession

_LIVING = """
    living AS (SELECT deleted FROM users WHERE id IN (:low, :high) ORDER BY id FOR SHARE)
"""
"""Holds off the erasure of either until the commit, so that it finds what is written here."""

ASK = text(
    f"""
    WITH {_LIVING}
    INSERT INTO relationships AS r (low_id, high_id, friendship, friendship_at, revision)
    SELECT :low, :high, :asked_by_me, now(), 1
    WHERE NOT EXISTS (SELECT FROM living WHERE deleted)
    ON CONFLICT (low_id, high_id) DO UPDATE SET
        friendship = CASE r.friendship
            WHEN 'none' THEN excluded.friendship
            WHEN :asked_by_them THEN 'friends'
            ELSE r.friendship END,
        friendship_at = CASE WHEN r.friendship IN ('none', :asked_by_them)
            THEN greatest(now(), r.friendship_at) ELSE r.friendship_at END,
        revision = r.revision + (r.friendship IN ('none', :asked_by_them))::integer
    WHERE r.low_blocked_at IS NULL AND r.high_blocked_at IS NULL
    RETURNING coalesce(old.friendship, 'none') AS before, new.friendship AS after,
        new.friendship_at, old.revision AS revision_before, new.revision
    """  # noqa: S608 - constants
)

END = text(
    """
    UPDATE relationships AS r SET
        friendship = CASE WHEN r.friendship = ANY(CAST(:ended AS text[]))
            THEN 'none' ELSE r.friendship END,
        friendship_at = CASE WHEN r.friendship = ANY(CAST(:ended AS text[]))
            THEN greatest(now(), r.friendship_at) ELSE r.friendship_at END,
        revision = r.revision + (r.friendship = ANY(CAST(:ended AS text[])))::integer
    WHERE low_id = :low AND high_id = :high
    RETURNING old.friendship AS before, new.friendship AS after,
        old.revision AS revision_before, new.revision
    """
)

BLOCK = text(
    f"""
    WITH {_LIVING}
    INSERT INTO relationships AS r
        (low_id, high_id, friendship, friendship_at, low_blocked_at, high_blocked_at, revision)
    SELECT :low, :high, 'none', now(),
        CASE WHEN :i_am_low THEN now() END, CASE WHEN NOT :i_am_low THEN now() END, 1
    WHERE NOT EXISTS (SELECT FROM living WHERE deleted)
    ON CONFLICT (low_id, high_id) DO UPDATE SET
        friendship = 'none',
        friendship_at = CASE WHEN r.friendship = 'none'
            THEN r.friendship_at ELSE greatest(now(), r.friendship_at) END,
        low_blocked_at = coalesce(r.low_blocked_at, excluded.low_blocked_at),
        high_blocked_at = coalesce(r.high_blocked_at, excluded.high_blocked_at),
        revision = r.revision + (
            CASE WHEN :i_am_low THEN r.low_blocked_at ELSE r.high_blocked_at END IS NULL
        )::integer
    WHERE CASE WHEN :i_am_low THEN r.high_blocked_at ELSE r.low_blocked_at END IS NULL
        OR CASE WHEN :i_am_low THEN r.low_blocked_at ELSE r.high_blocked_at END IS NOT NULL
    RETURNING coalesce(old.friendship, 'none') AS friendship_before,
        CASE WHEN :i_am_low THEN old.low_blocked_at ELSE old.high_blocked_at END AS before,
        CASE WHEN :i_am_low THEN new.low_blocked_at ELSE new.high_blocked_at END AS after,
        old.revision AS revision_before, new.revision
    """  # noqa: S608 - constants
)

UNBLOCK = text(
    """
    UPDATE relationships AS r SET
        low_blocked_at = CASE WHEN :i_am_low THEN NULL ELSE r.low_blocked_at END,
        high_blocked_at = CASE WHEN :i_am_low THEN r.high_blocked_at END,
        revision = r.revision + (
            CASE WHEN :i_am_low THEN r.low_blocked_at ELSE r.high_blocked_at END IS NOT NULL
        )::integer
    WHERE low_id = :low AND high_id = :high
    RETURNING
        CASE WHEN :i_am_low THEN old.low_blocked_at ELSE old.high_blocked_at END AS before,
        old.revision AS revision_before, new.revision
    """
)

MUTE = text(
    """
    INSERT INTO mutes AS m (user_id, muted_id, created_at) VALUES (:user_id, :muted_id, now())
    ON CONFLICT (user_id, muted_id) DO UPDATE SET created_at = m.created_at
    RETURNING old.created_at AS before, new.created_at AS after
    """
)
UNMUTE = text("DELETE FROM mutes WHERE user_id = :user_id AND muted_id = :muted_id")

ERASE = text(
    """
    WITH unmuted AS (
        DELETE FROM mutes
        WHERE user_id = ANY(CAST(:user_ids AS uuid[])) OR muted_id = ANY(CAST(:user_ids AS uuid[]))
    )
    DELETE FROM relationships
    WHERE low_id = ANY(CAST(:user_ids AS uuid[])) OR high_id = ANY(CAST(:user_ids AS uuid[]))
    RETURNING low_id, high_id, 'none' AS friendship, now() AS friendship_at,
        low_blocked_at IS NOT NULL AS low_was_blocking, CAST(NULL AS timestamptz) AS low_blocked_at,
        high_blocked_at IS NOT NULL AS high_was_blocking,
        CAST(NULL AS timestamptz) AS high_blocked_at,
        old.friendship AS friendship_before, revision + 1 AS revision
    """
)

ALL = text(
    """
    SELECT low_id, high_id, friendship, friendship_at, low_blocked_at, high_blocked_at, revision
    FROM relationships WHERE (low_id, high_id) > (:low, :high) ORDER BY low_id, high_id LIMIT :limit
    """
)

RelationshipRow = Row[Any]
"""A pair; where it was written, what stood there `before`, and `revision_before`."""


def _pair(me: UUID, other: UUID) -> dict[str, Any]:
    return {"low": min(me, other), "high": max(me, other)}


def asked_by(member: UUID, other: UUID) -> str:
    """Return the state of a pair in which this member has asked the other."""
    return "low_asked" if member < other else "high_asked"


async def ask(session: WriteSession, me: UUID, other: UUID) -> RelationshipRow | None:
    """Ask for friendship, or accept where they have asked.

    None: either has blocked the other, or is gone.
    """
    states = {"asked_by_me": asked_by(me, other), "asked_by_them": asked_by(other, me)}
    return (await session.execute(ASK, {**_pair(me, other), **states})).one_or_none()


async def end(
    session: WriteSession, me: UUID, other: UUID, ended: Sequence[str]
) -> RelationshipRow | None:
    """Make nothing of a pair that is in one of these states. None: there never was anything."""
    values = {**_pair(me, other), "ended": list(ended)}
    return (await session.execute(END, values)).one_or_none()


async def block(session: WriteSession, me: UUID, other: UUID) -> RelationshipRow | None:
    """Block a member; whatever there was between them ends.

    None: they have blocked the caller before, and so do not exist for them; or are gone.
    """
    values = {**_pair(me, other), "i_am_low": me < other}
    return (await session.execute(BLOCK, values)).one_or_none()


async def unblock(session: WriteSession, me: UUID, other: UUID) -> RelationshipRow | None:
    """Lift a block. None: there never was anything between them."""
    values = {**_pair(me, other), "i_am_low": me < other}
    return (await session.execute(UNBLOCK, values)).one_or_none()


async def mute(session: WriteSession, me: UUID, other: UUID) -> Row[Any]:
    """Mute a member; `before` None: they were not."""
    return (await session.execute(MUTE, {"user_id": me, "muted_id": other})).one()


async def unmute(session: WriteSession, me: UUID, other: UUID) -> None:
    """Lift a mute, if there is one."""
    await session.execute(UNMUTE, {"user_id": me, "muted_id": other})


async def erase_members(
    session: WriteSession, user_ids: Sequence[UUID]
) -> Sequence[RelationshipRow]:
    """Delete everything between these members and others; return what there was."""
    return (await session.execute(ERASE, {"user_ids": list(user_ids)})).all()


async def relationships_after(
    session: WriteSession, low: UUID, high: UUID, limit: int
) -> Sequence[RelationshipRow]:
    """Return pairs by key, after one."""
    return (await session.execute(ALL, {"low": low, "high": high, "limit": limit})).all()
