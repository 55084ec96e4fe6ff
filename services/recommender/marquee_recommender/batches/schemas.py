"""Questions in bulk."""

from typing import Annotated, Self

from pydantic import (
    ConfigDict,
    Field,
    StrictInt,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from marquee_recommender.recommendations.schemas import MovieSummary, Reason, SimilarMovie
from marquee_shared.schemas import Line, RequestModel, ResponseModel

Name = Annotated[Line, StringConstraints(min_length=1, max_length=300)]


def _slug_or_id(value: object, known: ValidatorFunctionWrapHandler) -> object:
    """Name one error, rather than one for each of what it might have been."""
    try:
        return known(value)
    except ValidationError:
        message = "must be a slug or an id"
        raise ValueError(message) from None


MovieRef = Annotated[
    StrictInt | Name, WrapValidator(_slug_or_id), Field(description="A slug or an id.")
]
Value = Annotated[float, Field(ge=0.5, le=5, multiple_of=0.5)]


class RatingIn(RequestModel):
    """A rating of somebody who need not be in the system."""

    movie: MovieRef
    value: Value


class ProfileIn(RequestModel):
    """What somebody thinks of films."""

    ratings: list[RatingIn] = Field(max_length=10_000)


class FiltersIn(RequestModel):
    """What to narrow to; the lists mean any-of."""

    genres: list[Name] = Field(default_factory=list, max_length=100)
    platforms: list[Name] = Field(default_factory=list, max_length=100)
    year_from: int | None = Field(default=None, ge=1800, le=2200)
    year_to: int | None = Field(default=None, ge=1800, le=2200)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        low, high = self.year_from, self.year_to
        if low is not None and high is not None and low > high:
            message = "year_from is past year_to"
            raise ValueError(message)
        return self


class RecommendBatch(RequestModel):
    """Members, or one profile."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"users": ["alice"], "filters": {"genres": ["crime"]}}]}
    )

    users: list[Name] | None = Field(
        default=None, min_length=1, max_length=1000, description="Usernames or ids."
    )
    profile: ProfileIn | None = None
    limit: int = Field(default=20, ge=1, le=100)
    exclude: list[MovieRef] = Field(default_factory=list, max_length=1000)
    filters: FiltersIn = Field(default_factory=FiltersIn)
    reasons: bool = Field(default=True, description="Leave them out to be answered faster.")
    variant: Name | None = Field(
        default=None,
        description="Rank as this variant does: one of the experiment that runs, or "
        "`experiment:variant` of any; `default` as without one. Nobody is exposed by it.",
    )

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.users is None) == (self.profile is None):
            message = "give either users or a profile"
            raise ValueError(message)
        return self


class ScoreBatch(RequestModel):
    """Films to score for a member or a profile."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"user": "alice", "movies": ["heat-1995", 17]}]}
    )

    user: Name | None = None
    profile: ProfileIn | None = None
    movies: list[MovieRef] = Field(min_length=1, max_length=10_000)

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.user is None) == (self.profile is None):
            message = "give either a user or a profile"
            raise ValueError(message)
        return self


class SimilarBatch(RequestModel):
    """Films to find neighbours of."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"movies": ["heat-1995"], "limit": 5}]}
    )

    movies: list[MovieRef] = Field(min_length=1, max_length=1000)
    limit: int = Field(default=20, ge=1, le=100)


class BatchRecommendation(ResponseModel):
    """A recommended film."""

    movie: MovieSummary
    score: float
    explained: float | None = None
    reasons: list[Reason] | None = None


class UserRecommendations(ResponseModel):
    """What to recommend to one member, or to the profile (`user` null)."""

    user: str | None
    model: str
    recommendations: list[BatchRecommendation]


class RecommendAnswer(ResponseModel):
    """In the order asked."""

    items: list[UserRecommendations]


class MovieScore(ResponseModel):
    """A film's score; null where the model does not know it."""

    movie: MovieSummary
    score: float | None


class ScoreAnswer(ResponseModel):
    """In the order asked."""

    items: list[MovieScore]
    model: str


class MovieNeighbours(ResponseModel):
    """A film and those like it."""

    movie: MovieSummary
    similar: list[SimilarMovie]


class SimilarAnswer(ResponseModel):
    """In the order asked."""

    items: list[MovieNeighbours]
    model: str
