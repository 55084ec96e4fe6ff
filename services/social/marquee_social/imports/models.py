"""The tables of imports."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marquee_social.tables import Table


class MemberImport(Table):
    """One upload of a member's; `job_id` is the latest job on it."""

    __tablename__ = "member_imports"
    __table_args__ = (Index("ix_member_imports_member", "user_id", "id"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(Uuid)
    source: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(Text)
    dry_run: Mapped[bool] = mapped_column(Boolean)
    job_id: Mapped[UUID] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    committed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class MemberImportRow(Table):
    """What was brought about one film.

    `state` None: the catalog has not been asked yet. `done`: taken in; `undo` then says what was
    there before, of what it changed. `listed` is the same for the watchlist, which comes last.
    """

    __tablename__ = "member_import_rows"
    __table_args__ = (
        CheckConstraint("state IN ('matched', 'ambiguous', 'unmatched', 'invalid')", name="state"),
        CheckConstraint("state <> 'matched' OR movie_id IS NOT NULL", name="matched"),
    )

    import_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey(MemberImport.id, ondelete="CASCADE"), primary_key=True
    )
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(Text)
    year: Mapped[int | None] = mapped_column(Integer)
    ids: Mapped[dict[str, Any]] = mapped_column(JSONB)
    brings: Mapped[dict[str, Any]] = mapped_column(JSONB)
    problems: Mapped[list[str]] = mapped_column(JSONB)
    state: Mapped[str | None] = mapped_column(Text)
    confidence: Mapped[float | None] = mapped_column(Double)
    movie_id: Mapped[int | None] = mapped_column(BigInteger)
    candidates: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    done: Mapped[bool] = mapped_column(Boolean)
    listed: Mapped[bool] = mapped_column(Boolean)
    undo: Mapped[dict[str, Any]] = mapped_column(JSONB)
