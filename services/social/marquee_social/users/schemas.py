"""Members as they stand inside other answers."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from marquee_shared.schemas import ResponseModel


class UserSummary(ResponseModel):
    """A member's card."""

    id: UUID
    username: str
    name: str
    avatar_url: str | None


class IdentityUser(BaseModel):
    """What this service reads of identity's answer about one member."""

    model_config = ConfigDict(extra="ignore")

    id: UUID
    username: str
    name: str | None = None
    avatar_url: str | None = None
