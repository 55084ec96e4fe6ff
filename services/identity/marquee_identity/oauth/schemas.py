"""OAuth, in and out."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from marquee_identity.applications.schemas import ApplicationShown
from marquee_identity.applications.uris import LONGEST_URI
from marquee_identity.tokens.schemas import Scope
from marquee_shared.schemas import RequestModel, ResponseModel

SCOPES: tuple[Scope, ...] = ("read", "write")


def split_scope(value: str) -> list[Scope]:
    """Return the scopes of OAuth's parameter.

    Raises:
        ValueError: there is one that we do not know, or none.
    """
    named = set(value.split())
    if not named or not named <= set(SCOPES):
        message = "scope is `read`, `write` or `read write`"
        raise ValueError(message)
    return [scope for scope in SCOPES if scope in named]


def _is_scope(value: str) -> str:
    split_scope(value)
    return value


ScopeText = Annotated[str, StringConstraints(max_length=100), AfterValidator(_is_scope)]
Uri = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_URI)]
State = Annotated[str, StringConstraints(max_length=500, pattern=r"^[\x20-\x7e]*$")]
Challenge = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
UserCode = Annotated[str, StringConstraints(min_length=1, max_length=20)]
Given = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class AuthorizationRequest(RequestModel):
    """What an application asks for (RFC 6749, 4.1.1; RFC 7636)."""

    response_type: Literal["code"]
    client_id: UUID
    redirect_uri: Uri
    code_challenge: Challenge
    code_challenge_method: Literal["S256"]
    scope: ScopeText = "read"
    state: State | None = None


class AuthorizationAnswer(AuthorizationRequest):
    """What an application asked for, and what the member says to it."""

    approve: bool


class Consent(ResponseModel):
    """What a consent screen shows."""

    application: ApplicationShown
    scopes: list[Scope]
    redirect_uri: str


class Redirect(ResponseModel):
    """Where to send the member's browser now."""

    redirect_to: str = Field(description="With `code`, or `error=access_denied`; `state`; `iss`.")


class DeviceConsent(ResponseModel):
    """A device that waits to be let in."""

    application: ApplicationShown
    scopes: list[Scope]
    device: str = Field(description="What it called itself when it asked.")
    address: str = Field(description="Where it asked from. Show both: is it the member's own?")


class DeviceAnswer(RequestModel):
    """What the member says to a device."""

    user_code: UserCode
    approve: bool


class _OAuthForm(RequestModel):
    """A form; what a client library sends besides is ignored, as RFC 6749 wants."""

    model_config = ConfigDict(extra="ignore")


class TokenRequest(_OAuthForm):
    """Which fields are needed depends on `grant_type`."""

    grant_type: Given = Field(
        description="`authorization_code`, `refresh_token` or "
        "`urn:ietf:params:oauth:grant-type:device_code`."
    )
    client_id: UUID
    code: Given | None = None
    redirect_uri: Uri | None = None
    code_verifier: Annotated[str, StringConstraints(max_length=128)] | None = None
    refresh_token: Given | None = None
    device_code: Given | None = None
    scope: Annotated[str, StringConstraints(max_length=100)] | None = None


class TokenAnswer(ResponseModel):
    """Tokens of an application."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a name, not a secret
    expires_in: int
    refresh_token: str
    scope: str


class DeviceRequest(_OAuthForm):
    """A device asks for codes (RFC 8628, 3.1)."""

    client_id: UUID
    scope: Annotated[str, StringConstraints(max_length=100)] = "read"


class DeviceCodes(ResponseModel):
    """What a device polls with, and what it shows."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class RevocationRequest(_OAuthForm):
    """A token that is of no more use (RFC 7009)."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=8192)]
    client_id: UUID
    token_type_hint: str | None = None


class ServerMetadata(ResponseModel):
    """RFC 8414."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    device_authorization_endpoint: str
    revocation_endpoint: str
    jwks_uri: str
    scopes_supported: list[str]
    response_types_supported: list[str]
    response_modes_supported: list[str]
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    revocation_endpoint_auth_methods_supported: list[str]
    code_challenge_methods_supported: list[str]
    authorization_response_iss_parameter_supported: bool
