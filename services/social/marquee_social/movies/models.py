"""The replica of films."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, Double, Index, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marquee_social.tables import Table


class Movie(Table):
    """A film as the catalog last told it; `deleted` is the tombstone.

    Slugs are not unique here: while events are under way two films may show the same one.
    """

    __tablename__ = "movies"
    __table_args__ = (
        Index("ix_movies_slug", "slug"),
        Index(
            "ix_movies_people",
            "people",
            postgresql_using="gin",
            postgresql_ops={"people": "jsonb_path_ops"},
        ),
        Index(
            "ix_movies_genres",
            "genres",
            postgresql_using="gin",
            postgresql_ops={"genres": "jsonb_path_ops"},
        ),
        Index("ix_movies_popularity", "popularity", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    year: Mapped[int | None] = mapped_column(Integer)
    cover_url: Mapped[str | None] = mapped_column(Text)
    genres: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    runtime: Mapped[int | None] = mapped_column(Integer)
    folded: Mapped[str] = mapped_column(Text)
    release_date: Mapped[date | None] = mapped_column(Date)
    people: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    platforms: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    awards: Mapped[int] = mapped_column(Integer)
    popularity: Mapped[float] = mapped_column(Double)
    status: Mapped[str] = mapped_column(Text)
    deleted: Mapped[bool] = mapped_column(Boolean)
    epoch: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(BigInteger)
