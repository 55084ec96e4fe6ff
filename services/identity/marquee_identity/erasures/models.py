"""Tables of erasures."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marquee_identity.tables import IdentityBase
from marquee_identity.users.models import User


class Erasure(IdentityBase):
    """An erasure to come, with its member, or one that is done, without."""

    __tablename__ = "erasures"
    __table_args__ = (
        UniqueConstraint("user_id"),
        CheckConstraint("mode IN ('anonymise', 'remove')", name="mode"),
        CheckConstraint("(user_id IS NULL) = (erased_at IS NOT NULL)", name="member"),
        Index("ix_erasures_due_at", "due_at", postgresql_where="erased_at IS NULL"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    mode: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    erased_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ErasureLine(IdentityBase):
    """What one service removed and made anonymous, in rows per data set."""

    __tablename__ = "erasure_lines"

    erasure_id: Mapped[UUID] = mapped_column(
        ForeignKey(Erasure.id, ondelete="CASCADE"), primary_key=True
    )
    service: Mapped[str] = mapped_column(Text, primary_key=True)
    removed: Mapped[dict[str, int]] = mapped_column(JSONB)
    anonymised: Mapped[dict[str, int]] = mapped_column(JSONB)
    erased_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
