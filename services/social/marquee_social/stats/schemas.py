"""Figures as members read them."""

from datetime import date

from pydantic import Field

from marquee_shared.schemas import ResponseModel
from marquee_social.movies.schemas import MovieSummary


class GenreFigures(ResponseModel):
    """How much of a genre."""

    slug: str
    name: str
    movies: int
    average: float | None = Field(description="Of the member's ratings; null without one.")


class DecadeFigures(ResponseModel):
    """How much of a decade of films."""

    decade: int = Field(examples=[1990])
    movies: int
    average: float | None


class MonthFigures(ResponseModel):
    """One month of a year."""

    month: int = Field(ge=1, le=12)
    movies: int
    seconds_watched: float


class Streak(ResponseModel):
    """Days in a row on which something was watched or rated (UTC)."""

    current: int = Field(description="Up to today, or yesterday while today has nothing yet.")
    longest: int
    longest_began: date | None


class RatedMovie(ResponseModel):
    """A film and what it was given."""

    movie: MovieSummary
    rating: float


class YearInReview(ResponseModel):
    """What stands out of one year."""

    year: int
    months: list[MonthFigures]
    busiest_month: int | None
    top_rated: list[RatedMovie]
    first_movie: MovieSummary | None
    last_movie: MovieSummary | None


class Stats(ResponseModel):
    """A member's figures, of all time or of one year."""

    movies: int = Field(description="Watched to the end, marked as seen, or rated.")
    ratings: int
    reviews: int
    seconds_watched: float
    average_rating: float | None
    rating_curve: dict[str, int] = Field(examples=[{"0.5": 1, "5.0": 12}])
    genres: list[GenreFigures]
    decades: list[DecadeFigures]
    streak: Streak
    year_in_review: YearInReview | None = Field(default=None, description="With `?year=`.")
