"""Picking a film for several: the member and friends of theirs."""

import asyncio
from typing import Any, Final

from starlette.responses import Response

from marquee_gateway.web.api import Answer
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

FRIENDS: Final = 100
FILMS: Final = 12
REASONS: Final = 2
WITH: Final = "with"


@pages.get("/together", member=True)
async def pick(visit: Visit) -> Response:
    """Choose friends; with some chosen, the films that suit all, and how well each."""
    chosen = list(dict.fromkeys(one for one in visit.query.getlist(WITH) if one))
    friends, picked = await asyncio.gather(
        visit.api.get("/v1/me/friends", {"limit": FRIENDS}), _pick(visit, chosen)
    )
    known = {one["username"]: one for one in friends.items}
    return await visit.render(
        "together/together.html",
        200 if picked is None or picked.ok else picked.status,
        friends=friends,
        chosen=chosen,
        picked=picked,
        films=_films(visit, picked, known),
    )


async def _pick(visit: Visit, chosen: list[str]) -> Answer | None:
    if not chosen:
        return None
    ask = {"usernames": chosen, "limit": FILMS}
    return await visit.api.post("/v1/recommendations/group", ask)


def _films(visit: Visit, picked: Answer | None, known: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the films with each one's fit, the member's own first."""
    if picked is None or visit.member is None:
        return []
    own = visit.member["username"]
    people = {own: visit.member, **known}
    return [
        {
            "movie": item["movie"],
            "reasons": item["reasons"][:REASONS],
            "fits": [
                (people.get(name, {"username": name, "name": name, "avatar_url": None}), fit)
                for name, fit in sorted(item["fit"].items(), key=lambda one: one[0] != own)
            ],
        }
        for item in picked.items
    ]
