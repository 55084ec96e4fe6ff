"""Tables of genres."""

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from marquee_catalog.database import CatalogBase, Id, Kept


class Genre(Kept, CatalogBase):
    """A genre; its slug is unique among the live."""

    __tablename__ = "genres"
    __table_args__ = (
        Index(
            "uq_genres_slug_live", "slug", unique=True, postgresql_where=text("deleted_at IS NULL")
        ),
        Index("ix_genres_slug", "slug"),
        Index(
            "ix_genres_film_count",
            "film_count",
            "id",
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    film_count: Mapped[int] = mapped_column(Integer, server_default="0", default=0)


class GenreTranslation(CatalogBase):
    """A genre's name in another language."""

    __tablename__ = "genre_translations"

    genre_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("genres.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
