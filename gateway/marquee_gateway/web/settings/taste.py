"""What the member says they like, and whom they follow."""

import asyncio
from typing import Final

from starlette.responses import Response

from marquee_gateway.web.api import path
from marquee_gateway.web.forms import Form
from marquee_gateway.web.naming import find_people
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit
from marquee_gateway.web.welcome.suggesting import named_people

pages = Pages()

PAGE: Final = "/settings/taste"
MOST: Final = 100


@pages.get(PAGE, member=True)
async def show_taste(visit: Visit) -> Response:
    """Show it."""
    taste = (await visit.api.get("/v1/me/taste")).required().data
    return await _show(visit, Form.of(taste))


@pages.post(PAGE, member=True)
async def change_taste(visit: Visit) -> Response:
    """Change it, as a whole."""
    form = visit.form
    added = await find_people(visit, "more_people")
    if form.errors:
        return await _show(visit, form, 422)
    people = list(dict.fromkeys([*form.all("people"), *added]))
    body = {
        "genres": form.all("genres"),
        "platforms": form.all("platforms"),
        "people": people,
        "country": form["country"] or None,
    }
    answer = await visit.api.put("/v1/me/taste", body)
    if not answer.ok:
        return await _show(visit, form.refused(answer), answer.status)
    await visit.remember({"country": answer.data["country"]})
    return visit.redirect(PAGE, "settings.saved")


@pages.post("/settings/following", member=True)
async def unfollow(visit: Visit) -> Response:
    """Follow somebody no longer."""
    answer = await visit.api.delete(path("/v1/me/following/people/{}", visit.form["person"]))
    return visit.done(answer, PAGE, "settings.saved")


async def _show(visit: Visit, form: Form, status: int = 200) -> Response:
    genres, platforms, following, people = await asyncio.gather(
        visit.api.get("/v1/genres", {"limit": MOST}),
        visit.api.get("/v1/platforms", {"limit": MOST}),
        visit.api.get("/v1/me/following/people", {"limit": MOST}),
        named_people(visit.api, form.all("people")),
    )
    return await visit.render(
        "settings/taste.html",
        status,
        tab="taste",
        form=form,
        genres=genres,
        platforms=platforms,
        following=following,
        people=people,
    )
