"""Letting an application or a device act for the member: the pages OAuth sends people to."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.responses import RedirectResponse, Response

from marquee_gateway.web.forms import Form
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

ASKED: Final = (
    "response_type",
    "client_id",
    "redirect_uri",
    "code_challenge",
    "code_challenge_method",
    "scope",
    "state",
)
PLACE: Final = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")
NO_DEVICE: Final = 404


@pages.get("/oauth/authorize", member=True)
async def ask(visit: Visit) -> Response:
    """Show who asks for what; a wrong request is told here and sends nobody anywhere."""
    asked = {name: visit.query[name] for name in ASKED if name in visit.query}
    answer = (await visit.api.get("/v1/oauth/authorize", asked)).required()
    return await visit.render(
        "consent/authorize.html",
        form_action=_source(answer.data["redirect_uri"]),
        consent=answer.data,
        asked=asked,
    )


@pages.post("/oauth/authorize", member=True)
async def decide(visit: Visit) -> Response:
    """Tell the application what the member says, and send them back to it."""
    asked: dict[str, Any] = {name: visit.form[name] for name in ASKED if visit.form[name]}
    asked["approve"] = visit.form["decision"] == "allow"
    answer = (await visit.api.post("/v1/oauth/authorize", asked)).required()
    return RedirectResponse(answer.data["redirect_to"], 303)


def _source(uri: str) -> str:
    """Return how a policy names where the form ends up; browsers follow its redirect only there."""
    parts = urlsplit(uri)
    if not SCHEME.fullmatch(parts.scheme):
        return ""
    if parts.scheme not in {"http", "https"}:
        return f"{parts.scheme}:"
    return f"{parts.scheme}://{parts.netloc}" if PLACE.fullmatch(parts.netloc) else ""


@pages.get("/device", member=True)
async def ask_for_device(visit: Visit) -> Response:
    """Ask for the code a device shows, then show which device it is."""
    code = visit.query.get("user_code", "").strip()
    form = Form.of({"user_code": code})
    if not code:
        return await visit.render("consent/device_code.html", form=form)
    answer = await visit.api.get("/v1/oauth/device", {"user_code": code})
    if not answer.ok:
        # Whatever is wrong is wrong with the code, or with how often one was tried.
        form.wrong("user_code", answer.detail)
        return await visit.render("consent/device_code.html", answer.status, form=form)
    return await visit.render("consent/device.html", consent=answer.data, code=code)


@pages.post("/device", member=True)
async def decide_on_device(visit: Visit) -> Response:
    """Let the device in, or not."""
    allows = visit.form["decision"] == "allow"
    body = {"user_code": visit.form["user_code"], "approve": allows}
    answer = await visit.api.post("/v1/oauth/device", body)
    if not answer.ok:
        form = visit.form.wrong("user_code", answer.detail)
        return await visit.render("consent/device_code.html", answer.status, form=form)
    return visit.redirect("/", "consent.device_in" if allows else "consent.device_out")
