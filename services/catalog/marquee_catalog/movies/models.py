"""Tables of films and of what hangs on them.

`title_words`, `own_title_keys`, `folded_title` are written from the titles by
`marquee_catalog.search.words`; `title_keys` and `words` are what `search.index` makes of all
that a film is found by, `all_words` that and its synopses. `edited` names the fields that are an
editor's (`movies.edits`).
"""

from datetime import date

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Computed,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from marquee_catalog.database import CatalogBase, Id, Kept

LIVE = text("deleted_at IS NULL")


class Movie(Kept, CatalogBase):
    """A film. `released` is its release date, or the first day of its year; orders lists."""

    __tablename__ = "movies"
    __table_args__ = (
        Index("uq_movies_slug_live", "slug", unique=True, postgresql_where=LIVE),
        Index("ix_movies_slug", "slug"),
        Index("ix_movies_popularity", "popularity", "id", postgresql_where=LIVE),
        Index(
            "ix_movies_rating",
            text("coalesce(rating_average, 0)"),
            "rating_count",
            "id",
            postgresql_where=LIVE,
        ),
        Index(
            "ix_movies_worst",
            text("coalesce(rating_average, 9)"),
            "rating_count",
            "id",
            postgresql_where=LIVE,
        ),
        Index(
            "ix_movies_newest",
            text("coalesce(released, '0001-01-01'::date)"),
            "id",
            postgresql_where=LIVE,
        ),
        Index(
            "ix_movies_oldest",
            text("coalesce(released, '9999-12-31'::date)"),
            "id",
            postgresql_where=LIVE,
        ),
        Index("ix_movies_title", "folded_title", "id", postgresql_where=LIVE),
        Index("ix_movies_year", "year", postgresql_where=LIVE),
        Index("ix_movies_countries", "countries", postgresql_using="gin"),
        Index("ix_movies_languages", "languages", postgresql_using="gin"),
        Index("ix_movies_title_keys", "title_keys", postgresql_using="gin"),
        Index("ix_movies_words", "words", postgresql_using="gin"),
        Index("ix_movies_all_words", "all_words", postgresql_using="gin"),
        *(
            index
            for name, each in (("eighth", 8), ("sixtyfourth", 64))
            for index in (
                Index(
                    f"ix_movies_{name}_words",
                    "words",
                    "all_words",
                    postgresql_using="gin",
                    postgresql_where=text(f"id % {each} = 0 AND deleted_at IS NULL"),
                ),
                Index(
                    f"ix_movies_{name}",
                    "id",
                    postgresql_where=text(f"id % {each} = 0 AND deleted_at IS NULL"),
                ),
            )
        ),
        Index("ix_movies_first_key", "first_key", postgresql_where=LIVE),
        Index(
            "ix_movies_merged_into",
            "merged_into",
            postgresql_where=text("merged_into IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    original_title: Mapped[str | None] = mapped_column(Text)
    alternative_titles: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    year: Mapped[int | None] = mapped_column(Integer)
    release_date: Mapped[date | None] = mapped_column(Date)
    released: Mapped[date | None] = mapped_column(
        Date, Computed("coalesce(release_date, make_date(year, 1, 1))", persisted=True)
    )
    status: Mapped[str] = mapped_column(Text, default="released")
    synopsis: Mapped[str | None] = mapped_column(Text)
    tagline: Mapped[str | None] = mapped_column(Text)
    runtime: Mapped[int | None] = mapped_column(Integer)
    original_language: Mapped[str | None] = mapped_column(Text)
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    countries: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    age_rating: Mapped[str | None] = mapped_column(Text)
    popularity: Mapped[float] = mapped_column(Double, default=0.0)
    cover_url: Mapped[str | None] = mapped_column(Text)
    rating_average: Mapped[float | None] = mapped_column(Double)
    rating_count: Mapped[int] = mapped_column(BigInteger, default=0)
    rating_epoch: Mapped[int] = mapped_column(BigInteger, default=0)
    rating_revision: Mapped[int] = mapped_column(BigInteger, default=0)
    folded_title: Mapped[str] = mapped_column(Text(collation="C"))
    title_words: Mapped[list[str]] = mapped_column(ARRAY(Text))
    own_title_keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    title_keys: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    words: Mapped[str] = mapped_column(TSVECTOR, server_default=text("''"))
    all_words: Mapped[str] = mapped_column(TSVECTOR, server_default=text("''"))
    first_key: Mapped[str | None] = mapped_column(
        Text(collation="C"), Computed("own_title_keys[1]", persisted=True)
    )
    edited: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    merged_into: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("movies.id", ondelete="SET NULL")
    )


class MovieTranslation(CatalogBase):
    """A film's title, synopsis and cover in another language."""

    __tablename__ = "movie_translations"

    movie_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("movies.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(Text, primary_key=True)
    title: Mapped[str | None] = mapped_column(Text)
    synopsis: Mapped[str | None] = mapped_column(Text)
    cover_url: Mapped[str | None] = mapped_column(Text)
    title_key: Mapped[str | None] = mapped_column(Text)
    title_words: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)


class Tag(Kept, CatalogBase):
    """A word or two that members or editors give films."""

    __tablename__ = "tags"
    __table_args__ = (
        Index("uq_tags_slug_live", "slug", unique=True, postgresql_where=LIVE),
        Index("ix_tags_slug", "slug"),
        Index("ix_tags_film_count", "film_count", "id", postgresql_where=LIVE),
    )

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    words: Mapped[list[str]] = mapped_column(ARRAY(Text))
    film_count: Mapped[int] = mapped_column(Integer, server_default="0", default=0)


class TagTranslation(CatalogBase):
    """A tag in another language, and the words it is found by there."""

    __tablename__ = "tag_translations"

    tag_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    words: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)


class Platform(Kept, CatalogBase):
    """Where films can be watched."""

    __tablename__ = "platforms"
    __table_args__ = (
        Index("uq_platforms_slug_live", "slug", unique=True, postgresql_where=LIVE),
        Index("ix_platforms_slug", "slug"),
        Index("ix_platforms_film_count", "film_count", "id", postgresql_where=LIVE),
    )

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    film_count: Mapped[int] = mapped_column(Integer, server_default="0", default=0)


class Award(Kept, CatalogBase):
    """Who gives prizes, such as the Academy Awards."""

    __tablename__ = "awards"
    __table_args__ = (
        Index("uq_awards_slug_live", "slug", unique=True, postgresql_where=LIVE),
        Index("ix_awards_slug", "slug"),
        Index("ix_awards_film_count", "film_count", "id", postgresql_where=LIVE),
    )

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    film_count: Mapped[int] = mapped_column(Integer, server_default="0", default=0)


class MovieGenre(CatalogBase):
    """A film's genre; the more telling ones come first."""

    __tablename__ = "movie_genres"
    __table_args__ = (Index("ix_movie_genres_genre_id", "genre_id", "movie_id"),)

    movie_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("movies.id", ondelete="CASCADE"), primary_key=True
    )
    genre_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("genres.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(Integer, default=0)


class MovieTag(CatalogBase):
    """A film's tag and how many gave it."""

    __tablename__ = "movie_tags"
    __table_args__ = (Index("ix_movie_tags_tag_id", "tag_id", "movie_id"),)

    movie_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("movies.id", ondelete="CASCADE"), primary_key=True
    )
    tag_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True
    )
    count: Mapped[int] = mapped_column(Integer, default=1)


class MoviePlatform(CatalogBase):
    """Where a film can be watched, per country."""

    __tablename__ = "movie_platforms"
    __table_args__ = (Index("ix_movie_platforms_platform_id", "platform_id", "movie_id"),)

    movie_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("movies.id", ondelete="CASCADE"), primary_key=True
    )
    platform_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("platforms.id", ondelete="CASCADE"), primary_key=True
    )
    country: Mapped[str] = mapped_column(Text, primary_key=True)


class MovieAward(CatalogBase):
    """A prize won or a nomination."""

    __tablename__ = "movie_awards"
    __table_args__ = (Index("ix_movie_awards_award_id", "award_id", "movie_id"),)

    movie_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("movies.id", ondelete="CASCADE"), primary_key=True
    )
    award_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("awards.id", ondelete="CASCADE"), primary_key=True
    )
    category: Mapped[str] = mapped_column(Text, primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    won: Mapped[bool] = mapped_column(Boolean, primary_key=True)


class Credit(CatalogBase):
    """What someone did in a film; `character` is empty for all but actors."""

    __tablename__ = "credits"
    __table_args__ = (
        UniqueConstraint("movie_id", "person_id", "job", "character"),
        Index("ix_credits_person_id", "person_id", "job", "movie_id"),
    )

    id: Mapped[Id]
    movie_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("movies.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("people.id", ondelete="CASCADE"))
    job: Mapped[str] = mapped_column(Text)
    character: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(Integer, default=0)


class ExternalId(CatalogBase):
    """A film's id elsewhere: `imdb` (with `tt`), `tmdb`, `movielens`, `sample`."""

    __tablename__ = "external_ids"
    __table_args__ = (Index("ix_external_ids_movie_id", "movie_id"),)

    source: Mapped[str] = mapped_column(Text, primary_key=True)
    foreign_id: Mapped[str] = mapped_column(Text, primary_key=True)
    movie_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("movies.id", ondelete="CASCADE"))
