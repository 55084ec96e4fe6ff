"""Lists by cursor and by page.

A cursor is the sort key of the last item shown, so nothing is skipped or repeated while items
are added. It is signed together with the route, its filters and its sort: a cursor from
another list, or one that was tampered with, is 422 `invalid_cursor`.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field

from marquee_shared.problems import Invalid, InvalidCursor
from marquee_shared.settings import ServiceSettings

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
MAX_PAGE = 10_000
UNBOUND = frozenset({"cursor", "page", "limit", "fields", "include", "lang"})
"""Parameters that do not change which list a cursor belongs to."""

ItemT = TypeVar("ItemT")


class CursorPage(BaseModel, Generic[ItemT]):
    """One stretch of a list; `next_cursor` is null at the end."""

    items: list[ItemT]
    next_cursor: str | None = Field(description="Pass it as `cursor` for what follows.")


class BrowsePage(CursorPage[ItemT], Generic[ItemT]):
    """One stretch of a list that can also be browsed by number: the last three with `?page=`."""

    page: int | None = Field(default=None, description="Only with `?page=`.")
    pages: int | None = Field(default=None, description="Only with `?page=`.")
    total: int | None = Field(default=None, description="Only with `?page=`.")


def _mac(secret: bytes, binding: bytes, payload: bytes) -> bytes:
    return hmac.new(secret, binding + b"\x00" + payload, hashlib.sha256).digest()[:12]


def _binding(request: Request) -> bytes:
    filters = sorted(
        (key, value) for key, value in request.query_params.multi_items() if key not in UNBOUND
    )
    return orjson.dumps([request.url.path, filters])


@dataclass(frozen=True, slots=True)
class CursorWindow:
    """Where in a list to go on: `after` is the sort key of the last item seen, or None."""

    limit: int
    after: Sequence[Any] | None
    _secret: bytes
    _bound_to: bytes

    def cursor(self, key: Sequence[Any]) -> str:
        """Return the cursor that goes on after an item with this sort key (JSON values)."""
        payload = orjson.dumps(list(key), default=str)
        signed = _mac(self._secret, self._bound_to, payload) + payload
        return base64.urlsafe_b64encode(signed).decode().rstrip("=")

    def next_cursor(self, keys: Sequence[Sequence[Any]]) -> str | None:
        """Return the cursor after the page whose `limit + 1` candidate keys these are, or None."""
        return self.cursor(keys[self.limit - 1]) if len(keys) > self.limit else None


@dataclass(frozen=True, slots=True)
class BrowseWindow(CursorWindow):
    """A cursor window, or a numbered page when `page` is not None."""

    page: int | None = None

    @property
    def offset(self) -> int:
        """Return how many items to pass over in a numbered page."""
        return ((self.page or 1) - 1) * self.limit

    def pages(self, total: int) -> int:
        """Return how many pages a total makes."""
        return -(-total // self.limit)


def _decode(request: Request, secret: bytes, cursor: str) -> list[Any]:
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (ValueError, UnicodeEncodeError) as error:
        raise InvalidCursor from error
    mac, payload = raw[:12], raw[12:]
    if not hmac.compare_digest(mac, _mac(secret, _binding(request), payload)):
        raise InvalidCursor
    key: list[Any] = orjson.loads(payload)
    return key


Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many items at most.")]
Cursor = Annotated[
    str | None, Query(max_length=2000, description="`next_cursor` of the answer before.")
]


def _secret(request: Request) -> bytes:
    settings: ServiceSettings = request.app.state.settings
    return settings.secret_key.get_secret_value().encode()


async def cursor_window(
    request: Request, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> CursorWindow:
    """Parse `limit` and `cursor`."""
    secret = _secret(request)
    after = _decode(request, secret, cursor) if cursor is not None else None
    return CursorWindow(limit, after, secret, _binding(request))


async def browse_window(
    request: Request,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page: Annotated[
        int | None, Query(ge=1, le=MAX_PAGE, description="Page number, in place of `cursor`.")
    ] = None,
) -> BrowseWindow:
    """Parse `limit` and either `cursor` or `page`."""
    if cursor is not None and page is not None:
        raise Invalid.at("/query/page", "page_with_cursor", "Give either page or cursor.")
    secret = _secret(request)
    after = _decode(request, secret, cursor) if cursor is not None else None
    return BrowseWindow(limit, after, secret, _binding(request), page)


CursorWindowDep = Annotated[CursorWindow, Depends(cursor_window)]
BrowseWindowDep = Annotated[BrowseWindow, Depends(browse_window)]
