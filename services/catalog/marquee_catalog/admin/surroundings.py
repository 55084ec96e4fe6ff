"""What stands around the panel: addresses, security headers, purges.

The panel stands behind a gateway and does not know the name it is reached by, so every address
in it is relative to the root. Scripts run only from this service or with the page's nonce.
"""

import base64
import hashlib
import re
import secrets
from typing import Any, Final

from jinja2 import Environment
from jinja2.ext import Extension
from starlette.applications import Starlette
from starlette.datastructures import URL, Headers, MutableHeaders, URLPath
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marquee_catalog.admin.calls import API, PURGES

BASE: Final = "/admin"
NONCE: Final = "marquee.nonce"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
SAME: Final = frozenset({"same-origin", "none"})

_HANDLERS: Final = ("applyColumnVisibility()", "window.location = this.value")
"""The two event handlers that the library's templates write into attributes."""


def _hashed(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


_HASHES: Final = " ".join(_hashed(script) for script in _HANDLERS)


def _policy(nonce: str) -> str:
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; "
        f"script-src-attr 'unsafe-hashes' {_HASHES}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


class Nonces(Extension):
    """Writes the page's nonce into the script tags of templates: theirs, never of what is shown."""

    _tag = re.compile(r"<script(?=[\s>])")

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Change a template as it is loaded."""
        del name, filename
        return self._tag.sub("<script nonce=\"{{ request.scope['marquee.nonce'] }}\"", source)


def add_nonces(environment: Environment) -> None:
    """Let every template that is loaded from now on carry nonces."""
    environment.add_extension(Nonces)


class _RootPath(URLPath):
    """A path that stays one where an absolute address is asked for."""

    def make_absolute_url(self, base_url: str | URL) -> URL:
        del base_url
        return URL(str(self).removesuffix("/") or "/")


class _Addresses:
    """Stands in for the outermost router when addresses are made."""

    def __init__(self, mount: Mount) -> None:
        self._mount = mount

    def url_path_for(self, name: str, /, **parameters: Any) -> URLPath:
        path = self._mount.url_path_for(name, **parameters)
        return _RootPath(str(path), path.protocol, path.host)


class Surroundings:
    """The panel as the service mounts it, at `/admin` and below."""

    def __init__(self, panel: Starlette, api: ASGIApp, *, secure: bool) -> None:
        self._panel = panel
        self._api = api
        self._secure = secure
        self._addresses = _Addresses(Mount(BASE, app=panel, name="admin"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = Headers(scope=scope)
        nonce = secrets.token_urlsafe(16)
        purges: dict[str, list[str]] = {}
        inner = {
            **scope,
            "root_path": BASE,
            "path": scope["path"] if scope["path"] != BASE else f"{BASE}/",
            "headers": [pair for pair in scope["headers"] if pair[0] != b"host"],
            "server": None,
            "router": self._addresses,
            NONCE: nonce,
            API: self._api,
            PURGES: purges,
        }

        async def send_out(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._finish(MutableHeaders(scope=message), nonce, purges)
            await send(message)

        app: ASGIApp = self._panel
        if scope["method"] not in SAFE and headers.get("sec-fetch-site", "none") not in SAME:
            # Besides the token in every form: a browser says where a request comes from.
            app = PlainTextResponse("This form was sent from another site.", 403)
        await app(inner, receive, send_out)

    def _finish(self, headers: MutableHeaders, nonce: str, purges: dict[str, list[str]]) -> None:
        headers["Content-Security-Policy"] = _policy(nonce)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        if headers.get("location") == f"{BASE}/":
            headers["location"] = BASE  # the gateway takes no empty segment
        headers["Referrer-Policy"] = "same-origin"
        if not headers.get("cache-control"):
            static = headers.get("etag") and "text/html" not in headers.get("content-type", "")
            headers["Cache-Control"] = "public, max-age=3600" if static else "private, no-store"
        if self._secure:
            cookies = headers.getlist("set-cookie")
            del headers["set-cookie"]
            for cookie in cookies:
                kept = cookie if "; secure" in cookie.lower() else f"{cookie}; Secure"
                headers.append("set-cookie", kept)
        for name, values in purges.items():
            headers[name] = ",".join(values)
