"""What an endpoint writes to say who may call it."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer

from marquee_shared.auth.principals import Principal
from marquee_shared.auth.tokens import TokenVerifier
from marquee_shared.problems import (
    EmailNotVerified,
    Forbidden,
    InsufficientScope,
    InvalidToken,
    SessionNeeded,
    Unauthorized,
)

READ: Final = "read"
WRITE: Final = "write"

bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="An access token.")


async def optional_principal(
    request: Request, _documented: Annotated[object, Security(bearer)] = None
) -> Principal | None:
    """Return the caller, or None without a token. A bad token is 401 even on a public route."""
    if "principal" in request.scope:
        known: Principal | None = request.scope["principal"]
        return known
    header = request.headers.get("authorization")
    principal: Principal | None = None
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise InvalidToken
        verifier: TokenVerifier = request.app.state.verifier
        principal = await verifier.verify(token.strip())
    request.scope["principal"] = principal
    return principal


async def required_principal(
    principal: Annotated[Principal | None, Depends(optional_principal)],
) -> Principal:
    """Return the caller; 401 without a token."""
    if principal is None:
        raise Unauthorized
    return principal


async def current_member(
    request: Request, principal: Annotated[Principal, Depends(required_principal)]
) -> Principal:
    """Return the calling member; a service token is not a member (403).

    A member's token with scopes was made for a program: it may do what they say, `read` or
    `write` by the method, and only on the paths that the service opens to such tokens.
    """
    if principal.kind != "member":
        raise Forbidden
    if principal.scopes:
        open_paths: frozenset[str] | None = request.app.state.delegable
        if open_paths is not None and request.scope["route"].path not in open_paths:
            raise SessionNeeded
        scope = READ if request.method in {"GET", "HEAD"} else WRITE
        if scope not in principal.scopes:
            raise InsufficientScope(scope=scope)
    return principal


async def verified_member(member: Annotated[Principal, Depends(current_member)]) -> Principal:
    """Return the calling member; 403 `email_not_verified` before verification."""
    if not member.verified:
        raise EmailNotVerified
    return member


def require_role(*roles: str) -> Callable[[Principal], Awaitable[Principal]]:
    """Return a dependency that lets members with one of these roles pass."""

    async def check(member: Annotated[Principal, Depends(verified_member)]) -> Principal:
        if not member.has_role(*roles):
            raise Forbidden
        return member

    return check


def require_scope(scope: str) -> Callable[[Principal], Awaitable[Principal]]:
    """Return a dependency that lets tokens with this scope pass, and administrators."""

    async def check(principal: Annotated[Principal, Depends(required_principal)]) -> Principal:
        if scope not in principal.scopes and not principal.has_role("administrator"):
            raise Forbidden
        return principal

    return check


OptionalCaller = Annotated[Principal | None, Depends(optional_principal)]
CurrentMember = Annotated[Principal, Depends(current_member)]
VerifiedMember = Annotated[Principal, Depends(verified_member)]
