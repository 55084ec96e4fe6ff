"""A member's own tokens, in and out."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from marquee_shared.schemas import Line, RequestModel, ResponseModel

Scope = Literal["read", "write"]


class PersonalTokenCreate(RequestModel):
    """What a token is for."""

    name: Annotated[Line, StringConstraints(min_length=1, max_length=100)]
    scopes: set[Scope] = Field(
        min_length=1, description="`read` what its member may; `write` in their name."
    )
    expires_in_days: int = Field(default=90, ge=1, le=365)


class PersonalTokenRead(ResponseModel):
    """One of the caller's tokens."""

    id: UUID
    name: str
    scopes: list[Scope]
    created_at: datetime
    last_used_at: datetime | None = Field(description="To the minute.")
    expires_at: datetime


class PersonalTokenCreated(PersonalTokenRead):
    """A token just made."""

    token: str = Field(description="Shown this once; send it as `Authorization: Bearer …`.")
