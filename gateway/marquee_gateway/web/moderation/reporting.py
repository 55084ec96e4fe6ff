"""Telling moderators of something that is wrong."""

from typing import Any, Final

from starlette.responses import Response

from marquee_gateway.problems import RouteNotFound
from marquee_gateway.web import links
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.refusals import came_from
from marquee_gateway.web.visit import Visit

pages = Pages()

PAGE: Final = "/report"
TARGETS: Final = ("review", "comment", "list", "user")
REASONS: Final = ("spam", "abuse", "spoiler", "illegal", "other")


@pages.get(PAGE, member=True)
async def ask_what(visit: Visit) -> Response:
    """Ask what is wrong with a thing.

    Raises:
        RouteNotFound: there are no such things.
    """
    kind = visit.query.get("type", "")
    if kind not in TARGETS or not visit.query.get("id"):
        raise RouteNotFound
    return await _show(visit, kind, came_from(visit))


@pages.post(PAGE, member=True)
async def report(visit: Visit) -> Response:
    """Tell the moderators."""
    form = visit.form
    number = form["id"]
    is_number = form["type"] != "user" and number.isascii() and number.isdecimal()
    target: dict[str, Any] = {"type": form["type"], "id": int(number) if is_number else number}
    body = {"target": target, "reason": form["reason"], "note": form["note"]}
    answer = await visit.api.post("/v1/reports", body)
    if answer.ok:
        return visit.redirect(visit.next, "moderation.reported")
    form.refused(answer)
    if any(error["pointer"] == "/reason" for error in answer.errors):
        form.wrong("reason", visit.t("moderation.no_reason")).message = ""
    return await _show(visit, form["type"], links.local(form["next"]), answer.status)


async def _show(visit: Visit, kind: str, back: str, status: int = 200) -> Response:
    number = visit.form["id"] or visit.query.get("id", "")
    return await visit.render(
        "moderation/report.html", status, kind=kind, number=number, reasons=REASONS, back=back
    )
