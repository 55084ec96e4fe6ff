"""The table of activities."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from marquee_social.tables import Table


class Activity(Table):
    """Something a member did; `id` is the thing's own among those of its kind."""

    __tablename__ = "activities"
    __table_args__ = (Index("ix_activities_newest", "user_id", "at", "kind", "id"),)

    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    movie_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
