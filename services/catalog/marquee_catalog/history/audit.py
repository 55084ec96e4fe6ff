"""The audit trail: who changed what, written in the transaction of the change itself."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from pydantic import Field
from sqlalchemy import text

from marquee_shared.auth.principals import Principal
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.identity import ErasureMode
from marquee_shared.pagination import CursorPage, CursorWindow
from marquee_shared.rights import Dataset, Erased, Row, rows
from marquee_shared.schemas import ResponseModel

Action = Literal["created", "updated", "deleted", "restored", "merged", "destroyed"]

FOLLOWS = frozenset({"created_at", "updated_at", "rating", "popularity", "film_count"})
"""What no editor writes."""

_INSERT = text(
    "INSERT INTO audit_entries (kind, subject_id, actor_id, actor, action, revision, changes) "
    "VALUES (:kind, :subject_id, :actor_id, :actor, :action, :revision, CAST(:changes AS jsonb))"
)

_READ = text(
    "SELECT id, at, actor_id, actor, action, revision, changes FROM audit_entries "
    "WHERE kind = :kind AND subject_id = :subject_id "
    "AND (CAST(:before AS bigint) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
)

_BY_MEMBER = text(
    "SELECT kind, subject_id, at, action, revision, changes FROM audit_entries "
    "WHERE actor_id = :member ORDER BY id"
)

_FORGET = text(
    "UPDATE audit_entries SET actor = NULL, actor_id = NULL WHERE actor_id = :member RETURNING id"
)


class FieldChange(ResponseModel):
    """A field's value before and after."""

    before: Any = None
    after: Any = None


class AuditEntryRead(ResponseModel):
    """One change."""

    id: int
    at: datetime
    actor_id: UUID | None = Field(description="Null once that member has been erased.")
    actor: str | None = Field(description="Their username at that time.")
    action: Action
    revision: int = Field(description="The revision that the change made.")
    changes: dict[str, FieldChange]


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> dict[str, dict[str, Any]]:
    """Return what two versions differ in, by field."""
    old, new = before or {}, after or {}
    return {
        name: {"before": old.get(name), "after": new.get(name)}
        for name in sorted((old.keys() | new.keys()) - FOLLOWS)
        if old.get(name) != new.get(name)
    }


async def record(
    session: WriteSession,
    actor: Principal,
    kind: str,
    subject_id: int,
    action: Action,
    revision: int,
    changes: Mapping[str, Any],
) -> None:
    """Write down one change."""
    values = {
        "kind": kind,
        "subject_id": subject_id,
        "actor_id": actor.id,
        "actor": actor.username,
        "action": action,
        "revision": revision,
        "changes": orjson.dumps(changes).decode(),
    }
    await session.execute(_INSERT, values)


async def read_entries(
    session: ReadSession, kind: str, subject_id: int, window: CursorWindow
) -> CursorPage[AuditEntryRead]:
    """Return one stretch of a thing's changes, the latest first."""
    values = {
        "kind": kind,
        "subject_id": subject_id,
        "before": window.after[0] if window.after else None,
        "limit": window.limit + 1,
    }
    rows = (await session.execute(_READ, values)).all()
    return CursorPage(
        items=[AuditEntryRead.model_validate(row) for row in rows[: window.limit]],
        next_cursor=window.next_cursor([(row.id,) for row in rows]),
    )


def _export(session: ReadSession, member: UUID) -> AsyncIterator[Row]:
    return rows(session, _BY_MEMBER, {"member": member})


async def _erase(session: WriteSession, member: UUID, _mode: ErasureMode) -> Erased:
    """Take a member's name out of the trail; what changed stays."""
    return Erased(anonymised=len((await session.execute(_FORGET, {"member": member})).all()))


EDITS = Dataset("edits", _export, _erase)
"""What a member has edited in the catalog."""
