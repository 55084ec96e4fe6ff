"""What members are to each other."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from marquee_social.tables import Table

BLOCKED = text("low_blocked_at IS NOT NULL OR high_blocked_at IS NOT NULL")
BOND = text("friendship <> 'none'")


class Relationship(Table):
    """Everything between two members, the smaller id first.

    `friendship` is `low_asked` or `high_asked` while a request is open. A block ends whatever
    there was. `revision` counts over all of it and goes on when nothing is left.
    """

    __tablename__ = "relationships"
    __table_args__ = (
        CheckConstraint("low_id < high_id", name="ordered"),
        CheckConstraint(
            "friendship IN ('none', 'low_asked', 'high_asked', 'friends')", name="friendship"
        ),
        CheckConstraint(
            "friendship = 'none' OR (low_blocked_at IS NULL AND high_blocked_at IS NULL)",
            name="blocked_is_nothing_else",
        ),
        CheckConstraint("revision > 0", name="revision"),
        Index(
            "ix_relationships_of_low",
            "low_id",
            "friendship",
            "friendship_at",
            "high_id",
            postgresql_where=BOND,
        ),
        Index(
            "ix_relationships_of_high",
            "high_id",
            "friendship",
            "friendship_at",
            "low_id",
            postgresql_where=BOND,
        ),
        Index(
            "ix_relationships_low_blocks",
            "low_id",
            "low_blocked_at",
            "high_id",
            postgresql_where=text("low_blocked_at IS NOT NULL"),
        ),
        Index(
            "ix_relationships_high_blocks",
            "high_id",
            "high_blocked_at",
            "low_id",
            postgresql_where=text("high_blocked_at IS NOT NULL"),
        ),
        Index("ix_relationships_blocked_low", "low_id", "high_id", postgresql_where=BLOCKED),
        Index("ix_relationships_blocked_high", "high_id", "low_id", postgresql_where=BLOCKED),
    )

    low_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    high_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    friendship: Mapped[str] = mapped_column(Text)
    friendship_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    low_blocked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    high_blocked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revision: Mapped[int] = mapped_column(BigInteger)


class Mute(Table):
    """Whose activity and notices a member does not want to see; the muted one never learns."""

    __tablename__ = "mutes"
    __table_args__ = (
        CheckConstraint("user_id <> muted_id", name="not_oneself"),
        Index("ix_mutes_newest", "user_id", "created_at", "muted_id"),
        Index("ix_mutes_muted", "muted_id"),
    )

    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    muted_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
