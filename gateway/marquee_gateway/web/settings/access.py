"""What may act for the member: their own tokens, and applications of others and their own."""

import asyncio
from typing import Any, Final

from starlette.responses import Response

from marquee_gateway.web.api import path
from marquee_gateway.web.forms import Form
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

PAGE: Final = "/settings/access"
MOST: Final = 100
DAYS: Final = ("30", "90", "365")


@pages.get(PAGE, member=True)
async def show_access(visit: Visit) -> Response:
    """Show tokens and applications."""
    return await _show(visit, Form())


@pages.post("/settings/tokens", member=True)
async def make_token(visit: Visit) -> Response:
    """Make a token, and show it: this once, so by no redirect and in no history."""
    form = visit.form
    days = form["expires_in_days"]
    body = {
        "name": form["name"],
        "scopes": form.all("scopes"),
        "expires_in_days": int(days) if days in DAYS else int(DAYS[0]),
    }
    answer = await visit.api.post("/v1/me/tokens", body)
    if not answer.ok:
        scopes = [error for error in answer.errors if error["pointer"].startswith("/scopes")]
        form.refused(answer)
        if scopes:
            form.wrong("scopes", visit.t("settings.no_scope")).message = ""
        return await _show(visit, form, answer.status, failed="token")
    response = await _show(visit, Form(), 201, made=answer.data)
    response.headers["cache-control"] = "no-store"
    return response


@pages.post("/settings/tokens/{id}/delete", member=True)
async def delete_token(visit: Visit) -> Response:
    """Make a token worthless."""
    answer = await visit.api.delete(path("/v1/me/tokens/{}", visit.path["id"]))
    return visit.done(answer, PAGE, "settings.token_deleted")


@pages.post("/settings/applications", member=True)
async def make_application(visit: Visit) -> Response:
    """Register an application of the member's own."""
    answer = await visit.api.post("/v1/me/applications", _application(visit.form))
    if not answer.ok:
        form = visit.form.refused(answer, name="app_name")
        return await _show(visit, form, answer.status, failed="application")
    return visit.redirect(PAGE, "settings.application_made", name=answer.data["name"])


@pages.post("/settings/applications/{id}", member=True)
async def change_application(visit: Visit) -> Response:
    """Change one."""
    place = path("/v1/me/applications/{}", visit.path["id"])
    answer = await visit.api.patch(place, _application(visit.form))
    return visit.done(answer, PAGE, "settings.saved")


@pages.post("/settings/applications/{id}/delete", member=True)
async def delete_application(visit: Visit) -> Response:
    """Remove one; nobody can use it any more."""
    answer = await visit.api.delete(path("/v1/me/applications/{}", visit.path["id"]))
    return visit.done(answer, PAGE, "settings.application_deleted")


@pages.post("/settings/authorized/{id}/delete", member=True)
async def withdraw_consent(visit: Visit) -> Response:
    """Let an application act for the member no longer."""
    answer = await visit.api.delete(path("/v1/me/applications/authorized/{}", visit.path["id"]))
    return visit.done(answer, PAGE, "settings.consent_withdrawn")


def _application(form: Form) -> dict[str, Any]:
    return {"name": form["app_name"], "redirect_uris": form["redirect_uris"].split()}


async def _show(
    visit: Visit, form: Form, status: int = 200, *, failed: str = "", made: Any = None
) -> Response:
    window = {"limit": MOST}
    tokens, applications, authorized = await asyncio.gather(
        visit.api.get("/v1/me/tokens", window),
        visit.api.get("/v1/me/applications", window),
        visit.api.get("/v1/me/applications/authorized", window),
    )
    return await visit.render(
        "settings/access.html",
        status,
        tab="access",
        form=form,
        failed=failed,
        made=made,
        days=DAYS,
        tokens=tokens,
        applications=applications,
        authorized=authorized,
    )
