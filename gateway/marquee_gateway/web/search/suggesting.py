"""What the search field offers while one types."""

from typing import Final

from starlette.responses import Response

from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

SUGGESTIONS: Final = 8


@pages.get("/search/suggestions")
async def suggest(visit: Visit) -> Response:
    """Answer the script of the search field: a piece of HTML."""
    words = visit.query.get("q", "").strip()
    query = {"q": words, "limit": SUGGESTIONS}
    items = (await visit.api.get("/v1/search", query)).required().items if words else []
    return await visit.render_part("search/suggestions.html", items=items, words=words)
