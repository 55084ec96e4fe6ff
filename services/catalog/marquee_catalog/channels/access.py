"""Who may write channels, who sees the inactive ones, and how they are addressed."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Path

from marquee_shared.auth.dependencies import OptionalCaller, require_role
from marquee_shared.auth.principals import Principal

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
