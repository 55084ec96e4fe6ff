"""The front page: rows of films for a member, a good face for everyone else."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final

import orjson
from starlette.responses import Response

from marquee_gateway.web.api import Answer
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

ROW: Final = 20
ACTIVITIES: Final = 6


@pages.get("/")
async def show_home(visit: Visit) -> Response:
    """One round of calls; a part that does not come leaves the others whole."""

    def ask(path: str, **query: Any) -> Awaitable[Answer]:
        return visit.api.get(path, query)

    common = (
        ask("/v1/trending", window="week", limit=ROW),
        ask("/v1/movies", sort="release_date", limit=ROW),
        ask("/v1/genres", limit=24),
    )
    if visit.member is None:
        trending, newest, genres, best, lists = await asyncio.gather(
            *common,
            ask("/v1/movies", sort="rating", limit=ROW),
            ask("/v1/lists", limit=6),
        )
        return await visit.render(
            "home/welcome.html",
            trending=trending,
            newest=newest,
            genres=genres,
            best=best,
            lists=lists,
        )
    trending, newest, genres, home, feed = await asyncio.gather(
        *common,
        ask("/v1/me/home"),
        ask("/v1/me/feed", limit=ACTIVITIES),
    )
    return await visit.render(
        "home/home.html",
        trending=trending,
        newest=newest,
        genres=genres,
        home=home,
        tonight=_tonight(home),
        sections=_sections(home),
        feed=feed,
    )


def _tonight(home: Answer) -> dict[str, Any] | None:
    """Return the film that suits the member best."""
    sections: list[dict[str, Any]] = home.data["sections"] if home.ok else []
    mine = next((one for one in sections if one["key"] == "for_you"), None)
    return mine["items"][0] if mine is not None and mine["items"] else None


def _sections(home: Answer) -> list[dict[str, Any]]:
    """Return the member's rows, with each film's best reason where it is not the row's own."""
    sections: list[dict[str, Any]] = home.data["sections"] if home.ok else []
    for section in sections:
        if section["key"] == "for_you":
            del section["items"][0:1]
        for item in section["items"]:
            reasons = item.get("reasons") or []
            item["why"] = reasons[0]["text"] if reasons and section["key"] == "for_you" else ""
    return sections


@pages.post("/suggestions", member=True)
async def tell_of_suggestions(visit: Visit) -> Response:
    """Hand on which suggestions were seen and followed, as a script noted them."""
    try:
        events = orjson.loads(visit.form["events"])
    except orjson.JSONDecodeError:
        events = None
    answer = await visit.api.post("/v1/me/recommendation-events", {"events": events})
    return Response(status_code=204 if answer.ok else answer.status)
