"""Errors as RFC 9457 problem details.

One base class carries the status, the stable code and the words in every language; services
subclass it, raise it, and never build an error answer by hand.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, TypedDict

import orjson

from marquee_shared.languages import DEFAULT_LANGUAGE

MEDIA_TYPE = "application/problem+json"


class FieldError(TypedDict):
    """One wrong field: a JSON pointer into the body, or `/query/limit`, `/path/slug`."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):  # noqa: N818 - the field's term is "problem"
    """An error the client is told about.

    Subclasses set `status`, `code` and `words`: language → sentence, with `{placeholders}`
    filled from the keyword arguments. A missing language falls back to English.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    words: ClassVar[Mapping[str, str]] = {
        "en": "Something went wrong on our side.",
        "es": "Algo ha fallado por nuestra parte.",
        "fr": "Une erreur s'est produite de notre côté.",
        "de": "Bei uns ist etwas schiefgelaufen.",
    }
    keeps_changes: ClassVar[bool] = False
    """Whether the request's transaction commits all the same: a try that counts, a session that
    ends because its token was reused."""

    def __init__(
        self,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> None:
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.values = values
        super().__init__(self.detail(DEFAULT_LANGUAGE))

    def detail(self, language: str) -> str:
        """Return the sentence in a language, filled in."""
        sentence = self.words.get(language) or self.words[DEFAULT_LANGUAGE]
        return sentence.format_map(self.values)


TITLES: Mapping[str, Mapping[int, str]] = {
    "es": {
        308: "Redirección permanente",
        400: "Solicitud incorrecta", 401: "No autenticado", 403: "Prohibido",
        404: "No encontrado", 405: "Método no permitido", 409: "Conflicto",
        412: "Condición no cumplida", 413: "Contenido demasiado grande",
        415: "Tipo no admitido", 422: "Contenido no válido", 429: "Demasiadas solicitudes",
        500: "Error interno", 502: "Pasarela incorrecta", 503: "Servicio no disponible",
        504: "Tiempo agotado",
    },
    "fr": {
        308: "Redirection permanente",
        400: "Requête incorrecte", 401: "Non authentifié", 403: "Interdit",
        404: "Introuvable", 405: "Méthode non autorisée", 409: "Conflit",
        412: "Condition non remplie", 413: "Contenu trop volumineux",
        415: "Type non pris en charge", 422: "Contenu non valide", 429: "Trop de requêtes",
        500: "Erreur interne", 502: "Mauvaise passerelle", 503: "Service indisponible",
        504: "Délai dépassé",
    },
    "de": {
        308: "Dauerhaft verschoben",
        400: "Fehlerhafte Anfrage", 401: "Nicht angemeldet", 403: "Verboten",
        404: "Nicht gefunden", 405: "Methode nicht erlaubt", 409: "Konflikt",
        412: "Bedingung nicht erfüllt", 413: "Inhalt zu groß",
        415: "Typ nicht unterstützt", 422: "Ungültiger Inhalt", 429: "Zu viele Anfragen",
        500: "Interner Fehler", 502: "Fehlerhaftes Gateway", 503: "Dienst nicht verfügbar",
        504: "Zeitüberschreitung",
    },
}  # fmt: skip


def title(status: int, language: str) -> str:
    """Return the short name of a status in a language."""
    return TITLES.get(language, {}).get(status) or HTTPStatus(status).phrase


def problem_body(
    *,
    status: int,
    code: str,
    detail: str,
    language: str,
    instance: str,
    request_id: str | None,
    errors: Sequence[FieldError] = (),
) -> bytes:
    """Return the JSON of one problem; the one place where its shape is written."""
    body: dict[str, Any] = {
        "type": f"urn:marquee:problem:{code}",
        "title": title(status, language),
        "status": status,
        "detail": detail,
        "instance": instance,
        "code": code,
        "request_id": request_id,
    }
    if errors or status == HTTPStatus.UNPROCESSABLE_ENTITY:
        body["errors"] = list(errors)
    return orjson.dumps(body)


class BadRequest(Problem):
    """400: the body cannot be read at all."""

    status = 400
    code = "invalid_json"
    words: ClassVar = {
        "en": "The body is not valid JSON.",
        "es": "El cuerpo no es JSON válido.",
        "fr": "Le corps n'est pas du JSON valide.",
        "de": "Der Inhalt ist kein gültiges JSON.",
    }


class Unauthorized(Problem):
    """401: no token, or a bad one."""

    status = 401
    code = "not_authenticated"
    words: ClassVar = {
        "en": "A valid access token is needed.",
        "es": "Se necesita un token de acceso válido.",
        "fr": "Un jeton d'accès valide est nécessaire.",
        "de": "Ein gültiges Zugriffstoken wird benötigt.",
    }

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.headers.setdefault("WWW-Authenticate", 'Bearer realm="marquee"')


class InvalidToken(Unauthorized):
    """401: a token was sent, and it is expired, forged, revoked or not an access token."""

    code = "invalid_token"
    words: ClassVar = {
        "en": "The access token is not valid or no longer valid.",
        "es": "El token de acceso no es válido o ha dejado de serlo.",
        "fr": "Le jeton d'accès n'est pas valide ou ne l'est plus.",
        "de": "Das Zugriffstoken ist nicht oder nicht mehr gültig.",
    }

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.headers["WWW-Authenticate"] = 'Bearer realm="marquee", error="invalid_token"'


class Forbidden(Problem):
    """403: the caller may see this and may not do that."""

    status = 403
    code = "forbidden"
    words: ClassVar = {
        "en": "You may not do that.",
        "es": "No tienes permiso para hacerlo.",
        "fr": "Vous n'avez pas le droit de faire cela.",
        "de": "Das dürfen Sie nicht.",
    }


class EmailNotVerified(Forbidden):
    """403: writes need a verified e-mail address."""

    code = "email_not_verified"
    words: ClassVar = {
        "en": "Verify your e-mail address first.",
        "es": "Primero verifica tu correo electrónico.",
        "fr": "Vérifiez d'abord votre adresse e-mail.",
        "de": "Bestätigen Sie zuerst Ihre E-Mail-Adresse.",
    }


class SessionNeeded(Forbidden):
    """403: a token made for a program cannot do what guards the account it belongs to."""

    code = "session_needed"
    words: ClassVar = {
        "en": "Sign in to do this; a personal token is not enough.",
        "es": "Inicia sesión para hacerlo; un token personal no basta.",
        "fr": "Connectez-vous pour le faire ; un jeton personnel ne suffit pas.",
        "de": "Melden Sie sich dafür an; ein persönliches Token genügt nicht.",
    }


class InsufficientScope(Forbidden):
    """403: the token was made for less (RFC 6750)."""

    code = "insufficient_scope"
    words: ClassVar = {
        "en": "This token lacks the scope {scope}.",
        "es": "A este token le falta el permiso {scope}.",
        "fr": "Il manque à ce jeton la portée {scope}.",
        "de": "Diesem Token fehlt der Geltungsbereich {scope}.",
    }

    def __init__(self, *, scope: str, **values: Any) -> None:
        super().__init__(scope=scope, **values)
        self.headers["WWW-Authenticate"] = (
            f'Bearer realm="marquee", error="insufficient_scope", scope="{scope}"'
        )


class NotFound(Problem):
    """404: it does not exist, or not for this caller."""

    status = 404
    code = "route_not_found"
    words: ClassVar = {
        "en": "There is nothing at this address.",
        "es": "No hay nada en esta dirección.",
        "fr": "Il n'y a rien à cette adresse.",
        "de": "Unter dieser Adresse gibt es nichts.",
    }


class Moved(Problem):
    """308: what has this slug now has another; `Location` is this address with that one."""

    status = 308
    code = "moved"
    words: ClassVar = {
        "en": "It is to be found under another address.",
        "es": "Se encuentra en otra dirección.",
        "fr": "Cela se trouve à une autre adresse.",
        "de": "Das ist unter einer anderen Adresse zu finden.",
    }

    def __init__(self, slug: str, *, parameter: str = "slug", **values: Any) -> None:
        super().__init__(**values)
        self.slug = slug
        self.parameter = parameter


class MethodNotAllowed(Problem):
    """405, with `Allow`."""

    status = 405
    code = "method_not_allowed"
    words: ClassVar = {
        "en": "This address does not take that method.",
        "es": "Esta dirección no admite ese método.",
        "fr": "Cette adresse n'accepte pas cette méthode.",
        "de": "Diese Adresse nimmt diese Methode nicht an.",
    }


class Conflict(Problem):
    """409: a duplicate, or the wrong state."""

    status = 409
    code = "conflict"
    words: ClassVar = {
        "en": "That is not possible in the present state.",
        "es": "No es posible en el estado actual.",
        "fr": "Ce n'est pas possible dans l'état actuel.",
        "de": "Das geht im jetzigen Zustand nicht.",
    }


class PreconditionFailed(Problem):
    """412: `If-Match` named another version."""

    status = 412
    code = "precondition_failed"
    words: ClassVar = {
        "en": "It has changed since you read it.",
        "es": "Ha cambiado desde que lo leíste.",
        "fr": "Cela a changé depuis votre lecture.",
        "de": "Es hat sich seit Ihrem Lesen geändert.",
    }


class ContentTooLarge(Problem):
    """413."""

    status = 413
    code = "content_too_large"
    words: ClassVar = {
        "en": "The body is larger than the {limit} bytes allowed here.",
        "es": "El cuerpo supera los {limit} bytes permitidos aquí.",
        "fr": "Le corps dépasse les {limit} octets permis ici.",
        "de": "Der Inhalt ist größer als die hier erlaubten {limit} Bytes.",
    }


class UnsupportedMediaType(Problem):
    """415."""

    status = 415
    code = "unsupported_media_type"
    words: ClassVar = {
        "en": "Send the body as application/json.",
        "es": "Envía el cuerpo como application/json.",
        "fr": "Envoyez le corps en application/json.",
        "de": "Senden Sie den Inhalt als application/json.",
    }


class Invalid(Problem):
    """422: readable, and wrong; `errors` says where."""

    status = 422
    code = "validation_failed"
    words: ClassVar = {
        "en": "Some of the fields are not valid.",
        "es": "Algunos campos no son válidos.",
        "fr": "Certains champs ne sont pas valides.",
        "de": "Einige Felder sind ungültig.",
    }

    @classmethod
    def at(cls, pointer: str, code: str, detail: str, **values: Any) -> "Invalid":
        """Build one with a single wrong field."""
        return cls(errors=[FieldError(pointer=pointer, code=code, detail=detail)], **values)


class InvalidCursor(Invalid):
    """422: a cursor that is not ours, or belongs to another list."""

    code = "invalid_cursor"
    words: ClassVar = {
        "en": "The cursor does not belong to this list.",
        "es": "El cursor no pertenece a esta lista.",
        "fr": "Le curseur n'appartient pas à cette liste.",
        "de": "Der Cursor gehört nicht zu dieser Liste.",
    }


class TooManyRequests(Problem):
    """429, with `Retry-After`."""

    status = 429
    code = "too_many_requests"
    words: ClassVar = {
        "en": "Too many requests; try again in {seconds} s.",
        "es": "Demasiadas solicitudes; inténtalo de nuevo en {seconds} s.",
        "fr": "Trop de requêtes ; réessayez dans {seconds} s.",
        "de": "Zu viele Anfragen; in {seconds} s wieder versuchen.",
    }

    def __init__(self, *, seconds: int, **values: Any) -> None:
        super().__init__(seconds=seconds, **values)
        self.headers["Retry-After"] = str(max(1, seconds))


class BadGateway(Problem):
    """502: a peer answered nonsense."""

    status = 502
    code = "bad_gateway"
    words: ClassVar = {
        "en": "A part of the platform answered wrongly.",
        "es": "Una parte de la plataforma respondió mal.",
        "fr": "Une partie de la plateforme a mal répondu.",
        "de": "Ein Teil der Plattform hat falsch geantwortet.",
    }

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.headers.setdefault("Retry-After", "1")


class Unavailable(BadGateway):
    """503: the database, Redis or a peer is out of reach for now."""

    status = 503
    code = "unavailable"
    words: ClassVar = {
        "en": "This is out of reach for the moment; nothing was changed.",
        "es": "No está disponible por el momento; no se ha cambiado nada.",
        "fr": "Indisponible pour le moment ; rien n'a été modifié.",
        "de": "Im Augenblick nicht erreichbar; nichts wurde geändert.",
    }


class DeadlineExceeded(BadGateway):
    """504."""

    status = 504
    code = "deadline_exceeded"
    words: ClassVar = {
        "en": "That took longer than it may.",
        "es": "Ha tardado más de lo permitido.",
        "fr": "Cela a pris plus de temps que permis.",
        "de": "Das hat länger gedauert als erlaubt.",
    }
