"""Finding films and people."""

from typing import Final

from starlette.responses import Response

from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

SUGGESTIONS: Final = 8


@pages.get("/search/suggestions")
async def suggest(visit: Visit) -> Response:
    """What the search field offers while one types: a piece of HTML."""
    words = visit.query.get("q", "").strip()
    answer = (await visit.api.get("/v1/search", {"q": words, "limit": SUGGESTIONS})).required()
    return await visit.render_part("search/suggestions.html", items=answer.items)
