"""Security events, out."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from marquee_shared.schemas import ResponseModel

Kind = Literal[
    "new_device",
    "password_changed",
    "password_reset",
    "email_changed",
    "refresh_token_reused",
    "identity_linked",
    "roles_changed",
    "application_authorized",
]


class SecurityEventRead(ResponseModel):
    """One thing that happened to the caller's account."""

    id: UUID
    kind: Kind
    device: str | None = Field(description="What the client called itself.")
    address: str | None = Field(description="Where it came from.")
    created_at: datetime
