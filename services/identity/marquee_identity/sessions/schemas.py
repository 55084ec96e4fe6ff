"""Signing in and sessions, in and out."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from marquee_identity.users.names import GivenPassword
from marquee_identity.users.schemas import UserRead
from marquee_shared.schemas import RequestModel, ResponseModel

GivenLogin = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=254)]


class Login(RequestModel):
    """Who signs in."""

    login: GivenLogin = Field(description="Username or e-mail address, in any case.")
    password: GivenPassword


class TokenForm(RequestModel):
    """OAuth 2.0's password form; what else a client library sends is ignored."""

    model_config = ConfigDict(extra="ignore")

    grant_type: Literal["password"] = "password"
    username: GivenLogin
    password: GivenPassword


class Refresh(RequestModel):
    """A refresh token to spend."""

    refresh_token: Annotated[str, StringConstraints(min_length=1, max_length=500)]


class SignedIn(ResponseModel):
    """Tokens and the member they stand for."""

    access_token: str = Field(description="Send it as `Authorization: Bearer …`.")
    refresh_token: str = Field(description="Works once; each refresh answers with the next.")
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a name, not a secret
    expires_in: int = Field(description="Seconds until the access token expires.")
    user: UserRead


class SessionRead(ResponseModel):
    """One of the caller's sessions."""

    id: UUID
    device: str = Field(description="What the client called itself when last used.")
    address: str = Field(description="Where it was last used from.")
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    application: str | None = Field(description="The application it was granted to, if it was.")
    current: bool = Field(description="Whether this request is made in it.")
