"""Friends: who they are, who asks, whom one might know, whom one keeps away, what they do."""

import asyncio
from typing import Any, Final

from starlette.responses import Response

from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

REQUESTS: Final = 50
ROW: Final = 48
SUGGESTIONS: Final = 9
FOUND: Final = 12
FEED: Final = 24


@pages.get("/friends", member=True)
async def show_friends(visit: Visit) -> Response:
    """Show friends and requests, and whom the member might know."""
    ask, words = visit.api.get, visit.query.get("q", "").strip()
    incoming, outgoing, friends, suggestions = await asyncio.gather(
        ask("/v1/me/friend-requests", {"direction": "incoming", "limit": REQUESTS}),
        ask("/v1/me/friend-requests", {"direction": "outgoing", "limit": REQUESTS}),
        ask("/v1/me/friends", {"limit": ROW, "cursor": visit.query.get("cursor")}),
        ask("/v1/me/friend-suggestions", {"limit": SUGGESTIONS}),
    )
    found = await ask("/v1/users", {"q": words, "limit": FOUND}) if words else None
    return await visit.render(
        "friends/friends.html",
        tab="friends",
        incoming=incoming,
        outgoing=outgoing,
        friends=friends,
        suggestions=suggestions,
        words=words,
        found=found,
    )


@pages.get("/friends/blocked", member=True)
async def show_kept_away(visit: Visit) -> Response:
    """Show whom the member has blocked or muted."""
    query: dict[str, Any] = {"limit": 100}
    blocks, mutes = await asyncio.gather(
        visit.api.get("/v1/me/blocks", {**query, "cursor": visit.query.get("blocks")}),
        visit.api.get("/v1/me/mutes", {**query, "cursor": visit.query.get("mutes")}),
    )
    return await visit.render("friends/blocked.html", tab="blocked", blocks=blocks, mutes=mutes)


@pages.get("/feed", member=True)
async def show_feed(visit: Visit) -> Response:
    """Show what friends did; to those who have none, whom they might know."""
    cursor = visit.query.get("cursor")
    feed = await visit.api.get("/v1/me/feed", {"limit": FEED, "cursor": cursor})
    suggestions = None
    if feed.ok and not feed.items:
        suggestions = await visit.api.get("/v1/me/friend-suggestions", {"limit": SUGGESTIONS})
    return await visit.render("friends/feed.html", tab="feed", feed=feed, suggestions=suggestions)
