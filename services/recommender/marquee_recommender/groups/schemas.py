"""Questions for a group, and their answers."""

from typing import Annotated

from pydantic import Field, StringConstraints

from marquee_recommender.recommendations.schemas import Recommendation
from marquee_shared.schemas import Line, RequestModel, ResponseModel

Username = Annotated[Line, StringConstraints(min_length=1, max_length=64)]


class GroupAsk(RequestModel):
    """Who watches together with the caller."""

    usernames: list[Username] = Field(
        min_length=1, max_length=10, description="Friends of the caller, who is part of the group."
    )
    limit: int = Field(default=20, ge=1, le=100)


class GroupItem(Recommendation):
    """A film for all of them; the reasons are the caller's own."""

    fit: dict[str, float] = Field(
        description="How well it fits each one, by username, 0 to 1: 0.5 is as the average film.",
        examples=[{"ann": 0.93, "bob": 0.71}],
    )


class GroupPick(ResponseModel):
    """Films, the best for all first."""

    items: list[GroupItem]
    model: str | None
    request_id: str | None
