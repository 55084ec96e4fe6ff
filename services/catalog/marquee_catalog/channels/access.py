"""Who may write channels, who sees the inactive ones, how they are addressed and answered."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Path, Response, status

from marquee_catalog.movies.pages import JSON
from marquee_shared.auth.dependencies import OptionalCaller, require_role
from marquee_shared.auth.principals import Principal
from marquee_shared.caching import purge

Editor = Annotated[Principal, Depends(require_role("editor"))]


async def _sees_hidden(caller: OptionalCaller) -> bool:
    return caller is not None and caller.has_role("editor")


SeesHidden = Annotated[bool, Depends(_sees_hidden)]
"""Whether the caller, being an editor, is shown inactive channels and contents too."""

TreePath = Annotated[
    str, Path(max_length=16_000, description="Slugs from the root down, joined by `/`.")
]


def location(kind: str, path: str) -> str:
    """Return the address of what lies at a path."""
    return f"/v1/{kind}/{quote(path)}"


def created(kind: str, path: str, written: str) -> Response:
    """Answer with what is new at a path, which changes what is seen of the tree."""
    response = Response(written, status_code=status.HTTP_201_CREATED, media_type=JSON)
    response.headers["Location"] = location(kind, path)
    purge(response, "channels")
    return response


def changed(written: str) -> Response:
    """Answer with what is changed now."""
    response = Response(written, media_type=JSON)
    purge(response, "channels")
    return response


def gone() -> Response:
    """Answer that something is no more."""
    response = Response(status_code=status.HTTP_204_NO_CONTENT)
    purge(response, "channels")
    return response
