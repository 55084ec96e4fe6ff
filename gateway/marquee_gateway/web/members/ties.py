"""Asking for friendship and ending it, blocking, muting: one button each."""

from typing import Final

from starlette.responses import Response

from marquee_gateway.problems import RouteNotFound
from marquee_gateway.web import links
from marquee_gateway.web.api import path
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

REQUEST: Final = "/v1/users/{}/friend-request"
BLOCK: Final = "/v1/me/blocks/{}"
MUTE: Final = "/v1/me/mutes/{}"
WAYS: Final[dict[str, tuple[str, str]]] = {
    "ask": ("PUT", REQUEST),
    "accept": ("PUT", REQUEST),
    "withdraw": ("DELETE", REQUEST),
    "decline": ("DELETE", REQUEST),
    "end": ("DELETE", "/v1/me/friends/{}"),
    "block": ("PUT", BLOCK),
    "unblock": ("DELETE", BLOCK),
    "mute": ("PUT", MUTE),
    "unmute": ("DELETE", MUTE),
}
BLOCKED: Final = "/friends/blocked"


@pages.post("/members/{username}/tie", member=True)
async def change_tie(visit: Visit) -> Response:
    """Do what the button says, and go back to the page it stood on."""
    username, way = visit.path["username"], visit.form["do"]
    if way not in WAYS:
        raise RouteNotFound
    method, place = WAYS[way]
    call = visit.api.put if method == "PUT" else visit.api.delete
    answer = await call(path(place, username))
    profile = links.member(username)
    back = links.local(visit.form["next"], profile)
    if way == "block" and answer.ok and back.startswith(profile):
        back = BLOCKED  # their page is gone now
    return visit.done(answer, back, f"members.done_{way}", name=username)
