"""Who sees what, and whether the member takes part in experiments."""

import asyncio
from typing import Final

from starlette.responses import Response

from marquee_gateway.web.forms import Form
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

PAGE: Final = "/settings/privacy"
SURFACES: Final = ("ratings", "activity", "watch_time", "stats", "friends")
OPT_OUT: Final = "/v1/me/experiments/opt-out"


@pages.get(PAGE, member=True)
async def show_privacy(visit: Visit) -> Response:
    """Show who sees what."""
    privacy, experiments = await asyncio.gather(
        visit.api.get("/v1/me/privacy"), visit.api.get("/v1/me/experiments")
    )
    form = Form.of(privacy.data) if privacy.ok else Form()
    return await visit.render(
        "settings/privacy.html",
        tab="privacy",
        form=form,
        privacy=privacy,
        surfaces=SURFACES,
        experiments=experiments,
    )


@pages.post(PAGE, member=True)
async def change_privacy(visit: Visit) -> Response:
    """Change it."""
    form = visit.form
    body = {name: form[name] for name in SURFACES if name in form.values}
    return visit.done(await visit.api.patch("/v1/me/privacy", body), PAGE, "settings.saved")


@pages.post("/settings/experiments", member=True)
async def take_part(visit: Visit) -> Response:
    """Take part in experiments, or leave them all."""
    leaves = visit.form["do"] == "leave"
    answer = await (visit.api.put(OPT_OUT) if leaves else visit.api.delete(OPT_OUT))
    return visit.done(answer, PAGE, "settings.saved")
