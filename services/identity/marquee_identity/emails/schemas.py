"""Changing an e-mail address, in."""

from pydantic import Field

from marquee_identity.users.names import Email, GivenPassword
from marquee_shared.schemas import RequestModel


class EmailChange(RequestModel):
    """A new address, and the proof that it is the member who asks."""

    email: Email
    current_password: GivenPassword | None = Field(
        default=None, description="Needed unless the account has no password."
    )
