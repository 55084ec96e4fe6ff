"""Filling a list: say by what, look at what would come, take it, take it back."""

import asyncio
from typing import Any, Final

from starlette.responses import Response

from marquee_gateway.web import links
from marquee_gateway.web.api import Answer, ApiRefused
from marquee_gateway.web.forms import Form
from marquee_gateway.web.lists.showing import address
from marquee_gateway.web.naming import find_people
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.refusals import own_answer
from marquee_gateway.web.visit import Visit

pages = Pages()

USUAL: Final = 10
MOST: Final = 100


@pages.get("/members/{username}/lists/{slug}/fill", member=True)
async def ask_by_what(visit: Visit) -> Response:
    """Show the form."""
    return await _show(visit, Form.of({"limit": USUAL}), None)


@pages.post("/members/{username}/lists/{slug}/fill", member=True)
async def fill(visit: Visit) -> Response:
    """Show what would come; or, when that was looked at, take it."""
    form = visit.form
    wanted = await _wanted(visit)
    if form.errors:
        return await _show(visit, form, None, 422)
    if form["do"] == "take":
        answer = await visit.api.patch(address(visit), {"fill": wanted})
        if answer.ok:
            n = len((answer.data.get("filled") or {"items": []})["items"])
            page = links.film_list(visit.path["username"], visit.path["slug"])
            return visit.redirect(f"{page}?filled", "lists.filled", n=n)
    else:
        preview = {**wanted, "list": visit.path["slug"]}
        answer = await visit.api.post("/v1/lists/fill-preview", preview)
        if answer.ok:
            return await _show(visit, form, answer)
    return await _show(visit, form.refused(answer), None, answer.status)


@pages.post("/members/{username}/lists/{slug}/fill/undo", member=True)
async def take_back(visit: Visit) -> Response:
    """Take the last fill's films out again."""
    answer = await visit.api.delete(f"{address(visit)}/fill")
    page = links.film_list(visit.path["username"], visit.path["slug"])
    return visit.done(answer, page, "lists.unfilled")


async def _wanted(visit: Visit) -> dict[str, Any]:
    """Return what the form asks for; what cannot be meant is noted beside its field."""
    form = visit.form
    limit = form["limit"].strip()
    if not (limit.isascii() and limit.isdecimal()):
        form.wrong("limit", visit.t("lists.no_number"))
        limit = str(USUAL)
    people = await find_people(visit, "people")
    return {
        "genres": form.all("genres"),
        "people": people,
        "friends": form.all("friends"),
        "limit": int(limit),
    }


async def _show(visit: Visit, form: Form, preview: Answer | None, status: int = 200) -> Response:
    """Show the form of one's own list, with what would come.

    Raises:
        ApiRefused: the list is not there, or somebody else's.
    """
    found, genres, friends = await asyncio.gather(
        visit.api.get(address(visit)),
        visit.api.get("/v1/genres", {"limit": MOST}),
        visit.api.get("/v1/me/friends", {"limit": MOST}),
    )
    shown = found.required().data
    if shown["owner"]["username"] != visit.username:
        raise ApiRefused(own_answer("forbidden", 403))
    return await visit.render(
        "lists/fill.html", status, list=shown, genres=genres, friends=friends, form=form,
        preview=preview,
    )  # fmt: skip
