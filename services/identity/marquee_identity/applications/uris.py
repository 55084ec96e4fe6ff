"""Where an application may be answered to (RFC 8252, RFC 9700).

`https` anywhere; `http` on this very machine, by number and on any port; a scheme of the
application's own, named by a domain turned around, such as `com.example.tv:/signed-in`.
"""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit

LONGEST_URI: Final = 500
LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
ALLOWED_CHARACTERS: Final = re.compile(r"[A-Za-z0-9\-._~:/?@!$&'()*+,;=%\[\]]+")
OWN_SCHEME: Final = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")


def checked_redirect_uri(value: str) -> str:
    """Return a redirect URI that an application may register.

    Raises:
        ValueError: it is none, and why.
    """
    parts = _split(value)
    if parts is None or ALLOWED_CHARACTERS.fullmatch(value) is None:
        message = "not an absolute URI without a fragment"
    elif OWN_SCHEME.fullmatch(parts.scheme) and value.startswith(f"{parts.scheme}:/"):
        return value
    elif parts.scheme not in {"http", "https"} or not parts.hostname:
        message = "needs https, or a scheme of your own with a dot, such as com.example.app:/cb"
    elif "@" in parts.netloc:
        message = "must not name a user"
    elif parts.scheme == "http" and parts.hostname not in LOOPBACK:
        message = "http is only for 127.0.0.1 and [::1]"
    else:
        return value
    raise ValueError(message)


def is_registered(uri: str, registered: Sequence[str]) -> bool:
    """Whether a request's URI is one of the registered ones, to the letter.

    On this very machine the port may be another each time (RFC 8252, 7.3).
    """
    return uri in registered or _without_port(uri) in {
        portless for each in registered if (portless := _without_port(each)) is not None
    }


def with_parameters(uri: str, parameters: dict[str, str]) -> str:
    """Return a redirect URI with parameters behind those that it has."""
    parts = urlsplit(uri)
    query = "&".join(part for part in (parts.query, urlencode(parameters)) if part)
    return urlunsplit(parts._replace(query=query))


def _split(uri: str) -> SplitResult | None:
    try:
        parts = urlsplit(uri)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    return parts if parts.scheme and not parts.fragment else None


def _without_port(uri: str) -> SplitResult | None:
    """Return a loopback URI but for its port; None for any other."""
    parts = _split(uri)
    if parts is None or parts.scheme != "http" or parts.hostname not in LOOPBACK:
        return None
    if "@" in parts.netloc:
        return None
    return parts._replace(netloc=parts.hostname)
