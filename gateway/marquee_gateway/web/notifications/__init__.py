"""What happened to the member's own things: listed, and told as it happens."""

from typing import Any, Final

from starlette.responses import Response

from marquee_gateway.problems import RouteNotFound
from marquee_gateway.web import links
from marquee_gateway.web.api import path
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

ROW: Final = 30
LAST_SEEN: Final = "last-event-id"


@pages.get("/live", member=True)
async def follow(visit: Visit) -> Response:
    """Pass on the member's stream of notifications, from the last one the browser has."""
    seen = visit.request.headers.get(LAST_SEEN)
    fields = {} if seen is None else {LAST_SEEN: seen}
    return visit.pass_on(await visit.api.stream("/v1/stream", fields=fields))


@pages.get("/notifications", member=True)
async def show_notifications(visit: Visit) -> Response:
    """Show them, the newest first."""
    only_unread = visit.query.get("unread") == "yes"
    query = {"limit": ROW, "cursor": visit.query.get("cursor")}
    if only_unread:
        query["unread"] = "true"
    found = await visit.api.get("/v1/me/notifications", query)
    return await visit.render(
        "notifications/notifications.html", found=found, only_unread=only_unread
    )


@pages.post("/notifications/read", member=True)
async def read_all(visit: Visit) -> Response:
    """Mark as read what the page showed, and nothing that came since."""
    until = {"until": visit.form["until"]}
    answer = await visit.api.put("/v1/me/notifications/read", query=until)
    return visit.done(answer, "/notifications")


@pages.post("/notifications/{id}", member=True)
async def open_one(visit: Visit) -> Response:
    """Mark one as read, and go to what it is about.

    Raises:
        RouteNotFound: it has no number.
    """
    number = visit.path["id"]
    if not (number.isascii() and number.isdecimal()):
        raise RouteNotFound
    answer = await visit.api.put(path("/v1/me/notifications/{}/read", number))
    target = place_of(answer.data) if answer.ok else "/notifications"
    return visit.done(answer, target)


def place_of(notification: dict[str, Any]) -> str:
    """Return the page that shows what a notification is about."""
    kind, target = notification["kind"], notification["target"]
    data = target["data"]
    if kind == "moderation":
        return "/settings/decisions"
    if kind == "friend_request":
        return "/friends"
    if target["type"] == "list":
        return links.film_list(data["username"], data["slug"])
    if target["type"] == "comment":
        return f"/reviews/{data['review_id']}#comment-{target['id']}"
    if target["type"] == "review":
        return f"/reviews/{target['id']}"
    actor = notification["actor"]
    return "/friends" if actor is None else links.member(actor)
