"""The SQL of lists of people: friends, requests, suggestions, the blocked and the muted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from marquee_shared.database import ReadSession
from marquee_social.friendships.schemas import Direction
from marquee_social.visibility.rule import VIEWER, friends_of, not_blocked, privacy_of, visible

_CARD = "u.id, username, name, avatar_url"
_MEMBER = "CAST(:member AS uuid)"
_BELOW = "< (CAST(:at AS timestamptz), CAST(:id AS uuid))"


def _newest(low_states: str, high_states: str, more: str) -> str:
    """Return a list of who stands to `:member` in these states, newest first.

    Two index scans that each give their newest, of which the newest are taken.
    """
    return f"""
        SELECT {_CARD}, since FROM (
            SELECT high_id AS id, friendship_at AS since FROM relationships
            WHERE low_id = {_MEMBER} AND friendship = {low_states}
            UNION ALL
            SELECT low_id, friendship_at FROM relationships
            WHERE high_id = {_MEMBER} AND friendship = {high_states}
        ) AS r JOIN users u ON u.id = r.id AND NOT u.deleted
        WHERE (since, r.id) {_BELOW} {more}
        ORDER BY since DESC, r.id DESC LIMIT :limit
    """  # noqa: S608 - constants


FRIENDS = text(_newest("'friends'", "'friends'", f"AND {not_blocked('u.id')}"))
MAY_SEE_FRIENDS = text(f"SELECT {visible(_MEMBER, privacy_of(_MEMBER, 'friends'))}")
REQUESTS = {
    "incoming": text(_newest("'high_asked'", "'low_asked'", "")),
    "outgoing": text(_newest("'low_asked'", "'high_asked'", "")),
}

BLOCKED = text(
    f"""
    SELECT {_CARD}, since FROM (
        SELECT high_id AS id, low_blocked_at AS since FROM relationships
        WHERE low_id = {_MEMBER} AND low_blocked_at IS NOT NULL
        UNION ALL
        SELECT low_id, high_blocked_at FROM relationships
        WHERE high_id = {_MEMBER} AND high_blocked_at IS NOT NULL
    ) AS b JOIN users u ON u.id = b.id AND NOT u.deleted
    WHERE (since, b.id) {_BELOW}
    ORDER BY since DESC, b.id DESC LIMIT :limit
    """  # noqa: S608 - constants
)

MUTED = text(
    f"""
    SELECT {_CARD}, m.created_at AS since
    FROM mutes m JOIN users u ON u.id = m.muted_id AND NOT u.deleted
    WHERE user_id = {_MEMBER} AND (m.created_at, m.muted_id) {_BELOW}
        AND {not_blocked("u.id", _MEMBER)}
    ORDER BY m.created_at DESC, m.muted_id DESC LIMIT :limit
    """  # noqa: S608 - constants
)

FRIENDS_ASKED = 500
"""Of how many friends, the latest, the friends are looked at."""
NEW_MEMBERS = 200
"""How many of the newest members are looked at for those who share no friend."""

SUGGESTIONS = text(
    f"""
    WITH mine AS (
        SELECT id FROM {friends_of()} AS f (id, since) ORDER BY since DESC LIMIT {FRIENDS_ASKED}
    ), known AS (
        SELECT theirs.id, mine.id AS via, theirs.since
        FROM mine
        CROSS JOIN LATERAL {friends_of("mine.id")} AS theirs (id, since)
        WHERE {privacy_of("mine.id", "friends")} <> 'private'
    ), ranked AS (
        SELECT id, count(*) AS mutual, max(since) AS at,
            (array_agg(via ORDER BY since DESC, via))[1:3] AS via
        FROM known GROUP BY id
        UNION ALL
        SELECT n.id, 0, uuid_extract_timestamp(n.id), ARRAY[]::uuid[]
        FROM (
            SELECT id FROM users WHERE NOT deleted AND uuid_extract_version(id) = 7
            ORDER BY id DESC LIMIT {NEW_MEMBERS}
        ) AS n
        WHERE NOT EXISTS (SELECT FROM known WHERE known.id = n.id)
    )
    SELECT {_CARD}, mutual, at, (
        SELECT coalesce(jsonb_agg(
            jsonb_build_object(
                'id', f.id, 'username', f.username, 'name', f.name, 'avatar_url', f.avatar_url
            ) ORDER BY array_position(ranked.via, f.id)
        ), '[]') FROM users f WHERE f.id = ANY(ranked.via) AND NOT f.deleted
    ) AS via
    FROM ranked JOIN users u ON u.id = ranked.id AND NOT u.deleted
    WHERE u.id <> {VIEWER}
        AND (mutual, at, u.id)
            < (CAST(:mutual AS bigint), CAST(:at AS timestamptz), CAST(:id AS uuid))
        AND NOT EXISTS (
            SELECT FROM relationships
            WHERE low_id = least(u.id, {VIEWER}) AND high_id = greatest(u.id, {VIEWER}) AND (
                friendship <> 'none'
                OR low_blocked_at IS NOT NULL OR high_blocked_at IS NOT NULL
            )
        )
    ORDER BY mutual DESC, at DESC, u.id DESC LIMIT :limit
    """  # noqa: S608 - constants
)

PersonRow = Row[Any]
"""A member's card with `since`."""


def _window(after: tuple[datetime, UUID], limit: int) -> dict[str, Any]:
    return {"at": after[0], "id": after[1], "limit": limit}


async def may_see_friends(session: ReadSession, viewer: UUID | None, member: UUID) -> bool:
    """Whether the viewer may see who a member's friends are."""
    values = {"viewer": viewer, "member": member}
    return bool(await session.scalar(MAY_SEE_FRIENDS, values))


async def list_friends(
    session: ReadSession,
    viewer: UUID | None,
    member: UUID,
    after: tuple[datetime, UUID],
    limit: int,
) -> Sequence[PersonRow]:
    """Return a member's friends as far as they exist for the viewer, newest first."""
    values = {"viewer": viewer, "member": member, **_window(after, limit)}
    return (await session.execute(FRIENDS, values)).all()


async def list_requests(
    session: ReadSession,
    member: UUID,
    direction: Direction,
    after: tuple[datetime, UUID],
    limit: int,
) -> Sequence[PersonRow]:
    """Return who waits for a member's answer, or whose answer they wait for, newest first."""
    values = {"member": member, **_window(after, limit)}
    return (await session.execute(REQUESTS[direction], values)).all()


async def list_blocked(
    session: ReadSession, member: UUID, after: tuple[datetime, UUID], limit: int
) -> Sequence[PersonRow]:
    """Return whom a member has blocked, newest first."""
    values = {"member": member, **_window(after, limit)}
    return (await session.execute(BLOCKED, values)).all()


async def list_muted(
    session: ReadSession, member: UUID, after: tuple[datetime, UUID], limit: int
) -> Sequence[PersonRow]:
    """Return whom a member has muted, newest first."""
    values = {"member": member, **_window(after, limit)}
    return (await session.execute(MUTED, values)).all()


async def list_suggestions(
    session: ReadSession, member: UUID, after: tuple[int, datetime, UUID], limit: int
) -> Sequence[Row[Any]]:
    """Return whom a member may know: most friends shared first, then the most recent."""
    values = {"viewer": member, "mutual": after[0], "at": after[1], "id": after[2], "limit": limit}
    return (await session.execute(SUGGESTIONS, values)).all()
