"""The SQL of the member replica."""

from collections.abc import Sequence
from typing import Any, TypedDict
from uuid import UUID

import orjson
from sqlalchemy import Row, text

from marquee_shared.auth.principals import Principal
from marquee_shared.database import ReadSession, WriteSession
from marquee_social.visibility.rule import VIEWER


class UserVersion(TypedDict):
    """One version of a member; rows with a higher (epoch, revision) win."""

    id: str
    username: str | None
    name: str | None
    avatar_url: str | None
    deleted: bool
    epoch: int
    revision: int


REPLACE = text(
    """
    INSERT INTO users AS u (id, username, name, avatar_url, deleted, epoch, revision)
    SELECT id, username, name, avatar_url, deleted, epoch, revision
    FROM jsonb_to_recordset(CAST(:versions AS jsonb)) AS v (
        id uuid, username text, name text, avatar_url text,
        deleted boolean, epoch bigint, revision bigint
    )
    ORDER BY id
    ON CONFLICT (id) DO UPDATE SET
        username = excluded.username, name = excluded.name, avatar_url = excluded.avatar_url,
        deleted = excluded.deleted, epoch = excluded.epoch, revision = excluded.revision
    WHERE (u.epoch, u.revision) < (excluded.epoch, excluded.revision)
    """
)


async def replace_users(session: WriteSession, versions: Sequence[UserVersion]) -> None:
    """Store those versions that are newer than what is held; one version per member."""
    await session.execute(REPLACE, {"versions": orjson.dumps(list(versions)).decode()})


_STANDING = f"""
    (low_blocked_at IS NOT NULL OR high_blocked_at IS NOT NULL) AS blocked,
    (CASE WHEN low_id = {VIEWER} THEN low_blocked_at ELSE high_blocked_at END IS NOT NULL)
        AS blocked_by_viewer
"""
FIND = text(
    f"""
    SELECT id, username, name, avatar_url, {_STANDING}
    FROM users LEFT JOIN relationships
        ON low_id = least(id, {VIEWER}) AND high_id = greatest(id, {VIEWER})
    WHERE lower(username) = lower(:username) AND NOT deleted
    ORDER BY id LIMIT 1
    """  # noqa: S608 - constants
)
STANDING = text(
    f"""
    SELECT {_STANDING} FROM (SELECT CAST(:user_id AS uuid)) AS u (id) LEFT JOIN relationships
        ON low_id = least(id, {VIEWER}) AND high_id = greatest(id, {VIEWER})
    """  # noqa: S608 - constants
)


async def find_user(
    session: ReadSession | WriteSession, viewer: UUID | None, username: str
) -> Row[Any] | None:
    """Return a member's card, and whether and by whom they and the viewer are blocked."""
    values = {"viewer": viewer, "username": username}
    return (await session.execute(FIND, values)).one_or_none()


async def standing(
    session: ReadSession | WriteSession, viewer: UUID | None, user_id: UUID
) -> Row[Any]:
    """Return whether (`blocked`) and by whom (`blocked_by_viewer`) two members are blocked."""
    return (await session.execute(STANDING, {"viewer": viewer, "user_id": user_id})).one()


SUSPENDED = """
    EXISTS (SELECT FROM users WHERE users.id = :user_id AND users.suspended_until > now())
"""
"""Whether the member `:user_id` is suspended."""

BARRED = """
    EXISTS (
        SELECT FROM users
        WHERE users.id = :user_id AND (users.deleted OR users.suspended_until > now())
    )
"""
"""Whether the member `:user_id` may not write: erased, or suspended."""

AUTHOR = text(
    """
    WITH held AS (SELECT deleted, suspended_until FROM users WHERE id = :user_id),
    learned AS (
        INSERT INTO users (id, username, name, deleted, epoch, revision)
        SELECT :user_id, :username, :username, false, 0, 0
        WHERE NOT EXISTS (SELECT FROM held)
        ON CONFLICT DO NOTHING
    )
    SELECT deleted, coalesce(suspended_until > now(), false) AS suspended FROM held
    """
)

ERASED = text("SELECT deleted FROM users WHERE id = :user_id")


async def find_author(session: WriteSession, member: Principal) -> Row[Any] | None:
    """Return whether a caller is `deleted` or `suspended`; None where nothing is known.

    Who is not in the replica yet is put there as their token calls them; every event of theirs
    goes before it.
    """
    values = {"user_id": member.id, "username": member.username}
    return (await session.execute(AUTHOR, values)).one_or_none()


async def is_erased(session: WriteSession, user_id: UUID) -> bool:
    """Whether identity has told that this member is gone."""
    return bool(await session.scalar(ERASED, {"user_id": user_id}))


LEARN = text(
    """
    INSERT INTO users (id, username, name, deleted, epoch, revision)
    VALUES (:id, :username, :username, false, 0, 0) ON CONFLICT DO NOTHING
    """
)


async def learn_user(session: WriteSession, user_id: UUID, username: str) -> None:
    """Put a member whose event is under way into the replica; every event goes before it."""
    await session.execute(LEARN, {"id": user_id, "username": username})
