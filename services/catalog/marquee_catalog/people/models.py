"""Tables of people."""

from datetime import date

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Computed,
    Date,
    ForeignKey,
    Index,
    Integer,
    Text,
    text,
)
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
        Index("ix_people_slug", "slug"),
        Index("ix_people_film_count", "film_count", "id", postgresql_where=LIVE),
        Index(
            "ix_people_merged_into",
            "merged_into",
            postgresql_where=text("merged_into IS NOT NULL"),
        ),
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
    edited: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    merged_into: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("people.id", ondelete="SET NULL")
    )


class PersonTranslation(CatalogBase):
    """Someone's biography in another language."""

    __tablename__ = "person_translations"

    person_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(Text, primary_key=True)
    biography: Mapped[str] = mapped_column(Text)


class PersonExternalId(CatalogBase):
    """Someone's id elsewhere, such as `tmdb`: what keeps people of one name apart."""

    __tablename__ = "person_external_ids"
    __table_args__ = (Index("ix_person_external_ids_person_id", "person_id"),)

    source: Mapped[str] = mapped_column(Text, primary_key=True)
    foreign_id: Mapped[str] = mapped_column(Text, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("people.id", ondelete="CASCADE"))


class PersonAward(CatalogBase):
    """A prize that someone won, or a nomination, for no one film."""

    __tablename__ = "person_awards"
    __table_args__ = (Index("ix_person_awards_award_id", "award_id", "person_id"),)

    person_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    award_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("awards.id", ondelete="CASCADE"), primary_key=True
    )
    category: Mapped[str] = mapped_column(Text, primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    won: Mapped[bool] = mapped_column(Boolean, primary_key=True)
