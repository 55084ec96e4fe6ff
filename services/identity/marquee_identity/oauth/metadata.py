"""What applications need to know of us (RFC 8414)."""

from typing import Final

from marquee_identity.oauth.schemas import SCOPES, ServerMetadata
from marquee_identity.settings import IdentitySettings

DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"


def issuer_of(settings: IdentitySettings) -> str:
    """Return who we are to applications."""
    return f"{settings.public_url}/v1"


def device_page_of(settings: IdentitySettings) -> str:
    """Return where a member types the code that a device shows."""
    return f"{settings.public_url}/device"


def metadata_of(settings: IdentitySettings) -> ServerMetadata:
    """Return the document of our addresses and abilities."""
    issuer = issuer_of(settings)
    return ServerMetadata(
        issuer=issuer,
        authorization_endpoint=f"{settings.public_url}/oauth/authorize",
        token_endpoint=f"{issuer}/oauth/token",
        device_authorization_endpoint=f"{issuer}/oauth/device_authorization",
        revocation_endpoint=f"{issuer}/oauth/revoke",
        jwks_uri=f"{issuer}/.well-known/jwks.json",
        scopes_supported=list(SCOPES),
        response_types_supported=["code"],
        response_modes_supported=["query"],
        grant_types_supported=["authorization_code", "refresh_token", DEVICE_GRANT],
        token_endpoint_auth_methods_supported=["none"],
        revocation_endpoint_auth_methods_supported=["none"],
        code_challenge_methods_supported=["S256"],
        authorization_response_iss_parameter_supported=True,
    )
