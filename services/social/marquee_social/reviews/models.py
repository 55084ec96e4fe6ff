"""Reviews and their earlier versions."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from marquee_social.content.models import Content
from marquee_social.tables import Table

LIVE = text("deleted_at IS NULL")


class Review(Content):
    """A review. `comments` counts the live ones, `helpful` the reactions that say so."""

    __tablename__ = "reviews"
    __table_args__ = (
        Index("uq_reviews_live", "user_id", "movie_id", unique=True, postgresql_where=LIVE),
        Index("ix_reviews_newest", "movie_id", "id", postgresql_where=LIVE),
        Index("ix_reviews_helpful", "movie_id", "helpful", "id", postgresql_where=LIVE),
        Index("ix_reviews_author", "user_id", "id", postgresql_where=LIVE),
        CheckConstraint("comments >= 0", name="comments"),
        CheckConstraint("revision > 0", name="revision"),
    )

    movie_id: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[str] = mapped_column(Text)
    is_positive: Mapped[bool] = mapped_column(Boolean)
    language: Mapped[str | None] = mapped_column(Text)
    comments: Mapped[int] = mapped_column(Integer)
    helpful: Mapped[int] = mapped_column(Integer)


class ReviewVersion(Table):
    """A review as it stood at an earlier revision."""

    __tablename__ = "review_versions"

    review_id: Mapped[int] = mapped_column(
        ForeignKey("social.reviews.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    revision: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    is_positive: Mapped[bool] = mapped_column(Boolean)
    has_spoilers: Mapped[bool] = mapped_column(Boolean)
    language: Mapped[str | None] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
