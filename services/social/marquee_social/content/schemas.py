"""What reviews and comments show alike."""

from typing import Annotated

from fastapi import Depends, Query
from pydantic import Field

from marquee_shared.auth.dependencies import OptionalCaller
from marquee_shared.schemas import ResponseModel
from marquee_social.content.rules import Viewer

MAX_ID = 2**63 - 1


async def _viewer(
    caller: OptionalCaller,
    spoilers: Annotated[
        str | None,
        Query(pattern="^show$", description="`show`: do not keep spoilers from me."),
    ] = None,
) -> Viewer:
    return Viewer.of(caller, spoilers=spoilers is not None)


ViewerDep = Annotated[Viewer, Depends(_viewer)]
"""Who looks at content, and whether they asked to see spoilers."""

ContentId = Annotated[int, Field(ge=1, le=MAX_ID)]


class ReactionsRead(ResponseModel):
    """The reactions to one thing."""

    counts: dict[str, int] = Field(
        description="How many members gave each.", examples=[{"LIKE": 3, "POPCORN": 1}]
    )
    mine: list[str] = Field(description="Those of the caller.", examples=[["LIKE"]])
