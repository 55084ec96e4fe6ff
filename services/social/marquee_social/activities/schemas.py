"""Activities as members read them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from marquee_shared.schemas import ResponseModel
from marquee_social.movies.schemas import MovieSummary
from marquee_social.users.schemas import UserSummary

ActivityKind = Literal["rating", "review", "watch"]


class ActivityReview(ResponseModel):
    """A review as a feed shows it."""

    id: int
    title: str
    is_positive: bool
    has_spoilers: bool


class ActivityRead(ResponseModel):
    """Something a member did."""

    id: str = Field(description="Names the activity, also in later answers.")
    kind: ActivityKind = Field(description="`watch`: they have seen the film to its end.")
    at: datetime
    user: UserSummary
    movie: MovieSummary
    rating: float | None = Field(default=None, description="With kind `rating`.")
    review: ActivityReview | None = Field(default=None, description="With kind `review`.")
