"""Style, script and drawings, from memory, under an address that changes with their content.

The address holds one fingerprint of all files, so that they can name one another relatively and
browsers may keep them for ever.
"""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from marquee_gateway.cache.entry import accepts_gzip
from marquee_gateway.problems import RouteNotFound

FOLDER: Final = Path(__file__).parent / "static"
KINDS: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
FOR_EVER: Final = "public, max-age=31536000, immutable"
AT_ONCE_STALE: Final = "public, no-cache"


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    packed: bytes
    kind: str


class Assets:
    """The files of `static/`."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files: dict[str, _File] = {}
        digest = hashlib.sha256()
        for file in sorted(folder.rglob("*")):
            if file.suffix not in KINDS:
                continue
            content = file.read_bytes()
            name = file.relative_to(folder).as_posix()
            digest.update(name.encode() + content)
            packed = gzip.compress(content, 9, mtime=0)
            self._files[name] = _File(content, packed, KINDS[file.suffix])
        self.fingerprint = digest.hexdigest()[:16]

    def url(self, name: str) -> str:
        """Return a file's address.

        Raises:
            KeyError: there is no such file.
        """
        if name not in self._files:
            raise KeyError(name)
        return f"/static/{self.fingerprint}/{name}"

    async def serve(self, request: Request) -> Response:
        """Answer with a file; one of another time is today's, and not to be kept."""
        file = self._files.get(request.path_params["name"])
        if file is None:
            raise RouteNotFound
        current = request.path_params["fingerprint"] == self.fingerprint
        headers = {
            "cache-control": FOR_EVER if current else AT_ONCE_STALE,
            "vary": "Accept-Encoding",
        }
        packs = file.kind != KINDS[".woff2"]
        given = request.headers.get("accept-encoding", "").encode("latin-1")
        if packs and accepts_gzip(given):
            headers["content-encoding"] = "gzip"
            return Response(file.packed, headers=headers, media_type=file.kind)
        return Response(file.content, headers=headers, media_type=file.kind)
