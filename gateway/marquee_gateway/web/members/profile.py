"""A member's profile, and what of theirs the visitor may see."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any, Final

from starlette.responses import Response

from marquee_gateway.web.api import Answer, path
from marquee_gateway.web.members.taste import compare
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

MUTES: Final = 100
"""As many mutes as one call tells: the profile itself does not say whether it is muted."""

ACTIVITIES: Final = 6
LISTS: Final = 4
REVIEWS: Final = 3
ROW: Final = 20


def of(visit: Visit, what: str = "", **query: Any) -> Awaitable[Answer]:
    """Ask for something of the member whose page this is."""
    return visit.api.get(path("/v1/users/{}", visit.path["username"]) + what, query)


async def show(visit: Visit, tab: str, **parts: Awaitable[Answer]) -> Response:
    """Answer with a member's page, its calls made in one round.

    Raises:
        ApiRefused: there is no such member, or not for the visitor.
    """
    person, muted, *answers = await asyncio.gather(of(visit), _mutes(visit), *parts.values())
    user = person.required().data
    return await visit.render(
        f"members/{tab}.html",
        tab=tab,
        user=user,
        is_self=user["friendship"] == "self",
        is_muted=any(one["id"] == user["id"] for one in muted),
        compare=compare,
        **dict(zip(parts, answers, strict=True)),
    )


async def _mutes(visit: Visit) -> list[dict[str, Any]]:
    if visit.member is None:
        return []
    return (await visit.api.get("/v1/me/mutes", {"limit": MUTES})).items


@pages.get("/members/{username}")
async def show_profile(visit: Visit) -> Response:
    """Show who somebody is: figures, taste, and the latest of what they did."""
    parts = {
        "stats": of(visit, "/stats"),
        "year": of(visit, "/stats", year=datetime.now(UTC).year),
        "activity": of(visit, "/activity", limit=ACTIVITIES),
        "lists": of(visit, "/lists", limit=LISTS),
        "reviews": of(visit, "/reviews", limit=REVIEWS),
    }
    if visit.username not in {"", visit.path["username"]}:
        parts["mine"] = visit.api.get(path("/v1/users/{}/stats", visit.username))
    return await show(visit, "overview", **parts)


@pages.get("/members/{username}/reviews")
async def show_reviews(visit: Visit) -> Response:
    """Show what somebody wrote."""
    cursor = visit.query.get("cursor")
    return await show(visit, "reviews", reviews=of(visit, "/reviews", cursor=cursor))


@pages.get("/members/{username}/lists")
async def show_lists(visit: Visit) -> Response:
    """Show somebody's lists."""
    cursor = visit.query.get("cursor")
    return await show(visit, "lists", lists=of(visit, "/lists", limit=ROW, cursor=cursor))


@pages.get("/members/{username}/activity")
async def show_activity(visit: Visit) -> Response:
    """Show what somebody did."""
    cursor = visit.query.get("cursor")
    return await show(visit, "activity", activity=of(visit, "/activity", cursor=cursor))


@pages.get("/members/{username}/friends")
async def show_friends(visit: Visit) -> Response:
    """Show somebody's friends."""
    cursor = visit.query.get("cursor")
    return await show(visit, "friends", friends=of(visit, "/friends", limit=48, cursor=cursor))
