"""Tables of the past."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, Text, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marquee_catalog.database import CatalogBase, Id


class AuditEntry(CatalogBase):
    """One change: who, when, what to which; `changes` holds `{field: {before, after}}`.

    `actor` is the editor's username then; both are empty once that member has been erased.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject", "kind", "subject_id", "id"),
        Index("ix_audit_entries_actor_id", "actor_id"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    actor_id: Mapped[UUID | None] = mapped_column(Uuid)
    actor: Mapped[str | None] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(BigInteger)
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB)


class FormerSlug(CatalogBase):
    """A slug that a thing had, or that something merged into it had; it leads there for ever."""

    __tablename__ = "former_slugs"
    __table_args__ = (Index("ix_former_slugs_target", "kind", "target_id"),)

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    slug: Mapped[str] = mapped_column(Text, primary_key=True)
    target_id: Mapped[int] = mapped_column(BigInteger)


class Tombstone(CatalogBase):
    """Something deleted for good, so that `republish` can still tell it is gone."""

    __tablename__ = "tombstones"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(BigInteger)
