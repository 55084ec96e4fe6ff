"""The route class of what applications call: errors in OAuth's words (RFC 6749, 5.2)."""

from typing import Any, Final, Literal

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field

from marquee_identity.oauth.errors import BAD_REQUEST, OAuthErrorCode, OAuthRefused
from marquee_identity.sessions.errors import InvalidRefreshToken, RefreshTokenReused
from marquee_identity.suspensions.errors import AccountSuspended
from marquee_shared.languages import DEFAULT_LANGUAGE
from marquee_shared.problems import Invalid, InvalidToken, Problem
from marquee_shared.routing import Handler, MarqueeRoute
from marquee_shared.schemas import ResponseModel

UNAUTHORIZED: Final = 401
NOT_KEPT: Final = {"Cache-Control": "no-store"}


class OAuthError(ResponseModel):
    """What an application is told (RFC 6749, 5.2): `error` is stable."""

    error: OAuthErrorCode
    error_description: str = Field(description="For the application's developers.")


class OAuthClientRefused(ResponseModel):
    """An application came with a bad token in `Authorization`."""

    error: Literal["invalid_client"]
    error_description: str


def _refusal(
    error: OAuthErrorCode, description: str, status: int = BAD_REQUEST, **headers: str
) -> Response:
    body = OAuthError(error=error, error_description=description).model_dump()
    return JSONResponse(body, status, headers={**NOT_KEPT, **headers})


class OAuthRoute(MarqueeRoute):
    """Answers as OAuth's clients expect; what is nobody's fault (429, 503) stays a problem."""

    def get_route_handler(self) -> Handler:
        """Wrap the handler; the transaction has ended when an error arrives here."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                answer = await handle(request)
            except (Problem, RequestValidationError) as error:
                refusal = _refusal_of(error)
                if refusal is None:
                    raise
                return refusal
            answer.headers.update(NOT_KEPT)
            return answer

        return handler


def _refusal_of(error: Problem | RequestValidationError) -> Response | None:
    """Return what an application is told of an error that it made; None of any other."""
    match error:
        case OAuthRefused():
            return _refusal(error.error, error.description)
        case InvalidRefreshToken() | RefreshTokenReused() | AccountSuspended():
            return _refusal("invalid_grant", error.detail(DEFAULT_LANGUAGE))
        case InvalidToken():
            told = "Applications have no secret; send client_id alone."
            return _refusal("invalid_client", told, UNAUTHORIZED, **error.headers)
        case Invalid() | RequestValidationError():
            return _refusal("invalid_request", _first(error))
        case _:
            return None


def _first(error: Invalid | RequestValidationError) -> str:
    """Return what is wrong first of all."""
    if isinstance(error, RequestValidationError):
        where = "/".join(str(part) for part in error.errors()[0]["loc"][1:])
        return f"Missing or malformed: {''.join(c for c in where if c.isprintable())[:100]}."
    if not error.errors:
        return error.detail(DEFAULT_LANGUAGE)
    return f"{error.errors[0]['pointer']}: {error.errors[0]['detail']}"


ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    BAD_REQUEST: {"model": OAuthError},
    UNAUTHORIZED: {"model": OAuthClientRefused},
}


def new_oauth_router() -> APIRouter:
    """Return a router whose routes are `OAuthRoute`s."""
    return APIRouter(prefix="/v1/oauth", tags=["oauth"], route_class=OAuthRoute, responses=ERRORS)
