"""What only the edge can refuse, and how a problem becomes an answer."""

from typing import ClassVar

from marquee_shared.problems import (
    BadGateway,
    ContentTooLarge,
    DeadlineExceeded,
    InvalidToken,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
)

__all__ = [
    "BadGateway",
    "ContentTooLarge",
    "DeadlineExceeded",
    "HeadersTooLarge",
    "InvalidToken",
    "MalformedRequest",
    "MethodNotAllowed",
    "Problem",
    "RequestTimeout",
    "RouteNotFound",
    "TooManyRequests",
    "Unauthorized",
    "Unavailable",
    "UnsupportedMediaType",
    "UriTooLong",
    "VersionNotSupported",
]

RouteNotFound = NotFound


class MalformedRequest(Problem):
    """400: two readers of these bytes could disagree about what they say."""

    status = 400
    code = "malformed_request"
    words: ClassVar = {
        "en": "The request is malformed: {reason}.",
        "es": "La solicitud está mal formada: {reason}.",
        "fr": "La requête est mal formée : {reason}.",
        "de": "Die Anfrage ist fehlerhaft: {reason}.",
    }


class RequestTimeout(Problem):
    """408: the request did not arrive in time."""

    status = 408
    code = "request_timeout"
    words: ClassVar = {
        "en": "The request did not arrive in time.",
        "es": "La solicitud no llegó a tiempo.",
        "fr": "La requête n'est pas arrivée à temps.",
        "de": "Die Anfrage kam nicht rechtzeitig an.",
    }


class UriTooLong(Problem):
    """414."""

    status = 414
    code = "uri_too_long"
    words: ClassVar = {
        "en": "The address is longer than the {limit} bytes allowed.",
        "es": "La dirección supera los {limit} bytes permitidos.",
        "fr": "L'adresse dépasse les {limit} octets permis.",
        "de": "Die Adresse ist länger als die erlaubten {limit} Bytes.",
    }


class HeadersTooLarge(Problem):
    """431."""

    status = 431
    code = "headers_too_large"
    words: ClassVar = {
        "en": "The headers are larger than the {limit} bytes allowed.",
        "es": "Las cabeceras superan los {limit} bytes permitidos.",
        "fr": "Les en-têtes dépassent les {limit} octets permis.",
        "de": "Die Kopfzeilen sind größer als die erlaubten {limit} Bytes.",
    }


class VersionNotSupported(Problem):
    """505: neither HTTP/1.1 nor HTTP/1.0."""

    status = 505
    code = "version_not_supported"
    words: ClassVar = {
        "en": "Speak HTTP/1.1.",
        "es": "Usa HTTP/1.1.",
        "fr": "Parlez HTTP/1.1.",
        "de": "Sprechen Sie HTTP/1.1.",
    }
