"""Errors of OAuth: what applications are told as RFC 6749 says, and what members are told."""

from typing import Any, ClassVar, Final, Literal

from marquee_shared.problems import Conflict, Invalid, NotFound, Problem

OAuthErrorCode = Literal[
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "invalid_scope",
    "unsupported_grant_type",
    "authorization_pending",
    "slow_down",
    "access_denied",
    "expired_token",
]

BAD_REQUEST: Final = 400


class OAuthRefused(Problem):
    """400 with `error`, for an application to read (RFC 6749, 5.2; RFC 8628, 3.5)."""

    status = BAD_REQUEST
    code = "oauth_refused"
    words: ClassVar = {"en": "{description}"}

    def __init__(self, error: OAuthErrorCode, description: str, **values: Any) -> None:
        self.error: OAuthErrorCode = error
        self.description = description
        super().__init__(description=description, **values)


class OAuthNoted(OAuthRefused):
    """The same, and what was noted on the way stays: a poll, a code that came twice."""

    keeps_changes = True


class RedirectUriNotRegistered(Invalid):
    """422: never is anybody sent to where the application has not said that it lives."""

    code = "redirect_uri_not_registered"
    words: ClassVar = {
        "en": "The application has not registered this redirect URI.",
        "es": "La aplicación no ha registrado esta URI de redirección.",
        "fr": "L'application n'a pas déclaré cette URI de redirection.",
        "de": "Die Anwendung hat diese Weiterleitungsadresse nicht angemeldet.",
    }


class UserCodeNotFound(NotFound):
    """404: no device waits with this code."""

    code = "user_code_not_found"
    words: ClassVar = {
        "en": "No device waits with this code; it may have expired.",
        "es": "Ningún dispositivo espera con este código; puede haber caducado.",
        "fr": "Aucun appareil n'attend avec ce code ; il a peut-être expiré.",
        "de": "Kein Gerät wartet mit diesem Code; vielleicht ist er abgelaufen.",
    }


class AlreadyAnswered(Conflict):
    """409."""

    code = "already_answered"
    words: ClassVar = {
        "en": "This was approved or denied already.",
        "es": "Esto ya se aprobó o se rechazó.",
        "fr": "Cela a déjà été approuvé ou refusé.",
        "de": "Das wurde schon erlaubt oder abgelehnt.",
    }
