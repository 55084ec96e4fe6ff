"""Where the member is signed in, and what happened to the account's safety."""

import asyncio
from typing import Final

from starlette.responses import Response

from marquee_gateway.web.api import path
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit
from marquee_gateway.web.words import Speech

pages = Pages()

PAGE: Final = "/settings/sessions"
SESSIONS: Final = 100
EVENTS: Final = 20
BROWSERS: Final = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"),
                   ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
SYSTEMS: Final = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
                  ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"))  # fmt: skip
"""What a browser's name for itself holds, and what people call it; the first one counts, since
browsers also give the names of those they are like."""


@pages.get(PAGE, member=True)
async def show_sessions(visit: Visit) -> Response:
    """Show sessions and events."""
    sessions, events = await asyncio.gather(
        visit.api.get("/v1/me/sessions", {"limit": SESSIONS}),
        visit.api.get(
            "/v1/me/security-events", {"limit": EVENTS, "cursor": visit.query.get("cursor")}
        ),
    )
    return await visit.render(
        "settings/sessions.html",
        tab="sessions",
        sessions=sessions,
        events=events,
        device=lambda agent: device(visit.t, agent),
    )


@pages.post(PAGE, member=True)
async def end_sessions(visit: Visit) -> Response:
    """End one session, or all but this."""
    one = visit.form["session"]
    place = path("/v1/me/sessions/{}", one) if one else "/v1/me/sessions"
    note = "settings.session_ended" if one else "settings.sessions_ended"
    return visit.done(await visit.api.delete(place), PAGE, note)


def device(t: Speech, agent: str) -> str:
    """Return what people call a browser and its machine; what is no browser, as it says itself."""
    browser = next((name for sign, name in BROWSERS if sign in agent), None)
    system = next((name for sign, name in SYSTEMS if sign in agent), None)
    if browser is None or system is None:
        return agent
    return t("settings.device", browser=browser, system=system)
