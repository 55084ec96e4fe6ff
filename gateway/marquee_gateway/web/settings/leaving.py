"""Deleting the account: what goes, when, and how to come back before."""

from typing import Final

from starlette.responses import Response

from marquee_gateway.web.api import path
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

PAGE: Final = "/settings/leave"


@pages.get(PAGE, member=True)
async def explain(visit: Visit) -> Response:
    """Say what would happen."""
    return await visit.render("settings/leave.html", tab="leave")


@pages.post(PAGE, member=True)
async def leave(visit: Visit) -> Response:
    """Ask for erasure once the member has written their name, and end the session."""
    form = visit.form
    if form["username"].strip().removeprefix("@").casefold() != visit.username.casefold():
        form.wrong("username", visit.t("settings.not_your_name"))
        return await visit.render("settings/leave.html", 422, tab="leave")
    content = "anonymise" if form["content"] == "anonymise" else "remove"
    answer = await visit.api.delete("/v1/me", {"content": content})
    if not answer.ok:
        form.refused(answer)
        return await visit.render("settings/leave.html", answer.status, tab="leave")
    receipt = answer.headers.get("location", "").rpartition("/")[2]
    await visit.sign_out()
    return visit.redirect(f"/farewell/{receipt}")


@pages.get("/farewell/{id}")
async def show_receipt(visit: Visit) -> Response:
    """Show how far an erasure is: to whoever has the address, which names nobody."""
    found = (await visit.api.get(path("/v1/erasures/{}", visit.path["id"]))).required().data
    return await visit.render("settings/farewell.html", found=found)
