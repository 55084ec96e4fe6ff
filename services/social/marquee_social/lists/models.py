"""Lists and what stands in them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from marquee_social.tables import Table

LIVE = text("deleted_at IS NULL")
LIVE_LIST = text("deleted_at IS NULL AND kind = 'list'")


class MovieList(Table):
    """A member's list. Live ones differ by name, as compared, and by slug.

    `fills` counts how often it was filled, so that each can be undone.
    """

    __tablename__ = "lists"
    __table_args__ = (
        CheckConstraint("kind IN ('list', 'watchlist')", name="kind"),
        CheckConstraint("privacy IN ('public', 'friends', 'private')", name="privacy"),
        CheckConstraint("revision > 0", name="revision"),
        CheckConstraint(
            "(kind = 'watchlist') = (slug = 'watchlist')", name="watchlist_by_its_name"
        ),
        Index("uq_lists_slug", "user_id", "slug", unique=True, postgresql_where=LIVE),
        Index("uq_lists_name", "user_id", "name_key", unique=True, postgresql_where=LIVE_LIST),
        Index("ix_lists_newest", "user_id", "id", postgresql_where=LIVE_LIST),
        Index("ix_lists_search", "search", postgresql_using="gin"),
        Index(
            "ix_lists_browse",
            "id",
            postgresql_include=["user_id", "privacy", "hidden_at"],
            postgresql_where=LIVE_LIST,
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(Text)
    slug: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    privacy: Mapped[str] = mapped_column(Text)
    search: Mapped[str] = mapped_column(TSVECTOR)
    fills: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    hidden_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revision: Mapped[int] = mapped_column(BigInteger)


class ListMovie(Table):
    """A film in a list; `fill` is the number of the fill that brought it, None by hand."""

    __tablename__ = "list_movies"
    __table_args__ = (
        Index("ix_list_movies_order", "list_id", "position", "movie_id"),
        Index("ix_list_movies_added", "list_id", "added_at", "movie_id"),
        Index("ix_list_movies_movie", "movie_id", "list_id"),
    )

    list_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey(MovieList.id, ondelete="CASCADE"), primary_key=True
    )
    movie_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(Integer)
    note: Mapped[str | None] = mapped_column(Text)
    fill: Mapped[int | None] = mapped_column(Integer)
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
