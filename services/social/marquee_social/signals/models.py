"""Signals."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from marquee_social.tables import Table


class Signal(Table):
    """A member's one signal about a film; `kind` None is the tombstone of one taken back."""

    __tablename__ = "signals"
    __table_args__ = (
        Index(
            "ix_signals_newest",
            "user_id",
            "signalled_at",
            "movie_id",
            postgresql_where=text("kind IS NOT NULL"),
        ),
        Index("ix_signals_movie", "movie_id", postgresql_where=text("kind IS NOT NULL")),
        CheckConstraint("kind IN ('like', 'dislike', 'not_interested', 'seen')", name="kind"),
        CheckConstraint("revision > 0", name="revision"),
    )

    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    movie_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    signalled_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revision: Mapped[int] = mapped_column(BigInteger)
