"""Ratings and their sums.

`ratings` is the truth. `rating_counts` follows it in the same transaction: only the sum of a
film's shards means anything, single shards may go below zero. `rating_totals` is that sum as
it was last published, with the revision it was published under.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Index,
    Integer,
    SmallInteger,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from marquee_social.tables import Table


class Rating(Table):
    """One member's rating of one film; `half_steps` None is the tombstone of one taken back.

    `rated_at` is when the present state was chosen: it decides between an import and a member.
    `revision` goes on counting over removals.
    """

    __tablename__ = "ratings"
    __table_args__ = (
        Index(
            "ix_ratings_newest",
            "user_id",
            "rated_at",
            "movie_id",
            postgresql_where=text("half_steps IS NOT NULL"),
        ),
        Index("ix_ratings_movie", "movie_id", postgresql_where=text("half_steps IS NOT NULL")),
        CheckConstraint("half_steps BETWEEN 1 AND 10", name="half_steps"),
        CheckConstraint("revision > 0", name="revision"),
    )

    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    movie_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    half_steps: Mapped[int | None] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    rated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revision: Mapped[int] = mapped_column(BigInteger)


class RatingCounts(Table):
    """One shard of a film's histogram: how many 0.5, 1.0 … 5.0."""

    __tablename__ = "rating_counts"
    __table_args__ = (CheckConstraint("cardinality(counts) = 10", name="ten"),)

    movie_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    counts: Mapped[list[int]] = mapped_column(ARRAY(Integer))


class RatingTotals(Table):
    """A film's histogram as last published."""

    __tablename__ = "rating_totals"
    __table_args__ = (CheckConstraint("cardinality(counts) = 10", name="ten"),)

    movie_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    counts: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    revision: Mapped[int] = mapped_column(BigInteger)
