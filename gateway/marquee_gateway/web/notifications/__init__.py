"""What happened to the member's own things: as it happens."""

from starlette.responses import Response

from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()


@pages.get("/live", member=True)
async def follow(visit: Visit) -> Response:
    """Pass on the member's stream of notifications."""
    return visit.pass_on(await visit.api.stream("/v1/stream"))
