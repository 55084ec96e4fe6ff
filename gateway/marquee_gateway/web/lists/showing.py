"""One list with its films, and the watchlist, which is one too."""

import asyncio
from typing import Any, Final

from starlette.responses import Response

from marquee_gateway.web import links
from marquee_gateway.web.api import Answer, path
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

ROW: Final = 60
FINDS: Final = 8
WATCHLIST: Final = "watchlist"


def address(visit: Visit) -> str:
    """Return where the API has the list of this page."""
    return path("/v1/users/{}/lists/{}", visit.path["username"], visit.path["slug"])


@pages.get("/members/{username}/lists/{slug}")
async def show_list(visit: Visit) -> Response:
    """Show a list; its owner can add films to it, sort and annotate them."""
    where = address(visit)
    found, films, finds = await asyncio.gather(
        visit.api.get(where),
        visit.api.get(f"{where}/movies", _window(visit)),
        _finds(visit),
    )
    shown = found.required().data
    return await _show(visit, shown, films, finds)


@pages.get("/watchlist", member=True)
async def show_watchlist(visit: Visit) -> Response:
    """Show what the member means to watch."""
    where = path("/v1/users/{}/lists/{}", visit.username, WATCHLIST)
    found, films, finds = await asyncio.gather(
        visit.api.get(where),
        visit.api.get("/v1/me/watchlist", _window(visit)),
        _finds(visit),
    )
    shown = found.data if found.ok else _unopened(visit.member or {})
    return await _show(visit, shown, films, finds)


async def _show(
    visit: Visit, shown: dict[str, Any], films: Answer, finds: Answer | None
) -> Response:
    owns = visit.username == shown["owner"]["username"]
    is_watchlist = shown["kind"] == WATCHLIST
    held = {one["movie"]["slug"] for one in films.items}
    return await visit.render(
        "lists/list.html",
        list=shown,
        films=films,
        finds=finds,
        held=held,
        owns=owns,
        is_watchlist=is_watchlist,
        here=links.film_list(shown["owner"], shown["slug"]),
        page="/watchlist" if is_watchlist and owns else visit.request.url.path,
        words=visit.query.get("q", "").strip(),
        sought=visit.query.get("find", "").strip(),
        filled="filled" in visit.query,
    )


def _window(visit: Visit) -> dict[str, Any]:
    query = visit.query
    return {"q": query.get("q", "").strip(), "cursor": query.get("cursor"), "limit": ROW}


async def _finds(visit: Visit) -> Answer | None:
    """Ask for films to add, where the owner looks for some."""
    words = visit.query.get("find", "").strip()
    if visit.member is None or not words:
        return None
    return await visit.api.get("/v1/movies", {"q": words, "limit": FINDS})


def _unopened(member: dict[str, Any]) -> dict[str, Any]:
    """Return the watchlist of someone who has put nothing on it yet, or whose cannot be told."""
    return {
        "owner": member,
        "slug": WATCHLIST,
        "kind": WATCHLIST,
        "name": "",
        "description": "",
        "privacy": "private",
        "covers": [],
        "movie_count": None,
    }
