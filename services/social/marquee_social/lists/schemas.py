"""Lists in and out."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from marquee_shared.events.social import Privacy
from marquee_shared.schemas import Line, RequestModel, ResponseModel
from marquee_social.fills.schemas import FillRead, ListFill
from marquee_social.movies.schemas import MovieSummary
from marquee_social.users.schemas import UserSummary

MOST_MOVIES = 5_000
Name = Annotated[Line, StringConstraints(min_length=1, max_length=100)]
Description = Annotated[str, StringConstraints(max_length=2000)]
Slug = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ListCreate(RequestModel):
    """A new list."""

    name: Name
    description: Description = ""
    privacy: Privacy = "public"
    fill: ListFill | None = Field(default=None, description="What to begin it with.")


class ListUpdate(RequestModel):
    """What to change of a list; what is left out stays. Its slug stays, too."""

    name: Name = ""
    description: Description = ""
    privacy: Privacy = "public"
    fill: ListFill | None = Field(default=None, description="Add films, by what is said here.")

    @model_validator(mode="after")
    def _something_is_given(self) -> Self:
        if not self.model_fields_set:
            message = "give at least one field"
            raise ValueError(message)
        return self


class ListMovieWrite(RequestModel):
    """A film's place in a list."""

    note: Annotated[str, StringConstraints(max_length=1000)] | None = Field(
        default=None, description="Left out it stays as it is; null takes it away."
    )


class OrderWrite(RequestModel):
    """The order of a list."""

    movies: list[Slug] = Field(
        max_length=MOST_MOVIES,
        description="Slugs in their new order; films of the list that are left out come after.",
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.movies)) != len(self.movies):
            message = "a movie is named twice"
            raise ValueError(message)
        return self


class ListRead(ResponseModel):
    """A list, without its films."""

    id: int
    kind: Literal["list", "watchlist"]
    slug: str
    name: str
    description: str
    privacy: Privacy
    owner: UserSummary
    movie_count: int
    covers: list[str] = Field(description="The first films' covers, at most four: a collage.")
    created_at: datetime
    updated_at: datetime


class ListFilled(ListRead):
    """A list as it stands after a change."""

    filled: FillRead = Field(
        default=FillRead(items=[], ranking="recommender"),
        description="What the fill brought; only where one was asked for.",
    )


class ListMovieRead(ResponseModel):
    """A film in a list."""

    movie: MovieSummary
    note: str | None
    position: int = Field(description="Grows along the list, with gaps where films were taken out.")
    added_at: datetime
