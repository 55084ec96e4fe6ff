"""The front page: rows of films for a member, a good face for everyone else."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final

from starlette.responses import Response

from marquee_gateway.web.api import Answer
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

ROW: Final = 20
PATIENCE: Final = 2.0
"""Seconds the page waits for any of its parts."""

ACTIVITIES: Final = 6


@pages.get("/")
async def show_home(visit: Visit) -> Response:
    """One round of calls; a part that does not come leaves the others whole."""

    def ask(path: str, **query: Any) -> Awaitable[Answer]:
        return visit.api.get(path, query, patience=PATIENCE)

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
        sections=_sections(home),
        feed=feed,
    )


def _sections(home: Answer) -> list[dict[str, Any]]:
    """Return the member's rows, with each film's best reason where it is not the row's own."""
    sections: list[dict[str, Any]] = home.data["sections"] if home.ok else []
    for section in sections:
        for item in section["items"]:
            reasons = item.get("reasons") or []
            item["why"] = reasons[0]["text"] if reasons and section["key"] == "for_you" else ""
    return sections
