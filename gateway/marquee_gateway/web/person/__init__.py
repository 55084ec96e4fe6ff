"""Those who make films: all of them, and each one's work."""

import asyncio
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from marquee_gateway.web import links
from marquee_gateway.web.api import Answer, VisitorApi, path
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

MOVED: Final = 308
PEOPLE: Final = 60
ROLES: Final = ("director", "actor", "writer")
FIRST_FILMS: Final = 18
FILMS: Final = 60
FOLLOWED: Final = 100
FOLLOWED_PAGES: Final = 5


@pages.get("/people")
async def list_people(visit: Visit) -> Response:
    """All people, by name and by what they do."""
    words, role = visit.query.get("q", "").strip(), visit.query.get("role", "")
    query = {
        "q": words,
        "role": role if role in ROLES else "",
        "limit": PEOPLE,
        "page": visit.query.get("page", "1"),
    }
    people = (await visit.api.get("/v1/people", query)).required()
    return await visit.render("person/list.html", people=people.data, words=words, role=role)


@pages.get("/people/{slug}")
async def show_person(visit: Visit) -> Response:
    """Who someone is and their films by role; with `role`, all of that role, page by page."""
    where = path("/v1/people/{}", visit.path["slug"])
    role = visit.query.get("role", "")
    role = role if role in ROLES else ""
    cursor = visit.query.get("cursor")
    asked = (role,) if role else ROLES
    films = {
        one: visit.api.get(
            f"{where}/movies",
            {"role": one, "limit": FILMS if role else FIRST_FILMS, "cursor": cursor},
        )
        for one in asked
    }
    found, following, answers = await asyncio.gather(
        visit.api.get(where),
        _follows(visit, visit.path["slug"]),
        asyncio.gather(*films.values()),
    )
    if found.status == MOVED:
        slug = found.headers["location"].rpartition("/")[2]
        return RedirectResponse(links.person(slug), MOVED)
    return await visit.render(
        "person/person.html",
        person=found.required().data,
        works=_works(asked, answers, shown=bool(role)),
        role=role,
        following=following,
    )


def _works(
    roles: tuple[str, ...], answers: list[Answer], *, shown: bool
) -> list[tuple[str, Answer]]:
    """Return the films by role; roles without any are left out, but for one asked for."""
    return [
        (role, answer)
        for role, answer in zip(roles, answers, strict=True)
        if shown or answer.items or not answer.ok
    ]


async def _follows(visit: Visit, slug: str) -> bool:
    """Whether the member follows someone.

    The API lists whom one follows and cannot be asked for one of them, so the list is read: as far
    as few members come. Following somebody twice changes nothing.
    """
    if visit.member is None:
        return False
    cursor: str | None = None
    for _ in range(FOLLOWED_PAGES):
        answer = await _followed(visit.api, cursor)
        if any(one["slug"] == slug for one in answer.items):
            return True
        cursor = answer.data["next_cursor"] if answer.ok else None
        if cursor is None:
            break
    return False


async def _followed(api: VisitorApi, cursor: str | None) -> Answer:
    query: dict[str, Any] = {"limit": FOLLOWED, "cursor": cursor}
    return await api.get("/v1/me/following/people", query)


@pages.post("/people/{slug}/follow", member=True)
async def follow(visit: Visit) -> Response:
    """Follow someone, or no longer."""
    slug = visit.path["slug"]
    call = path("/v1/me/following/people/{}", slug)
    if visit.form.checked("remove"):
        return visit.done(await visit.api.delete(call), links.person(slug), "person.unfollowed")
    return visit.done(await visit.api.put(call), links.person(slug), "person.followed")
