"""Answers for members; they document what `service` builds."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from marquee_shared.schemas import ResponseModel

ReasonKind = Literal[
    "because_you_rated",
    "director",
    "actor",
    "genre",
    "tag",
    "friends",
    "trending",
    "popular",
    "similar",
    "taste",
]


class NamedRead(ResponseModel):
    """A genre, tag or person."""

    id: int
    slug: str
    name: str


class MovieSummary(ResponseModel):
    """A film's card."""

    id: int
    slug: str
    title: str
    year: int | None
    cover_url: str | None
    genres: list[NamedRead]


class UserSummary(ResponseModel):
    """A member, as others may know them."""

    id: UUID
    username: str
    name: str
    avatar_url: str | None


class Reason(ResponseModel):
    """Why a film is there, read off the model's own arithmetic."""

    kind: ReasonKind
    text: str = Field(
        description="In the caller's language.", examples=["Because you rated Heat 4.5"]
    )
    weight: float = Field(
        ge=0,
        le=1,
        description="Its share of what speaks for the film; the weights of an item's "
        "reasons sum to at most `explained`.",
    )
    movie: MovieSummary | None = None
    person: NamedRead | None = None
    genre: NamedRead | None = None
    tag: NamedRead | None = None
    users: list[UserSummary] | None = Field(
        default=None, description="Some of the friends, of those who show their ratings."
    )


class Recommendation(ResponseModel):
    """A recommended film."""

    movie: MovieSummary
    score: float = Field(description="Comparable within one model; 0 where none could rank it.")
    explained: float = Field(
        ge=0, le=1, description="The share of what speaks for the film that `reasons` account for."
    )
    reasons: list[Reason]


class Recommendations(ResponseModel):
    """What to watch next."""

    items: list[Recommendation]
    model: str | None = Field(
        description="Version of the model that ranked; null before the first."
    )
    variant: str = Field(description="Which way of ranking the caller was given.")
    request_id: str | None = Field(description="To be given back with impressions and clicks.")


class SimilarMovie(ResponseModel):
    """A neighbour."""

    movie: MovieSummary
    score: float


class SimilarMovies(ResponseModel):
    """Films like one."""

    items: list[SimilarMovie]
    model: str | None


class TrendingMovie(ResponseModel):
    """A film of the chart."""

    movie: MovieSummary
    ratings: int = Field(
        description="Members who rated it in the window; 0 for what fills the page."
    )
    reasons: list[Reason]


class Trending(ResponseModel):
    """The chart of a window of time."""

    items: list[TrendingMovie]
    window: Literal["day", "week", "month"]
    from_: datetime | None = Field(alias="from")
    to: datetime | None
    live: bool = Field(
        description="Whether the window ends now; false where nothing happened lately, as after "
        "an import of old ratings: it then ends at the newest rating there is."
    )


ObstacleCode = Literal[
    "rated",
    "seen",
    "disliked",
    "not_interested",
    "watching",
    "unreleased",
    "filtered",
    "not_in_model",
    "ranked_low",
]


class Obstacle(ResponseModel):
    """What keeps a film out of the recommendations."""

    code: ObstacleCode
    text: str = Field(description="In the caller's language.")


class FilmShare(ResponseModel):
    """What one film of the caller's adds to the score; negative where it speaks against."""

    movie: MovieSummary
    contribution: float


class Why(ResponseModel):
    """Why a film is recommended to the caller, or why not."""

    movie: MovieSummary
    recommended: bool
    position: int | None = Field(
        description="Its place among all films open to the caller, before variety is seen to."
    )
    score: float | None
    explained: float
    reasons: list[Reason]
    obstacles: list[Obstacle]
    parts: dict[str, float] = Field(description="The score by ranker; they sum to it.")
    films: list[FilmShare] = Field(description="The caller's films that count most.")
    model: str | None
