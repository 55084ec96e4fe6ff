"""What moderators decided about the member's things, and appealing against it."""

from typing import Final

from starlette.responses import Response

from marquee_gateway.web.api import path
from marquee_gateway.web.forms import Form
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

PAGE: Final = "/settings/decisions"
ROW: Final = 20


@pages.get(PAGE, member=True)
async def show_decisions(visit: Visit) -> Response:
    """Show them, the newest first."""
    return await _show(visit, Form())


@pages.post("/settings/decisions/{id}/appeal", member=True)
async def appeal(visit: Visit) -> Response:
    """Ask for a second look."""
    number = visit.path["id"]
    body = {"note": visit.form["note"]}
    answer = await visit.api.post(path("/v1/reports/{}/appeal", number), body)
    if not answer.ok:
        return await _show(visit, visit.form.refused(answer), answer.status, failed=number)
    return visit.redirect(PAGE, "settings.appealed")


async def _show(visit: Visit, form: Form, status: int = 200, failed: str = "") -> Response:
    query = {"limit": ROW, "cursor": visit.query.get("cursor")}
    found = await visit.api.get("/v1/me/moderation", query)
    return await visit.render(
        "settings/decisions.html", status, tab="decisions", found=found, form=form, failed=failed
    )
