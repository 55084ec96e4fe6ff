"""The parts of routes that everything with a slug and a past shares."""

from typing import Annotated, Any

from fastapi import Depends, Path, Query

from marquee_shared.auth.dependencies import require_role
from marquee_shared.auth.principals import Principal
from marquee_shared.problems import Forbidden

Editor = Annotated[Principal, Depends(require_role("editor"))]
SlugPath = Annotated[str, Path(max_length=200)]
LanguageCode = Annotated[str, Path(pattern=r"^[a-z]{2,3}$", description="ISO 639 code.")]

MOVED: dict[int | str, dict[str, Any]] = {
    308: {"description": "It has another slug now; `Location` says which."}
}
CREATED: dict[int | str, dict[str, Any]] = {
    201: {"headers": {"Location": {"schema": {"type": "string"}}}}
}


async def _for_good(
    editor: Editor,
    hard: Annotated[bool, Query(description="For good; administrators only.")] = False,
) -> bool:
    if hard and not editor.has_role("administrator"):
        raise Forbidden
    return hard


ForGood = Annotated[bool, Depends(_for_good)]
"""Whether a deletion is for good; 403 unless an administrator asks."""
