"""The SQL of privacy settings."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.social import Privacy
from marquee_social.visibility.rule import DEFAULTS, SURFACES, Surface

_COLUMNS = ", ".join(SURFACES)

FIND = text(
    f"SELECT user_id, {_COLUMNS}, updated_at, revision FROM privacy_settings "  # noqa: S608 - constants
    "WHERE user_id = :user_id"
)

_CHOSEN = {surface: f"coalesce(:{surface}, p.{surface})" for surface in SURFACES}
_CHANGED = (
    f"({', '.join(f'p.{s}' for s in SURFACES)}) IS DISTINCT FROM ({', '.join(_CHOSEN.values())})"
)
SET = text(
    f"""
    INSERT INTO privacy_settings AS p (user_id, {_COLUMNS}, updated_at, revision)
    SELECT :user_id, {", ".join(f"coalesce(:{s}, '{DEFAULTS[s]}')" for s in SURFACES)}, now(), 1
    WHERE NOT EXISTS (SELECT FROM users WHERE users.id = :user_id AND deleted)
    ON CONFLICT (user_id) DO UPDATE SET
        {", ".join(f"{surface} = {chosen}" for surface, chosen in _CHOSEN.items())},
        updated_at = CASE WHEN {_CHANGED} THEN now() ELSE p.updated_at END,
        revision = p.revision + ({_CHANGED})::integer
    RETURNING user_id, {", ".join(f"new.{s}" for s in SURFACES)}, new.updated_at,
        old.revision AS revision_before, new.revision
    """  # noqa: S608 - constants
)

ERASE = text(
    "DELETE FROM privacy_settings WHERE user_id = ANY(CAST(:user_ids AS uuid[])) RETURNING user_id"
)

ALL = text(
    f"SELECT user_id, {_COLUMNS}, revision FROM privacy_settings "  # noqa: S608 - constants
    "WHERE user_id > :user_id ORDER BY user_id LIMIT :limit"
)


async def find_privacy(session: ReadSession, member: UUID) -> Row[Any] | None:
    """Return a member's settings; None: the defaults hold."""
    return (await session.execute(FIND, {"user_id": member})).one_or_none()


async def set_privacy(
    session: WriteSession, member: UUID, chosen: Mapping[Surface, Privacy]
) -> Row[Any] | None:
    """Change some settings, those that differ; None: the member has been erased."""
    values: dict[str, Any] = {surface: chosen.get(surface) for surface in SURFACES}
    return (await session.execute(SET, {"user_id": member, **values})).one_or_none()


async def erase_members(session: WriteSession, user_ids: Sequence[UUID]) -> int:
    """Delete these members' settings; return of how many."""
    return len((await session.execute(ERASE, {"user_ids": list(user_ids)})).all())


async def privacy_after(session: WriteSession, member: UUID, limit: int) -> Sequence[Row[Any]]:
    """Return settings by member, after one."""
    return (await session.execute(ALL, {"user_id": member, "limit": limit})).all()
