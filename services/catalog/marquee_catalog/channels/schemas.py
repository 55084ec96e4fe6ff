"""Channels as clients read and write them."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from marquee_catalog.contents.schemas import ContentRead, ContentSummary, WebAddress
from marquee_catalog.groups.schemas import GroupSummary
from marquee_shared.schemas import Line, RequestModel, ResponseModel

Title = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
PathOfSlugs = Annotated[str, StringConstraints(min_length=1, max_length=16_000)]
Slug = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]


class ChannelSummary(ResponseModel):
    """A channel as it stands below another."""

    id: int
    slug: str
    title: str
    path: str
    groups: list[GroupSummary] = Field(
        description="Its own and those of all active channels below it."
    )
    active: bool
    language: str | None
    picture_url: str | None


class ChannelRead(ChannelSummary):
    """A channel, with what lies directly below it."""

    type: Literal["channel"]
    parent: str | None = Field(description="The path of the channel above; null for a root.")
    own_groups: list[GroupSummary] = Field(description="Those it was given itself.")
    children: list[ChannelSummary]
    contents: list[ContentSummary]
    created_at: datetime
    updated_at: datetime


AtPath = Annotated[ChannelRead | ContentRead, Field(discriminator="type")]


class ChannelRating(ResponseModel):
    """How the contents below a channel are rated."""

    path: str
    title: str
    average: float = Field(description="Three decimals; 0 where there is nothing rated.")
    contents: int = Field(description="How many active contents lie below it.")


class ChannelRatings(ResponseModel):
    """Every active channel, the highest average first."""

    items: list[ChannelRating]


class ChannelUpdate(RequestModel):
    """What to change; what is left out stays. `parent` moves it, null makes it a root."""

    title: Title | None = None
    parent: PathOfSlugs | None = None
    groups: Annotated[list[Slug], Field(max_length=100)] | None = None
    active: bool | None = None
    language: Language | None = None
    picture_url: WebAddress | None = None

    @model_validator(mode="after")
    def _no_null_where_a_value_must_be(self) -> Self:
        for name in self.model_fields_set.intersection(("title", "groups", "active")):
            if getattr(self, name) is None:
                message = f"{name} cannot be null"
                raise ValueError(message)
        return self


class ChannelCreate(ChannelUpdate):
    """A new channel."""

    title: Title
