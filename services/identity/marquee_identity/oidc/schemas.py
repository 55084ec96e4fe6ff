"""Signing in by a provider, in and out."""

from typing import Annotated

from pydantic import Field, StringConstraints

from marquee_shared.schemas import RequestModel, ResponseModel

Challenge = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]


class SignInStarted(ResponseModel):
    """Where to send the member, and what to bring back."""

    authorization_url: str = Field(description="Open it in a browser.")
    state: str = Field(description="The provider sends it back with its code.")
    expires_in: int = Field(description="Seconds until it is too late to come back.")


class SignInCompleted(RequestModel):
    """What the provider sent the member back with."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    state: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    verifier: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~-]{43,128}$")] | None = (
        Field(default=None, description="Needed if the sign-in was begun with a `challenge`.")
    )
