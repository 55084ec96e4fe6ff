"""Reviews in and out."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from marquee_shared.schemas import Line, Lines, RequestModel, ResponseModel
from marquee_social.content.schemas import ReactionsRead
from marquee_social.movies.schemas import MovieSummary
from marquee_social.users.schemas import UserSummary

Title = Annotated[Line, StringConstraints(min_length=1, max_length=128)]
Words = Annotated[Lines, StringConstraints(min_length=1, max_length=10_000)]
LanguageTag = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$"),
    Field(description="The language it is written in, such as `en` or `pt-BR`.", examples=["en"]),
]


class ReviewCreate(RequestModel):
    """A review of a film."""

    title: Title
    content: Words
    is_positive: bool = Field(strict=True)
    has_spoilers: bool = Field(default=False, strict=True)
    language: LanguageTag | None = None


class ReviewUpdate(RequestModel):
    """What to change of a review; what is left out stays."""

    title: Title = Field(default="")
    content: Words = Field(default="")
    is_positive: bool = Field(default=False, strict=True)
    has_spoilers: bool = Field(default=False, strict=True)
    language: LanguageTag | None = None


class ReviewRead(ResponseModel):
    """A review as the caller may see it."""

    id: int
    movie: MovieSummary
    user: UserSummary | None = Field(description="Null when its author has left.")
    title: str
    content: str | None = Field(description="Null while it is kept from the caller as a spoiler.")
    is_positive: bool
    has_spoilers: bool
    spoilers_hidden: bool = Field(
        description="Whether `content` is kept back: until the caller has rated the movie, "
        "marked it as seen or watched it, or asks with `?spoilers=show`."
    )
    language: str | None
    comments: int = Field(description="All comments and replies the caller can see.")
    reactions: ReactionsRead
    hidden: bool = Field(description="Hidden by moderators: only its author and they see it.")
    edited: bool
    created_at: datetime
    updated_at: datetime


class ReviewVersionRead(ResponseModel):
    """A review as it stood before an edit."""

    revision: int
    title: str
    content: str | None = Field(description="Null while it is kept from the caller as a spoiler.")
    is_positive: bool
    has_spoilers: bool
    spoilers_hidden: bool
    language: str | None
    written_at: datetime
