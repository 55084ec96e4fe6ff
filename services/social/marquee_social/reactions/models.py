"""Reactions, and what everything that can be reacted to keeps of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from marquee_social.tables import Table


class Reaction(Table):
    """One member's one reaction to one thing."""

    __tablename__ = "reactions"
    __table_args__ = (
        CheckConstraint("target IN ('review', 'comment')", name="target"),
        Index("ix_reactions_user", "user_id", "created_at"),
    )

    target: Mapped[str] = mapped_column(Text, primary_key=True)
    target_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    emoji: Mapped[str] = mapped_column(Text, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
