"""Bringing ratings from elsewhere: a file, a preview, choices, taking in, taking back."""

from typing import Final

from starlette.responses import Response

from marquee_gateway.web.api import path
from marquee_gateway.web.forms import Form
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

PAGE: Final = "/settings/import"
ONE: Final = "/v1/me/imports/{}"
SOURCES: Final = ("letterboxd", "imdb", "trakt", "movielens", "marquee")
STATES: Final = ("ambiguous", "matched", "unmatched", "invalid")
ROWS: Final = 50
PAST: Final = 20
CHOICE: Final = "line-"


@pages.get(PAGE, member=True)
async def show_imports(visit: Visit) -> Response:
    """Show the form, and what was brought before."""
    return await _show(visit, visit.form)


@pages.post(PAGE, member=True)
async def start_import(visit: Visit) -> Response:
    """Send the file on, to be looked at: nothing is taken in yet."""
    form = visit.form
    file = form.files.get("file")
    if file is None:
        return await _show(visit, form.wrong("file", visit.t("settings.no_file")), 422)
    answer = await visit.api.upload(
        "POST",
        "/v1/me/imports",
        filename=file.filename or "file",
        content=await file.read(),
        values={"source": form["source"]},
        query={"dry_run": "true"},
    )
    if not answer.ok:
        return await _show(visit, form.refused(answer), answer.status)
    return visit.redirect(f"{PAGE}/{answer.data['id']}")


@pages.get("/settings/import/{id}", member=True)
async def show_import(visit: Visit) -> Response:
    """Show how far it is, and what it brings."""
    place = path(ONE, visit.path["id"])
    shown = visit.query.get("state", "")
    found = (await visit.api.get(place)).required().data
    if shown not in STATES:
        counts = found["result"]
        shown = next((state for state in STATES if counts[state]), STATES[1])
    query = {"state": shown, "limit": ROWS, "cursor": visit.query.get("cursor")}
    rows = await visit.api.get(f"{place}/rows", query)
    return await visit.render(
        "settings/import.html", tab="import", found=found, rows=rows, shown=shown, states=STATES
    )


@pages.post("/settings/import/{id}", member=True)
async def take_in(visit: Visit) -> Response:
    """Take in what is sure, and what was chosen."""
    choices = {
        name.removeprefix(CHOICE): values[0]
        for name, values in visit.form.values.items()
        if name.startswith(CHOICE) and values[0]
    }
    answer = await visit.api.post(f"{path(ONE, visit.path['id'])}/commit", {"choices": choices})
    return visit.done(answer, f"{PAGE}/{visit.path['id']}", "settings.taking_in")


@pages.post("/settings/import/{id}/undo", member=True)
async def undo(visit: Visit) -> Response:
    """Take back what came by it."""
    answer = await visit.api.delete(path(ONE, visit.path["id"]))
    return visit.done(answer, PAGE, "settings.import_undone")


async def _show(visit: Visit, form: Form, status: int = 200) -> Response:
    past = await visit.api.get("/v1/me/imports", {"limit": PAST})
    return await visit.render(
        "settings/imports.html", status, tab="import", form=form, past=past, sources=SOURCES
    )
