"""Changes as a client reads them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from marquee_shared.schemas import ResponseModel


class Change(ResponseModel):
    """One thing of the caller's that is not as it was."""

    type: str = Field(examples=["rating"])
    id: str = Field(description="Of the thing among those of its type; for a film its number.")
    op: Literal["upsert", "delete"]
    at: datetime
    data: dict[str, Any] | None = Field(
        default=None, description="The thing as it is now; absent where it is gone."
    )


class ChangePage(ResponseModel):
    """Changes in the order they became visible."""

    items: list[Change]
    next_cursor: str = Field(description="Where the next call goes on; also after an empty page.")
    more: bool = Field(description="Whether there is more right now.")
