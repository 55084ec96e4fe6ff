"""Contents as clients read and write them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

import orjson
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from marquee_shared.schemas import Line, RequestModel, ResponseModel

Title = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
PathOfSlugs = Annotated[str, StringConstraints(min_length=1, max_length=16_000)]
WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"]+$", max_length=2000)]
Rating = Annotated[Decimal, Field(ge=0, le=10, max_digits=3, decimal_places=1)]

MOST_METADATA = 20_000


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    """Refuse what the database could not give back as it was: too much, or beyond JSON."""
    try:
        if len(orjson.dumps(value)) > MOST_METADATA:
            message = f"metadata may have at most {MOST_METADATA} bytes"
            raise ValueError(message)
    except orjson.JSONEncodeError as error:
        message = f"metadata cannot be kept: {error}"
        raise ValueError(message) from error
    return value


Metadata = Annotated[dict[str, Any], AfterValidator(_storable)]


class ContentSummary(ResponseModel):
    """A content as it stands in its channel."""

    id: int
    slug: str
    title: str
    path: str
    file_url: str | None
    metadata: dict[str, Any]
    rating: float | None = Field(description="From 0 to 10, one decimal; null while unrated.")
    active: bool


class ContentRead(ContentSummary):
    """A content."""

    type: Literal["content"]
    channel: str = Field(description="The path of its channel.")
    created_at: datetime
    updated_at: datetime


class ContentUpdate(RequestModel):
    """What to change; what is left out stays. `channel` moves it."""

    title: Title | None = None
    channel: PathOfSlugs | None = None
    file_url: WebAddress | None = None
    metadata: Metadata | None = None
    rating: Rating | None = None
    active: bool | None = None

    @model_validator(mode="after")
    def _no_null_where_a_value_must_be(self) -> Self:
        for name in self.model_fields_set.intersection(("title", "channel", "metadata", "active")):
            if getattr(self, name) is None:
                message = f"{name} cannot be null"
                raise ValueError(message)
        return self


class ContentCreate(ContentUpdate):
    """A new content."""

    title: Title
    channel: PathOfSlugs
