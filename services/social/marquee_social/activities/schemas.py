"""Activities as members read them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from marquee_shared.schemas import ResponseModel
from marquee_social.movies.schemas import MovieSummary
from marquee_social.users.schemas import UserSummary

ActivityKind = Literal["rating", "review", "watch", "list", "listed"]


class ActivityReview(ResponseModel):
    """A review as a feed shows it."""

    id: int
    title: str
    is_positive: bool
    has_spoilers: bool


class ActivityList(ResponseModel):
    """A list as a feed shows it."""

    id: int
    slug: str
    name: str
    movie_count: int


class ActivityRead(ResponseModel):
    """Something a member did."""

    id: str = Field(description="Names the activity, also in later answers.")
    kind: ActivityKind = Field(
        description="`watch`: they have seen the film to its end; `list`: they have made a list; "
        "`listed`: the film is what they put on a list last."
    )
    at: datetime
    user: UserSummary
    movie: MovieSummary | None = Field(default=None, description="With every kind but `list`.")
    rating: float | None = Field(default=None, description="With kind `rating`.")
    review: ActivityReview | None = Field(default=None, description="With kind `review`.")
    list: ActivityList | None = Field(default=None, description="With kinds `list` and `listed`.")
