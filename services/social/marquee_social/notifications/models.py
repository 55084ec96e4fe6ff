"""Notifications and their numbers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marquee_social.tables import Table


class NotificationCounter(Table):
    """The last number given to a member's notifications; its lock orders who notifies them."""

    __tablename__ = "notification_counters"

    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    last_sequence: Mapped[int] = mapped_column(BigInteger)


class Notification(Table):
    """What a member is told: an actor did something about a target; moderators are not named."""

    __tablename__ = "notifications"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('friend_request', 'friend_accepted', 'comment', 'reaction', 'list_shared', "
            "'moderation')",
            name="kind",
        ),
        CheckConstraint("(actor_id IS NULL) = (kind = 'moderation')", name="nobody_moderates"),
        Index(
            "uq_notifications_unread",
            "user_id",
            "kind",
            "actor_id",
            "target_type",
            "target_id",
            unique=True,
            postgresql_where=text("read_at IS NULL"),
        ),
        Index("ix_notifications_actor", "actor_id"),
    )

    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[UUID | None] = mapped_column(Uuid)
    target_type: Mapped[str] = mapped_column(Text)
    target_id: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    read_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
