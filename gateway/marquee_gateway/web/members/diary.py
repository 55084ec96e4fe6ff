"""What the member themselves watched, rated and marked, and where to go on watching."""

from typing import Any, Final

from starlette.responses import Response

from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

SHOWN: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "going_on": ("/v1/me/history", {"state": "in_progress"}),
    "watched": ("/v1/me/history", {"state": "completed"}),
    "rated": ("/v1/me/ratings", {}),
    "marked": ("/v1/me/signals", {}),
}
ROW: Final = 30


@pages.get("/history", member=True)
async def show_diary(visit: Visit) -> Response:
    """Show one of the member's own records."""
    shown = visit.query.get("shown", "going_on")
    if shown not in SHOWN:
        shown = "going_on"
    place, filters = SHOWN[shown]
    query = {**filters, "limit": ROW, "cursor": visit.query.get("cursor")}
    records = await visit.api.get(place, query)
    return await visit.render("members/diary.html", shown=shown, choices=list(SHOWN), page=records)
