"""What a text was understood to ask for."""

from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from marquee_shared.schemas import Line, RequestModel

Slug = Annotated[Line, StringConstraints(min_length=1, max_length=300)]
Slugs = list[Slug]
LISTS = ("genres", "without_genres", "tags", "people", "like", "platforms")


class Understood(RequestModel):
    """What films are looked for; what nothing was said about is absent.

    Given in a request, whatever stands here overrides what is understood, null and `[]` too.
    """

    genres: Slugs | None = Field(default=None, max_length=20, description="All of these.")
    without_genres: Slugs | None = Field(default=None, max_length=20, description="None of these.")
    tags: Slugs | None = Field(default=None, max_length=20, description="Moods and themes.")
    people: Slugs | None = Field(default=None, max_length=20, description="With any of these.")
    like: Slugs | None = Field(default=None, max_length=10, description="Films to be like.")
    platforms: Slugs | None = Field(default=None, max_length=20, description="On any of these.")
    year_from: int | None = Field(default=None, ge=1800, le=2200)
    year_to: int | None = Field(default=None, ge=1800, le=2200)
    max_runtime: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="Minutes; films whose runtime is not known stand last.",
    )
    with_friends: bool | None = Field(
        default=None, description="What the caller's friends rated 4 or more counts for more."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        low, high = self.year_from, self.year_to
        if low is not None and high is not None and low > high:
            message = "year_from is past year_to"
            raise ValueError(message)
        return self

    def said(self) -> dict[str, Any]:
        """Return what something was said about."""
        return {name: value for name, value in self.model_dump().items() if value}
