"""Reports and the log of what moderators did."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marquee_social.tables import Table

OPEN = text("state = 'open'")


class Report(Table):
    """A member's report of what another wrote, with the words as they stood.

    `action` is what was done about this very report; one that was closed together with another
    has none.
    """

    __tablename__ = "reports"
    __table_args__ = (
        CheckConstraint("target_type IN ('review', 'comment', 'list', 'user')", name="target_type"),
        CheckConstraint(
            "reason IN ('spam', 'abuse', 'spoiler', 'illegal', 'other')", name="reason"
        ),
        CheckConstraint("state IN ('open', 'dismissed', 'actioned', 'appealed')", name="state"),
        CheckConstraint("action IN ('hide', 'restore', 'warn', 'suspend')", name="action"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("revision > 0", name="revision"),
        Index(
            "uq_reports_open",
            "reporter_id",
            "target_type",
            "target_id",
            unique=True,
            postgresql_where=OPEN,
        ),
        Index("ix_reports_queue", "state", "id"),
        Index("ix_reports_target", "target_type", "target_id", postgresql_where=OPEN),
        Index("ix_reports_author", "author_id", "id"),
        Index("ix_reports_reporter", "reporter_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    reporter_id: Mapped[UUID | None] = mapped_column(Uuid)
    target_type: Mapped[str] = mapped_column(Text)
    target_id: Mapped[str] = mapped_column(Text)
    author_id: Mapped[UUID | None] = mapped_column(Uuid)
    reason: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text)
    action: Mapped[str | None] = mapped_column(Text)
    suspended_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decision_note: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    appeal: Mapped[str | None] = mapped_column(Text)
    appealed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revision: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ModerationEntry(Table):
    """One thing a moderator did; never changed, but for forgetting who has left."""

    __tablename__ = "moderation_log"
    __table_args__ = (
        Index("ix_moderation_log_report", "report_id"),
        Index("ix_moderation_log_member", "member_id"),
        Index("ix_moderation_log_moderator", "moderator_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    moderator_id: Mapped[UUID | None] = mapped_column(Uuid)
    report_id: Mapped[int] = mapped_column(BigInteger)
    target_type: Mapped[str] = mapped_column(Text)
    target_id: Mapped[str] = mapped_column(Text)
    member_id: Mapped[UUID | None] = mapped_column(Uuid)
    state: Mapped[str] = mapped_column(Text)
    action: Mapped[str | None] = mapped_column(Text)
    suspended_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
