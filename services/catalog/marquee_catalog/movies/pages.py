"""Pages of finished JSON, joined without being parsed again."""

from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import Response

from marquee_shared.pagination import BrowseWindow, CursorWindow

JSON = "application/json"


def json_page(
    window: CursorWindow,
    bodies: Sequence[str],
    keys: Sequence[Sequence[Any]],
    *,
    total: int | None = None,
    extra: str = "",
) -> Response:
    """Return a page of a list: `bodies` and `keys` are of up to `limit + 1` items.

    `extra` is JSON text of further members, such as `"facets":{}`.
    """
    end: dict[str, Any] = {"next_cursor": window.next_cursor(keys)}
    if isinstance(window, BrowseWindow) and window.page is not None and total is not None:
        end |= {"page": window.page, "pages": window.pages(total), "total": total}
    items = ",".join(bodies[: window.limit])
    more = f"{extra}," if extra else ""
    body = b'{"items":[' + items.encode() + b"]," + more.encode() + orjson.dumps(end)[1:]
    return Response(body, media_type=JSON)
