"""SQL of OAuth applications and of what they were granted."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text

from marquee_identity.applications.models import Application
from marquee_shared.database import ReadSession, WriteSession

GRANTS = text(
    "SELECT a.id, a.name, min(s.created_at) AS granted_at, max(s.last_used_at) AS last_used_at, "
    "  (SELECT array_agg(DISTINCT scope ORDER BY scope) FROM sessions each, "
    "    unnest(each.scopes) AS scope "
    "    WHERE each.user_id = :user_id AND each.application_id = a.id "
    "    AND each.ended_at IS NULL AND each.expires_at > now()) AS scopes "
    "FROM sessions s JOIN applications a ON a.id = s.application_id "
    "WHERE s.user_id = :user_id AND s.ended_at IS NULL AND s.expires_at > now() "
    "  AND (CAST(:before AS uuid) IS NULL OR a.id < :before) "
    "GROUP BY a.id, a.name ORDER BY a.id DESC LIMIT :limit"
)
GRANTED_SESSIONS = text(
    "SELECT id, user_id FROM sessions "
    "WHERE application_id = :application_id AND ended_at IS NULL "
    "AND (CAST(:user_id AS uuid) IS NULL OR user_id = :user_id) ORDER BY id"
)


VOID_GRANTED = text(
    "DELETE FROM authorizations WHERE user_id = :user_id AND application_id = :application_id"
)


async def insert_application(session: WriteSession, row: Application) -> None:
    """Add an application."""
    session.add(row)
    await session.flush()
    await session.refresh(row)


async def count_applications(session: WriteSession, owner_id: UUID) -> int:
    """Count a member's applications."""
    statement = (
        select(func.count()).select_from(Application).where(Application.owner_id == owner_id)
    )
    return (await session.scalars(statement)).one()


async def list_applications(
    session: ReadSession | WriteSession, owner_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Application]:
    """Return a member's applications, newest first (ids are time-ordered)."""
    statement = select(Application).where(Application.owner_id == owner_id)
    if before is not None:
        statement = statement.where(Application.id < before)
    return (await session.scalars(statement.order_by(Application.id.desc()).limit(limit))).all()


async def find_application(session: ReadSession, application_id: UUID) -> Application | None:
    """Return an application."""
    return await session.get(Application, application_id)


async def lock_application(
    session: WriteSession, application_id: UUID, *, owner_id: UUID
) -> Application | None:
    """Return one of a member's applications for change."""
    statement = (
        select(Application)
        .where(Application.id == application_id, Application.owner_id == owner_id)
        .with_for_update()
    )
    return (await session.scalars(statement)).one_or_none()


async def keep_application(session: WriteSession, application_id: UUID) -> Application | None:
    """Return an application that stays until the end of the transaction.

    Whatever refers to it is locked after it, as its deletion does.
    """
    statement = (
        select(Application)
        .where(Application.id == application_id)
        .with_for_update(read=True, key_share=True)
    )
    return (await session.scalars(statement)).one_or_none()


async def list_grants(
    session: ReadSession, user_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Return the applications that may act for a member, the newest application first."""
    values = {"user_id": user_id, "before": before, "limit": limit}
    return (await session.execute(GRANTS, values)).all()


async def void_authorizations(session: WriteSession, application_id: UUID, user_id: UUID) -> None:
    """Let nothing come of what a member has approved of an application."""
    values = {"application_id": application_id, "user_id": user_id}
    await session.execute(VOID_GRANTED, values)


async def list_granted_sessions(
    session: WriteSession, application_id: UUID, user_id: UUID | None = None
) -> Sequence[Row[Any]]:
    """Return the living sessions of an application: of one member, or of all."""
    values = {"application_id": application_id, "user_id": user_id}
    return (await session.execute(GRANTED_SESSIONS, values)).all()
