"""Ratings in and out."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from marquee_shared.schemas import RequestModel, ResponseModel
from marquee_social.movies.schemas import MovieSummary
from marquee_social.ratings.scale import HIGHEST, LOWEST

Value = Annotated[
    float,
    Field(
        ge=LOWEST,
        le=HIGHEST,
        multiple_of=0.5,
        allow_inf_nan=False,
        strict=True,
        description="0.5 to 5.0 in half steps.",
        examples=[4.5],
    ),
]


class RatingWrite(RequestModel):
    """What the caller thinks of a film."""

    value: Value


class RatingRead(ResponseModel):
    """The caller's rating of a film."""

    value: float
    movie: MovieSummary
    created_at: datetime
    updated_at: datetime


class RatingSummary(ResponseModel):
    """What all ratings of a film add up to."""

    average: float | None = Field(description="To three decimals; null without ratings.")
    count: int
    histogram: dict[str, int] = Field(
        description="How many members gave each value.", examples=[{"0.5": 1, "5.0": 12}]
    )
