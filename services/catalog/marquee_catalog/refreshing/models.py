"""Table of what popularity is made of."""

from sqlalchemy import BigInteger, Double, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from marquee_catalog.database import CatalogBase


class MoviePopularity(CatalogBase):
    """What the last night found.

    `given` is the popularity that a source gave; `written` what was written over it, by which a
    newly given one is told; `counted` how many ratings there were; `momentum` how many have
    come lately, each night counting a tenth less.
    """

    __tablename__ = "movie_popularity"

    movie_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("movies.id", ondelete="CASCADE"), primary_key=True
    )
    given: Mapped[float] = mapped_column(Double)
    written: Mapped[float] = mapped_column(Double)
    counted: Mapped[int] = mapped_column(BigInteger)
    momentum: Mapped[float] = mapped_column(Double)
