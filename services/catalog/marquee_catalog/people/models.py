"""Tables of people."""

from datetime import date

from sqlalchemy import ARRAY, Computed, Date, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from marquee_catalog.database import CatalogBase, Id, Kept

LIVE = text("deleted_at IS NULL")


class Person(Kept, CatalogBase):
    """Someone with a credit; `words` are those of the name as search folds them.

    `film_count` is how many films they have a credit in: who is more prominent comes first.
    """

    __tablename__ = "people"
    __table_args__ = (
        Index("uq_people_slug_live", "slug", unique=True, postgresql_where=LIVE),
        Index("ix_people_name", "folded_name", "id", postgresql_where=LIVE),
        Index("ix_people_lexemes", "lexemes", postgresql_using="gin"),
    )

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    folded_name: Mapped[str] = mapped_column(Text(collation="C"))
    words: Mapped[list[str]] = mapped_column(ARRAY(Text))
    lexemes: Mapped[str | None] = mapped_column(
        TSVECTOR, Computed("array_to_tsvector(words)", persisted=True)
    )
    biography: Mapped[str | None] = mapped_column(Text)
    birthday: Mapped[date | None] = mapped_column(Date)
    deathday: Mapped[date | None] = mapped_column(Date)
    gender: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(Text)
    portrait_url: Mapped[str | None] = mapped_column(Text)
    film_count: Mapped[int] = mapped_column(Integer, server_default="0", default=0)
