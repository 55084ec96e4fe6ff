"""What browsers may do with a page, and which requests are taken for a member's own."""

import hashlib
import re
import secrets
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

NONCE_PLACE: Final = f"nonce-{secrets.token_hex(16)}"
"""Stands in rendered pages where the nonce goes: so that a page's ETag does not depend on it."""

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

_ETAG: Final = re.compile(r'"([0-9a-f]{32})\.([A-Za-z0-9_-]{22})"')


def content_policy(nonce: str, form_action: str = "") -> str:
    """Return the Content-Security-Policy: nothing but this site's own, script and style by nonce.

    `form_action` names a further place that a form of the page may lead to.
    """
    return (
        "default-src 'none'; "
        f"script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'nonce-{nonce}'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
        f"form-action 'self'{form_action and ' ' + form_action}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def fingerprint(html: str) -> str:
    """Return what tells one content from another."""
    return hashlib.sha256(html.encode()).hexdigest()[:32]


def new_nonce() -> str:
    """Return a nonce of 128 bits."""
    return secrets.token_urlsafe(16)


def etag(content: str, nonce: str) -> str:
    """Return the ETag of a page: its content, and the nonce its copy in the browser carries.

    A 304 must name the policy of that copy, so the browser tells us which it was.
    """
    return f'"{content}.{nonce}"'


def kept_nonce(if_none_match: str | None, content: str) -> str | None:
    """Return the nonce of the browser's copy where that is still this content."""
    for found in _ETAG.finditer(if_none_match or ""):
        if found[1] == content:
            return found[2]
    return None


def needs_https(public_url: str, *, production: bool) -> bool:
    """Whether cookies may go over https alone: everywhere but on the machine itself."""
    url = urlsplit(public_url)
    if url.hostname is None:
        return production
    return url.scheme == "https" or url.hostname not in LOOPBACK


def is_own_request(request: Request, public_url: str) -> bool:
    """Whether a form was sent from a page of this site, as far as the browser says."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    own = {urlsplit(public_url).netloc} if public_url else set()
    return urlsplit(origin).netloc in own | {request.headers.get("host")}
