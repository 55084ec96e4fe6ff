"""Everything the platform holds of the member, to take along."""

from typing import Final

from starlette.responses import Response

from marquee_gateway.web.api import path
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.settings.importing import SOURCES
from marquee_gateway.web.visit import Visit

pages = Pages()

PAGE: Final = "/settings/export"
ONE: Final = "/v1/me/exports/{}"


@pages.get(PAGE, member=True)
async def offer_export(visit: Visit) -> Response:
    """Show what there is to have."""
    last = await visit.api.get("/v1/me/exports", {"limit": 1})
    return await visit.render("settings/exports.html", tab="export", sources=SOURCES, last=last)


@pages.post(PAGE, member=True)
async def start_export(visit: Visit) -> Response:
    """Have the archive made."""
    answer = await visit.api.post("/v1/me/exports")
    target = f"{PAGE}/{answer.data['id']}" if answer.ok else PAGE
    return visit.done(answer, target)


@pages.get("/settings/export/history", member=True)
async def download_history(visit: Visit) -> Response:
    """Pass on what was watched and rated, in the form of another service."""
    source = {"source": visit.query.get("source", "marquee")}
    streamed = await visit.api.stream("/v1/me/history/export", source)
    if streamed.status != 200:  # noqa: PLR2004 - a problem, shown as a page
        (await streamed.whole()).required()
    return visit.pass_on(streamed)


@pages.get("/settings/export/{id}", member=True)
async def show_export(visit: Visit) -> Response:
    """Show how far the archive is."""
    found = (await visit.api.get(path(ONE, visit.path["id"]))).required().data
    return await visit.render("settings/export.html", tab="export", found=found)


@pages.get("/settings/export/{id}/archive", member=True)
async def download_archive(visit: Visit) -> Response:
    """Pass on the archive."""
    streamed = await visit.api.stream(f"{path(ONE, visit.path['id'])}/archive")
    if streamed.status != 200:  # noqa: PLR2004 - a problem, shown as a page
        (await streamed.whole()).required()
    return visit.pass_on(streamed)
