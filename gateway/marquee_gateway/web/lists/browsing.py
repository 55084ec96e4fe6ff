"""Everybody's lists, and first one's own."""

import asyncio
from typing import Final

from starlette.responses import Response

from marquee_gateway.web.api import Answer
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

ROW: Final = 24
OWN: Final = 100


@pages.get("/lists")
async def browse(visit: Visit) -> Response:
    """Search the lists that the visitor may see; a member finds their own on top."""
    words, page = visit.query.get("q", "").strip(), visit.query.get("page")
    found, own = await asyncio.gather(
        visit.api.get("/v1/lists", {"q": words, "page": page or 1, "limit": ROW}), _own(visit)
    )
    if found.status == 422:  # noqa: PLR2004 - no such page, or words too long
        found.required()
    return await visit.render("lists/lists.html", words=words, found=found, own=own)


async def _own(visit: Visit) -> Answer | None:
    """Ask for the member's lists where they stand on the page: above no results."""
    if visit.member is None or visit.query.get("q") or visit.query.get("page", "1") != "1":
        return None
    return await visit.api.get("/v1/me/lists", {"limit": OWN})
