"""An answer that everyone may be given."""

import gzip
import hashlib
import re
from functools import lru_cache
from typing import Final, Self

import orjson

from marquee_gateway.routes import Cache

COMPRESS_FROM: Final = 1024
CACHED_LEVEL: Final = 6
LARGEST: Final = 262_144

_TAG = re.compile(rb"[A-Za-z0-9:._\-]{1,200}")
_OVERHEAD: Final = 600
"""What an entry takes besides its bytes, roughly."""

_COMPRESSIBLE = re.compile(
    rb"(?:text/(?!event-stream)|application/(?:[a-z.\-]+\+)?(?:json|xml|javascript))"
)
_KNOWN_VARY: Final = frozenset(
    {b"accept-encoding", b"accept-language", b"accept", b"origin", b"authorization"}
)


NOT_MODIFIED_NAMES: Final = (b"etag", b"cache-control", b"vary", b"content-location", b"expires")


class Entry:
    """A whole answer, its header lines ready to send; `etag` includes its quotation marks."""

    __slots__ = (
        "_compressible",
        "_gzipped",
        "body",
        "etag",
        "expires_at",
        "gzip_etag",
        "lines",
        "not_modified",
        "status",
        "tags",
    )

    def __init__(
        self,
        *,
        status: int,
        lines: bytes,
        etag: bytes,
        body: bytes,
        tags: frozenset[bytes],
        expires_at: float,
    ) -> None:
        self.status = status
        self.lines = lines
        self.not_modified = not_modified_lines(lines)
        self.etag = etag
        self.gzip_etag = gzip_etag(etag)
        self.body = body
        self.tags = tags
        self.expires_at = expires_at
        self._gzipped: bytes | None = None
        self._compressible = len(body) >= COMPRESS_FROM and _tells_of_text(lines)

    @property
    def size(self) -> int:
        """Bytes of memory it takes, its compressed form included."""
        compressed = len(self.body) // 2 if self._compressible else 0
        return len(self.body) + compressed + len(self.lines) + _OVERHEAD

    @property
    def compressible(self) -> bool:
        """Whether it is long enough to be sent compressed."""
        return self._compressible

    def gzipped(self) -> bytes:
        """Return the compressed body, made once."""
        if self._gzipped is None:
            self._gzipped = gzip.compress(self.body, CACHED_LEVEL, mtime=0)
        return self._gzipped

    def pack(self) -> bytes:
        """Return it as Redis keeps it."""
        head = orjson.dumps(
            [
                self.status,
                self.lines.decode("latin-1"),
                self.etag.decode("latin-1"),
                [tag.decode() for tag in self.tags],
            ]
        )
        return b"%d\n%b%b" % (len(head), head, self.body)

    @classmethod
    def unpack(cls, packed: bytes, expires_at: float) -> Self:
        """Read what `pack` has written."""
        length, _, rest = packed.partition(b"\n")
        status, lines, etag, tags = orjson.loads(rest[: int(length)])
        return cls(
            status=status,
            lines=lines.encode("latin-1"),
            etag=etag.encode("latin-1"),
            body=rest[int(length) :],
            tags=frozenset(tag.encode() for tag in tags),
            expires_at=expires_at,
        )


def parse_tags(header: bytes | None) -> frozenset[bytes]:
    """Return the tags of a `Cache-Tag` or `Cache-Purge` header; malformed ones are dropped."""
    if header is None:
        return frozenset()
    return frozenset(tag for part in header.split(b",") if _TAG.fullmatch(tag := part.strip()))


def may_be_shared(fields: dict[bytes, bytes], repeated: list[tuple[bytes, bytes]]) -> bool:
    """Whether an answer may be given to others than the one who asked."""
    names = {name for name, _ in repeated}
    if b"set-cookie" in fields or b"set-cookie" in names:
        return False
    control = fields.get(b"cache-control", b"").lower()
    if b"no-store" in control or b"private" in control:
        return False
    vary = {part.strip().lower() for part in fields.get(b"vary", b"").split(b",")} - {b""}
    return vary <= _KNOWN_VARY


def make_etag(body: bytes) -> bytes:
    """Return a strong ETag for a body whose service gave none."""
    return b'"%b"' % hashlib.blake2b(body, digest_size=12).hexdigest().encode()


def gzip_etag(etag: bytes) -> bytes:
    """Return the ETag of the compressed form: other bytes, so another strong tag."""
    return etag[:-1] + b'-gzip"' if etag.endswith(b'"') else etag


def names_etag(header: bytes, etag: bytes) -> bool:
    """Whether an `If-None-Match` names this ETag in either form; weak comparison."""
    return etag.removeprefix(b"W/") in header or gzip_etag(etag) in header or header.strip() == b"*"


def not_modified_lines(lines: bytes) -> bytes:
    """Return those of an answer's header lines that a 304 repeats (RFC 9110, 15.4.5)."""
    return b"".join(
        line + b"\r\n" for line in lines.split(b"\r\n") if line.startswith(NOT_MODIFIED_NAMES)
    )


def vary_line(policy: Cache) -> bytes:
    """Return the `Vary` of a route's answers; a member's token may carry their language."""
    extra = b", Accept-Language, Authorization" if "lang" in policy.vary else b""
    extra += b", Accept" if "accept" in policy.vary else b""
    return b"vary: Accept-Encoding%b\r\n" % extra


@lru_cache(maxsize=256)
def is_compressible(content_type: bytes) -> bool:
    """Whether a type is text that compressing makes shorter, and no stream of events."""
    return _COMPRESSIBLE.match(content_type) is not None


@lru_cache(maxsize=512)
def accepts_gzip(header: bytes | None) -> bool:
    """Whether an `Accept-Encoding` takes gzip."""
    if header is None:
        return False
    for part in header.lower().split(b","):
        coding, _, weight = part.partition(b";")
        if coding.strip() in {b"gzip", b"*"}:
            return weight.replace(b" ", b"") not in {b"q=0", b"q=0.0", b"q=0.00", b"q=0.000"}
    return False


def _tells_of_text(lines: bytes) -> bool:
    _, found, rest = lines.partition(b"content-type: ")
    plain = b"content-encoding: " not in lines
    return plain and bool(found) and is_compressible(rest.partition(b"\r\n")[0])
