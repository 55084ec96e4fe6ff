"""Refuses requests that another reader could understand differently (request smuggling).

httptools already refuses conflicting or doubled `Content-Length` and `Transfer-Encoding`, bare
line feeds, obs-fold, blanks before the colon and control characters. What it lets through is
refused here: absolute-form and asterisk targets, empty, dot and encoded-slash segments, a missing
or malformed Host, repeated single-valued headers, transfer codings other than `chunked`.
"""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

from marquee_gateway.problems import MalformedRequest, VersionNotSupported

URL_LIMIT: Final = 8_192
HEADERS_LIMIT: Final = 32_768
HEADER_COUNT_LIMIT: Final = 100

SINGLE_VALUED: Final = frozenset(
    {
        b"authorization", b"content-length", b"content-type", b"content-encoding", b"expect",
        b"host", b"idempotency-key", b"if-modified-since", b"if-unmodified-since", b"origin",
        b"range", b"referer", b"traceparent", b"transfer-encoding", b"user-agent",
        b"x-request-id",
    }
)  # fmt: skip

_PATH = re.compile(rb"(?:/[A-Za-z0-9\-._~!$&'()*+,;=:@%]+)+|/")
_QUERY = re.compile(rb"[\x21\x22\x24-\x7e]*")
_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")
_HOST = re.compile(
    rb"(?:[A-Za-z0-9](?:[A-Za-z0-9._\-]*[A-Za-z0-9])?\.?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?"
)
_FORBIDDEN_DECODED = re.compile(rb"[\x00-\x1f\x7f/\\]")


def check_target(target: bytes) -> tuple[bytes, bytes]:
    """Split a request target into path and query, both still escaped.

    Raises:
        MalformedRequest: not in origin form, or ambiguous.
    """
    path, _, query = target.partition(b"?")
    if not path.startswith(b"/"):
        raise MalformedRequest(reason="the target must be a path")
    if _PATH.fullmatch(path) is None:
        raise MalformedRequest(reason="the path holds an empty segment or a forbidden character")
    if _QUERY.fullmatch(query) is None:
        raise MalformedRequest(reason="the query holds a forbidden character")
    if b"%" in path:
        _check_escapes(path)
    elif b"/." in path:
        _check_dots(path)
    return path, query


def _check_escapes(path: bytes) -> None:
    if path.count(b"%") != len(_ESCAPE.findall(path)):
        raise MalformedRequest(reason="the path holds a broken escape")
    segments = [unquote_to_bytes(segment) for segment in path.split(b"/")]
    if any(_FORBIDDEN_DECODED.search(segment) for segment in segments):
        raise MalformedRequest(reason="the path holds an escaped slash or control character")
    try:
        path = b"/".join(segments)
        path.decode()
    except UnicodeDecodeError as error:
        raise MalformedRequest(reason="the path is not UTF-8") from error
    _check_dots(path)


def _check_dots(path: bytes) -> None:
    if not {b".", b".."}.isdisjoint(path.split(b"/")):
        raise MalformedRequest(reason="the path holds a dot segment")


@lru_cache(maxsize=256)
def _is_host(value: bytes) -> bool:
    return _HOST.fullmatch(value) is not None


def check_headers(fields: dict[bytes, bytes], version: str, hosts: frozenset[bytes]) -> None:
    """Refuse what httptools lets through in version and headers; `hosts` empty allows any name.

    Raises:
        MalformedRequest: a missing, malformed or foreign Host, or unclear framing.
        VersionNotSupported: neither HTTP/1.1 nor HTTP/1.0.
    """
    if version not in {"1.1", "1.0"}:
        raise VersionNotSupported
    host = fields.get(b"host")
    if host is None:
        if version == "1.1":
            raise MalformedRequest(reason="the Host header is missing")
    elif not _is_host(host):
        raise MalformedRequest(reason="the Host header is malformed")
    elif hosts and host.lower() not in hosts:
        raise MalformedRequest(reason="this host is not served here")
    coding = fields.get(b"transfer-encoding")
    if coding is not None and (coding.lower() != b"chunked" or version == "1.0"):
        raise MalformedRequest(reason="the only transfer coding is chunked, and only in HTTP/1.1")
    if len(fields) > HEADER_COUNT_LIMIT:
        raise MalformedRequest(reason=f"more than {HEADER_COUNT_LIMIT} headers")


def repeat(fields: dict[bytes, bytes], name: bytes, value: bytes) -> bool:
    """Join a repeated header to the first, as RFC 9110 allows for lists; False when it may not."""
    if name in SINGLE_VALUED:
        return False
    separator = b"; " if name == b"cookie" else b", "
    fields[name] = fields[name] + separator + value
    return True
