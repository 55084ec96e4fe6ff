"""Cross-origin access for the browsers of listed origins; credentials are never allowed."""

from collections.abc import Iterable
from typing import Final

ALLOWED_HEADERS: Final = (
    b"Accept, Accept-Language, Authorization, Content-Type, Idempotency-Key, If-Match, "
    b"If-None-Match, Traceparent, X-Request-ID"
)
EXPOSED_HEADERS: Final = (
    b"Content-Language, ETag, Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, "
    b"Retry-After, X-Request-ID"
)


class Cors:
    """The allow-list; empty sends no CORS header at all."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._answers = {
            origin.rstrip("/").encode(): (
                b"access-control-allow-origin: %b\r\naccess-control-expose-headers: %b\r\n"
                b"vary: Origin\r\n" % (origin.rstrip("/").encode(), EXPOSED_HEADERS)
            )
            for origin in origins
        }
        self._stranger = b"vary: Origin\r\n" if self._answers else b""

    def headers(self, origin: bytes | None) -> bytes:
        """Return the header lines for an answer to this origin."""
        if origin is None:
            return self._stranger
        return self._answers.get(origin, self._stranger)


def preflight(methods: str) -> bytes:
    """Return the lines that answer a browser's question before it sends the request itself."""
    return (
        b"access-control-allow-methods: %b\r\naccess-control-allow-headers: %b\r\n"
        b"access-control-max-age: 600\r\n" % (methods.encode(), ALLOWED_HEADERS)
    )
