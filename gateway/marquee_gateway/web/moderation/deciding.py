"""What moderators do: the queue, one report, the log."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.responses import Response

from marquee_gateway.web.api import path
from marquee_gateway.web.forms import Form
from marquee_gateway.web.moderation.reporting import REASONS, TARGETS
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

PAGE: Final = "/moderation"
ONE: Final = "/v1/moderation/reports/{}"
STATES: Final = ("open", "appealed", "actioned", "dismissed")
ROW: Final = 30
DAYS: Final = ("1", "7", "30")
WITHOUT_END: Final = "ever"


@pages.get(PAGE, member=True)
async def show_queue(visit: Visit) -> Response:
    """Show what waits for a decision; or what was decided."""
    query = visit.query
    given = {
        "state": query.get("state", STATES[0]),
        "target": query.get("target"),
        "reason": query.get("reason"),
    }
    window = {"limit": ROW, "cursor": query.get("cursor")}
    found = (await visit.api.get("/v1/moderation/reports", {**given, **window})).required()
    return await visit.render(
        "moderation/queue.html",
        tab="queue",
        found=found,
        given=given,
        form=Form.of(given),
        states=STATES,
        targets=TARGETS,
        reasons=REASONS,
    )


@pages.get("/moderation/log", member=True)
async def show_log(visit: Visit) -> Response:
    """Show who decided what."""
    query = {"limit": ROW, "cursor": visit.query.get("cursor"), "report": visit.query.get("report")}
    found = (await visit.api.get("/v1/moderation/log", query)).required()
    return await visit.render("moderation/log.html", tab="log", found=found)


@pages.get("/moderation/{id}", member=True)
async def show_report(visit: Visit) -> Response:
    """Show what was reported, as it stood, and what can be done."""
    return await _show(visit, Form())


@pages.post("/moderation/{id}", member=True)
async def decide(visit: Visit) -> Response:
    """Decide it."""
    form = visit.form
    way = form["do"]
    body: dict[str, Any] = {
        "state": "dismissed" if way == "dismiss" else "actioned",
        "note": form["note"],
    }
    if way not in {"dismiss", "uphold"}:
        body["action"] = way
    if way == "suspend" and form["days"] != WITHOUT_END:
        days = form["days"] if form["days"] in DAYS else DAYS[0]
        until = datetime.now(UTC) + timedelta(days=int(days))
        body["until"] = until.isoformat(timespec="seconds")
    answer = await visit.api.patch(path(ONE, visit.path["id"]), body)
    if not answer.ok:
        return await _show(visit, form.refused(answer), answer.status)
    return visit.redirect(PAGE, "moderation.decided")


async def _show(visit: Visit, form: Form, status: int = 200) -> Response:
    number = visit.path["id"]
    found, log = await asyncio.gather(
        visit.api.get(path(ONE, number)),
        visit.api.get("/v1/moderation/log", {"report": number, "limit": ROW}),
    )
    return await visit.render(
        "moderation/report_shown.html",
        status,
        tab="queue",
        report=found.required().data,
        log=log,
        form=form,
        days=(*DAYS, WITHOUT_END),
    )
