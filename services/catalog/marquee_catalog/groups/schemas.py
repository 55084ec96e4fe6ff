"""Groups as clients read and write them."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import StringConstraints, model_validator

from marquee_shared.schemas import Line, RequestModel, ResponseModel

Title = Annotated[Line, StringConstraints(min_length=1, max_length=200)]


class GroupSummary(ResponseModel):
    """A group as it stands in a channel."""

    slug: str
    title: str


class GroupRead(GroupSummary):
    """A group."""

    id: int
    created_at: datetime
    updated_at: datetime


class GroupCreate(RequestModel):
    """A new group."""

    title: Title


class GroupUpdate(RequestModel):
    """What to change."""

    title: Title | None = None

    @model_validator(mode="after")
    def _titled(self) -> Self:
        if "title" in self.model_fields_set and self.title is None:
            message = "title cannot be null"
            raise ValueError(message)
        return self
