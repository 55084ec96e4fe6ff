"""What a list is filled by, and with."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from marquee_shared.schemas import RequestModel, ResponseModel
from marquee_social.movies.schemas import GenreRef, MovieSummary
from marquee_social.users.schemas import UserSummary

MOST_PICKS = 50
MOST_NAMED = 20
Named = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ListFill(RequestModel):
    """By what to choose films: all of it is checked before anything is saved."""

    genres: list[Named] = Field(
        default=[], max_length=MOST_NAMED, description="Only films of any of these."
    )
    people: list[Named] = Field(
        default=[], max_length=MOST_NAMED, description="Films of these count more."
    )
    friends: list[Named] = Field(
        default=[],
        max_length=MOST_NAMED,
        description="Usernames. What these rated 4 or more counts more, where they show it.",
    )
    limit: int = Field(default=20, ge=1, le=MOST_PICKS, strict=True)


class FillPreview(ListFill):
    """A fill to be looked at."""

    list_slug: Named | None = Field(
        default=None,
        alias="list",
        description="The slug of the caller's list that it is for: none of what that holds.",
    )


class FillReason(ResponseModel):
    """Why a film was chosen."""

    kind: Literal[
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
    text: str = Field(description="In the caller's language.")
    weight: float = Field(ge=0, le=1, description="Its share of the score.")
    movie: MovieSummary | None = None
    person: GenreRef | None = None
    genre: GenreRef | None = None
    tag: GenreRef | None = None
    users: list[UserSummary] | None = None


class FillPick(ResponseModel):
    """A film that was chosen."""

    movie: MovieSummary
    score: float
    explained: float = Field(
        ge=0, le=1, description="The share of the score that `reasons` account for."
    )
    reasons: list[FillReason]


class FillRead(ResponseModel):
    """What a fill brings."""

    items: list[FillPick]
    ranking: Literal["recommender", "popularity"] = Field(
        description="`popularity` where the recommender did not answer in time."
    )
