"""Making a list, changing and deleting it, and what stands in it."""

from typing import Final

from starlette.responses import Response

from marquee_gateway.problems import RouteNotFound
from marquee_gateway.web import links
from marquee_gateway.web.api import Answer, path
from marquee_gateway.web.forms import Form
from marquee_gateway.web.lists.showing import address
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

MOST_READ: Final = 100
TAKEN: Final = "list_name_taken"


@pages.get("/lists/new", member=True)
async def ask_for_list(visit: Visit) -> Response:
    """Show the form."""
    form = Form.of({"privacy": "public", "movie": visit.query.get("movie")})
    return await visit.render("lists/new.html", form=form)


@pages.post("/lists/new", member=True)
async def make_list(visit: Visit) -> Response:
    """Make a list; on to its films, or to filling it."""
    form = visit.form
    body = {name: form[name] for name in ("name", "description", "privacy")}
    answer = await visit.api.post("/v1/me/lists", body)
    if not answer.ok:
        return await visit.render("lists/new.html", answer.status, form=_refused(form, answer))
    made = answer.data
    where = links.film_list(made["owner"], made["slug"])
    if form["movie"]:
        place = path("/v1/users/{}/lists/{}/movies/{}", made["owner"]["username"], made["slug"],
                     form["movie"])  # fmt: skip
        return visit.done(await visit.api.put(place, {}), where, "lists.made")
    return visit.redirect(f"{where}/fill" if form["do"] == "fill" else where, "lists.made")


@pages.get("/members/{username}/lists/{slug}/edit", member=True)
async def ask_for_change(visit: Visit) -> Response:
    """Show the list's name, words and privacy in a form."""
    shown = (await visit.api.get(address(visit))).required().data
    return await visit.render("lists/edit.html", list=shown, form=Form.of(shown))


@pages.post("/members/{username}/lists/{slug}/edit", member=True)
async def change_list(visit: Visit) -> Response:
    """Change them."""
    form = visit.form
    given = ("name", "description", "privacy")
    body = {name: form[name] for name in given if name in form.values}
    answer = await visit.api.patch(address(visit), body)
    if not answer.ok:
        shown = (await visit.api.get(address(visit))).required().data
        form = _refused(form, answer)
        return await visit.render("lists/edit.html", answer.status, list=shown, form=form)
    return visit.redirect(_page(visit), "lists.changed")


@pages.post("/members/{username}/lists/{slug}/delete", member=True)
async def delete_list(visit: Visit) -> Response:
    """Delete it."""
    answer = await visit.api.delete(address(visit))
    return visit.done(answer, "/lists" if answer.ok else _page(visit), "lists.deleted")


@pages.post("/members/{username}/lists/{slug}/films", member=True)
async def change_films(visit: Visit) -> Response:
    """Add a film, take it out, change its note or its place: what the button says.

    Raises:
        RouteNotFound: it says nothing of this.
    """
    form, where = visit.form, address(visit)
    film = where + path("/movies/{}", form["movie"])
    back = links.local(form["next"], _page(visit))
    match form["do"]:
        case "add":
            return visit.done(await visit.api.put(film, {}), back, "lists.added")
        case "note":
            body = {"note": form["note"].strip() or None}
            return visit.done(await visit.api.put(film, body), back, "lists.noted")
        case "remove":
            return visit.done(await visit.api.delete(film), back, "lists.removed")
        case "up" | "down" | "first":
            return visit.done(await _move(visit, where), back)
    raise RouteNotFound


async def _move(visit: Visit, where: str) -> Answer:
    """Put a film one place on, or first; read no more of the list than it takes."""
    film, way = visit.form["movie"], visit.form["do"]
    slugs: list[str] = []
    cursor = None
    while film not in slugs[:-1]:
        page = await visit.api.get(f"{where}/movies", {"limit": MOST_READ, "cursor": cursor})
        if not page.ok:
            return page
        slugs += [one["movie"]["slug"] for one in page.items]
        cursor = page.data["next_cursor"]
        if cursor is None:
            break
    return await visit.api.put(f"{where}/order", {"movies": moved(slugs, film, way)})


def moved(slugs: list[str], film: str, way: str) -> list[str]:
    """Return the films with one of them in another place.

    >>> moved(["a", "b", "c"], "b", "down")
    ['a', 'c', 'b']
    """
    if film not in slugs:
        return slugs
    at = slugs.index(film)
    rest = [slug for slug in slugs if slug != film]
    to = {"up": max(at - 1, 0), "down": at + 1, "first": 0}[way]
    return [*rest[:to], film, *rest[to:]]


def _page(visit: Visit) -> str:
    return links.film_list(visit.path["username"], visit.path["slug"])


def _refused(form: Form, answer: Answer) -> Form:
    if answer.code == TAKEN:
        return form.wrong("name", answer.detail)
    return form.refused(answer)
