"""Browsing: all genres, the best of one, and what is watched most just now."""

import asyncio
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from marquee_gateway.web import links
from marquee_gateway.web.api import Answer, path
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

MOVED: Final = 308
ROW: Final = 18
CHART: Final = 60
COVERS: Final = 4
SHOWN: Final = 100
SHOWN_PAGES: Final = (1, 2, 3)
"""Films whose covers tell genres apart, from the most popular down."""

WINDOWS: Final = ("day", "week", "month")


@pages.get("/genres")
async def list_genres(visit: Visit) -> Response:
    """All genres, each with covers of popular films of it."""
    popular = {"sort": "popularity", "limit": SHOWN, "fields": "cover_url,genres"}
    genres, *films = await asyncio.gather(
        visit.api.get("/v1/genres", {"limit": 100}),
        *(visit.api.get("/v1/movies", {**popular, "page": page}) for page in SHOWN_PAGES),
    )
    shown = [film for page in films for film in page.items]
    covers = _covers(genres.required().items, shown)
    return await visit.render("genre/list.html", genres=genres.items, covers=covers)


def _covers(genres: list[Any], films: list[Any]) -> dict[str, list[str]]:
    """Return covers by genre; each shows once, for the rarest genre that still needs one."""
    rarest = [one["slug"] for one in sorted(genres, key=lambda one: int(one["film_count"]))]
    covers: dict[str, list[str]] = {slug: [] for slug in rarest}
    for film in films:
        own = {one["slug"] for one in film["genres"]}
        needy = (slug for slug in rarest if slug in own and len(covers[slug]) < COVERS)
        if film["cover_url"] and (slug := next(needy, None)):
            covers[slug].append(film["cover_url"])
    return covers


@pages.get("/genres/{slug}")
async def show_genre(visit: Visit) -> Response:
    """One round of calls: the genre's films in several orders, for members their own first."""
    slug = visit.path["slug"]
    orders = ("popularity", "rating", "release_date")
    rows = [
        visit.api.get("/v1/movies", {"genre": slug, "sort": order, "limit": ROW})
        for order in orders
    ]
    if visit.member is not None:
        rows.append(visit.api.get("/v1/me/recommendations", {"genre": slug, "limit": ROW}))
    found, *answers = await asyncio.gather(visit.api.get(path("/v1/genres/{}", slug)), *rows)
    if found.status == MOVED:
        return RedirectResponse(links.genre(found.headers["location"].rpartition("/")[2]), MOVED)
    return await visit.render(
        "genre/genre.html",
        genre=found.required().data,
        rows=list(zip(orders, answers, strict=False)),
        own=None if visit.member is None else answers[-1],
        explained=[] if visit.member is None else _explained(answers[-1]),
    )


def _explained(recommended: Answer) -> list[dict[str, Any]]:
    """Return films with the best reason of each."""
    return [
        {"movie": one["movie"], "why": one["reasons"][0]["text"] if one["reasons"] else ""}
        for one in recommended.items
    ]


@pages.get("/trending")
async def show_trending(visit: Visit) -> Response:
    """What most members rate just now."""
    asked = visit.query.get("window", "")
    window = asked if asked in WINDOWS else "week"
    chart = (await visit.api.get("/v1/trending", {"window": window, "limit": CHART})).required()
    return await visit.render("genre/trending.html", chart=chart.data, windows=WINDOWS)
