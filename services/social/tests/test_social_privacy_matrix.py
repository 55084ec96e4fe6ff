"""Every route of the service by every viewer, from one table: a route without a rule fails.

Ann owns everything there is here: a review with a comment, a list of each privacy, settings.
`friend` is hers, `stranger` nothing to her, `blocked` was blocked by her, `blocker` has blocked
her, `anonymous` has no token.
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import pytest

from marquee_shared.events.social import Privacy
from marquee_social.app import SERVICE
from marquee_social.visibility.rule import Relation, Surface, may_see

VIEWERS = {
    "owner": Relation.OWNER,
    "friend": Relation.FRIEND,
    "stranger": Relation.STRANGER,
    "blocked": Relation.BLOCKED,
    "blocker": Relation.BLOCKED,
    "anonymous": Relation.ANONYMOUS,
}
PRIVACIES: tuple[Privacy, ...] = get_args(Privacy)
FILM = "/v1/movies/film-1"
ANN = "/v1/users/ann"
LIST = f"{ANN}/lists/{{privacy}}"
Kind = Literal[
    "aggregate", "service", "moderator", "own", "seen", "found", "changed", "joined", "met"
]


@dataclass(frozen=True)
class Rule:
    """Who may use a route.

    `aggregate`: everybody the same. `service`: no member. `moderator`: members with that role.
    `own`: about the caller alone; needs a token, and never names Ann to whom a block hides her.
    `seen`: who may see the thing, others 404. `found`: the same of an item in a list.
    `changed`: its owner; who may see it 403, others 404. `joined`: who may see it, by a token.
    `met`: another member, unless a block hides them.
    The privacy of a thing is its own, a `surface` of Ann's settings, or `public`.
    """

    kind: Kind
    path: str
    body: Any = None
    surface: Surface | None = None


def own(path: str, body: Any = None) -> Rule:
    return Rule("own", path, body)


def seen(path: str, surface: Surface | None = None) -> Rule:
    return Rule("seen", path, surface=surface)


def changed(path: str, body: Any = None) -> Rule:
    return Rule("changed", path, body)


def joined(path: str, body: Any = None) -> Rule:
    return Rule("joined", path, body)


def met(path: str) -> Rule:
    return Rule("met", path)


NIL = "00000000-0000-0000-0000-000000000000"
COMMENT = {"content": "Well said"}
REVIEW = {"title": "T", "content": "C", "is_positive": True, "has_spoilers": False}
REPORT = {"target": {"type": "review", "id": 1}, "reason": "spam"}
RULES = {
    "GET /internal/me/interactions": own("/internal/me/interactions"),
    "GET /internal/members/{user_id}/datasets": Rule("service", "/internal/members/{ann}/datasets"),
    "GET /internal/members/{user_id}/datasets/{name}": Rule(
        "service", "/internal/members/{ann}/datasets/lists"
    ),
    "GET /v1/movies/{slug}/rating": own(f"{FILM}/rating"),
    "PUT /v1/movies/{slug}/rating": own(f"{FILM}/rating", {"value": 4}),
    "DELETE /v1/movies/{slug}/rating": own(f"{FILM}/rating"),
    "GET /internal/ratings/totals": Rule("aggregate", "/internal/ratings/totals"),
    "GET /v1/movies/{slug}/ratings": Rule("aggregate", f"{FILM}/ratings"),
    "GET /v1/movies/{slug}/watch-time": Rule("aggregate", f"{FILM}/watch-time"),
    "GET /v1/me/ratings": own("/v1/me/ratings"),
    "GET /v1/movies/{slug}/ratings/friends": own(f"{FILM}/ratings/friends"),
    "GET /v1/movies/{slug}/signal": own(f"{FILM}/signal"),
    "PUT /v1/movies/{slug}/signal": own(f"{FILM}/signal", {"kind": "like"}),
    "DELETE /v1/movies/{slug}/signal": own(f"{FILM}/signal"),
    "GET /v1/me/signals": own("/v1/me/signals"),
    "GET /v1/movies/{slug}/reviews": Rule("found", f"{FILM}/reviews"),
    "POST /v1/movies/{slug}/reviews": own(f"{FILM}/reviews", REVIEW),
    "GET /v1/users/{username}/reviews": Rule("found", f"{ANN}/reviews"),
    "GET /v1/reviews/{review_id}": seen("/v1/reviews/{review}"),
    "PATCH /v1/reviews/{review_id}": changed("/v1/reviews/{review}", {"title": "Other"}),
    "DELETE /v1/reviews/{review_id}": changed("/v1/reviews/{review}"),
    "GET /v1/reviews/{review_id}/history": seen("/v1/reviews/{review}/history"),
    "GET /v1/reviews/{review_id}/comments": seen("/v1/reviews/{review}/comments"),
    "POST /v1/reviews/{review_id}/comments": joined("/v1/reviews/{review}/comments", COMMENT),
    "GET /v1/comments/{comment_id}": seen("/v1/comments/{comment}"),
    "PATCH /v1/comments/{comment_id}": changed("/v1/comments/{comment}", COMMENT),
    "DELETE /v1/comments/{comment_id}": changed("/v1/comments/{comment}"),
    "GET /v1/comments/{comment_id}/replies": seen("/v1/comments/{comment}/replies"),
    "POST /v1/comments/{comment_id}/replies": joined("/v1/comments/{comment}/replies", COMMENT),
    "GET /v1/reviews/{thing_id}/reactions": seen("/v1/reviews/{review}/reactions"),
    "GET /v1/comments/{thing_id}/reactions": seen("/v1/comments/{comment}/reactions"),
    "PUT /v1/reviews/{thing_id}/reactions/{emoji}": joined("/v1/reviews/{review}/reactions/LIKE"),
    "DELETE /v1/reviews/{thing_id}/reactions/{emoji}": joined(
        "/v1/reviews/{review}/reactions/LIKE"
    ),
    "PUT /v1/comments/{thing_id}/reactions/{emoji}": joined(
        "/v1/comments/{comment}/reactions/LIKE"
    ),
    "DELETE /v1/comments/{thing_id}/reactions/{emoji}": joined(
        "/v1/comments/{comment}/reactions/LIKE"
    ),
    "GET /v1/reviews/{review_id}/translation": seen("/v1/reviews/{review}/translation"),
    "GET /v1/comments/{comment_id}/translation": seen("/v1/comments/{comment}/translation"),
    "GET /v1/users/{username}/translation": seen(f"{ANN}/translation"),
    "POST /v1/reports": own("/v1/reports", REPORT),
    "GET /v1/reports/{report_id}": own("/v1/reports/1"),
    "POST /v1/reports/{report_id}/appeal": own("/v1/reports/1/appeal", {"note": "No"}),
    "GET /v1/me/moderation": own("/v1/me/moderation"),
    "GET /v1/moderation/reports": Rule("moderator", "/v1/moderation/reports"),
    "GET /v1/moderation/reports/{report_id}": Rule("moderator", "/v1/moderation/reports/1"),
    "PATCH /v1/moderation/reports/{report_id}": Rule(
        "moderator", "/v1/moderation/reports/1", {"state": "dismissed", "note": "n"}
    ),
    "GET /v1/moderation/log": Rule("moderator", "/v1/moderation/log"),
    "POST /v1/me/watch-events": own("/v1/me/watch-events", {"events": []}),
    "GET /v1/me/history": own("/v1/me/history"),
    "GET /v1/users/{username}/watch-time": seen(f"{ANN}/watch-time", "watch_time"),
    "GET /v1/users/{username}/watch-time/{slug}": seen(f"{ANN}/watch-time/film-1", "watch_time"),
    "GET /v1/users/{username}/activity": seen(f"{ANN}/activity", "activity"),
    "GET /v1/users/{username}/stats": seen(f"{ANN}/stats", "stats"),
    "GET /v1/me/feed": own("/v1/me/feed"),
    "GET /v1/me/changes": own("/v1/me/changes"),
    "PUT /v1/users/{username}/friend-request": met(f"{ANN}/friend-request"),
    "DELETE /v1/users/{username}/friend-request": met(f"{ANN}/friend-request"),
    "GET /v1/me/friend-requests": own("/v1/me/friend-requests"),
    "GET /v1/me/friends": own("/v1/me/friends"),
    "GET /v1/users/{username}/friends": Rule("found", f"{ANN}/friends", surface="friends"),
    "DELETE /v1/me/friends/{username}": met("/v1/me/friends/ann"),
    "GET /v1/me/friend-suggestions": own("/v1/me/friend-suggestions"),
    "GET /v1/me/blocks": own("/v1/me/blocks"),
    "PUT /v1/me/blocks/{username}": own("/v1/me/blocks/other"),
    "DELETE /v1/me/blocks/{username}": own("/v1/me/blocks/other"),
    "GET /v1/me/mutes": own("/v1/me/mutes"),
    "PUT /v1/me/mutes/{username}": met("/v1/me/mutes/ann"),
    "DELETE /v1/me/mutes/{username}": met("/v1/me/mutes/ann"),
    "GET /v1/me/privacy": own("/v1/me/privacy"),
    "PATCH /v1/me/privacy": own("/v1/me/privacy", {"stats": "public"}),
    "GET /v1/me/notifications": own("/v1/me/notifications"),
    "GET /v1/me/notifications/unread": own("/v1/me/notifications/unread"),
    "PUT /v1/me/notifications/read": own("/v1/me/notifications/read"),
    "PUT /v1/me/notifications/{notification_id}/read": own("/v1/me/notifications/999/read"),
    "GET /v1/stream": own("/v1/stream"),
    "GET /v1/lists": Rule("found", "/v1/lists"),
    "GET /v1/me/lists": own("/v1/me/lists"),
    "POST /v1/me/lists": own("/v1/me/lists", {"name": "Mine", "privacy": "private"}),
    "GET /v1/users/{username}/lists": Rule("found", f"{ANN}/lists"),
    "GET /v1/users/{username}/lists/{slug}": seen(LIST),
    "PATCH /v1/users/{username}/lists/{slug}": changed(LIST, {"description": "New"}),
    "DELETE /v1/users/{username}/lists/{slug}": changed(LIST),
    "GET /v1/users/{username}/lists/{slug}/movies": seen(f"{LIST}/movies"),
    "PUT /v1/users/{username}/lists/{slug}/movies/{movie}": changed(f"{LIST}/movies/film-2"),
    "DELETE /v1/users/{username}/lists/{slug}/movies/{movie}": changed(f"{LIST}/movies/film-2"),
    "PUT /v1/users/{username}/lists/{slug}/order": changed(f"{LIST}/order", {"movies": []}),
    "POST /v1/lists/fill-preview": own("/v1/lists/fill-preview", {"limit": 3}),
    "DELETE /v1/users/{username}/lists/{slug}/fill": changed(f"{LIST}/fill"),
    "GET /v1/me/watchlist": own("/v1/me/watchlist"),
    "PUT /v1/me/watchlist/{movie}": own("/v1/me/watchlist/film-1"),
    "DELETE /v1/me/watchlist/{movie}": own("/v1/me/watchlist/film-1"),
    "GET /v1/movies/{slug}/lists": own(f"{FILM}/lists"),
    "GET /v1/me/history/export": own("/v1/me/history/export"),
    "GET /v1/me/imports": own("/v1/me/imports"),
    "POST /v1/me/imports": own("/v1/me/imports"),
    "GET /v1/me/imports/{import_id}": own(f"/v1/me/imports/{NIL}"),
    "GET /v1/me/imports/{import_id}/rows": own(f"/v1/me/imports/{NIL}/rows"),
    "POST /v1/me/imports/{import_id}/commit": own(f"/v1/me/imports/{NIL}/commit", {}),
    "DELETE /v1/me/imports/{import_id}": own(f"/v1/me/imports/{NIL}"),
}


def routes() -> set[str]:
    return {
        f"{method} {route.path}"
        for router in SERVICE.routers
        for route in router.routes
        for method in route.methods
    }


def test_every_route_has_a_rule():
    assert routes() == set(RULES)


class World:
    """Ann, those who look, and what they look at."""

    def __init__(self, viewers, ids):
        self.viewers, self.ids = viewers, ids

    async def call(self, viewer, method, rule, privacy):
        path = rule.path.format(privacy=privacy, **self.ids)
        who = self.viewers[viewer]
        if viewer != "anonymous":
            return await who.call(method, path, rule.body)
        content = {} if rule.body is None else {"json": rule.body}
        return await who.request(method, path, **content)


@pytest.fixture
async def world(new_person, films, client):
    names = {name: "ann" if name == "owner" else name for name in VIEWERS if name != "anonymous"}
    people = {viewer: await new_person(name) for viewer, name in names.items()}
    await new_person("other")
    ann = people["owner"]
    await ann.befriend(people["friend"])
    await ann.block(people["blocked"])
    await people["blocker"].block(ann)
    await ann.rate(films[0], 4)
    review = (await ann.post(f"{FILM}/reviews", REVIEW)).json()["id"]
    comment = (await ann.post(f"/v1/reviews/{review}/comments", COMMENT)).json()["id"]
    for privacy in PRIVACIES:
        await ann.post("/v1/me/lists", {"name": privacy, "privacy": privacy})
    ids = {"review": review, "comment": comment, "ann": ann.id}
    return World({**people, "anonymous": client}, ids)


def expected(kind: Kind, viewer: str, *, visible: bool) -> set[int]:
    """Return the status codes that a viewer may be answered with."""
    if kind == "aggregate":
        return {200}
    if kind == "seen":
        return {200} if visible else {404}
    if viewer == "anonymous":
        return {401}
    refused = {
        ("service", True): {403},
        ("service", False): {403},
        ("moderator", True): {403},
        ("moderator", False): {403},
        ("met", True): {422},
        ("changed", False): {403 if visible else 404},
    }
    return refused.get((kind, viewer == "owner"), {200, 201, 204} if visible else {404})


def privacies_of(rule: Rule) -> tuple[Privacy, ...]:
    return PRIVACIES if rule.surface or "{privacy}" in rule.path else ("public",)


CHECKED = [name for name, rule in RULES.items() if rule.kind not in ("own", "found")]


@pytest.mark.parametrize("name", CHECKED)
async def test_viewers_get_what_the_rule_says(world, name):
    rule, method = RULES[name], name.split()[0]
    for privacy in privacies_of(rule):
        if rule.surface:
            await world.viewers["owner"].patch("/v1/me/privacy", {rule.surface: privacy})
        for viewer in sorted(VIEWERS, key=lambda viewer: viewer == "owner"):
            visible = may_see(VIEWERS[viewer], privacy)
            answer = await world.call(viewer, method, rule, privacy)
            allowed = expected(rule.kind, viewer, visible=visible)
            assert answer.status_code in allowed, (viewer, privacy, answer.text)


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.kind == "own"])
async def test_what_is_the_callers_own_needs_a_token_and_names_nobody_hidden(world, name):
    rule, method = RULES[name], name.split()[0]
    assert (await world.call("anonymous", method, rule, "public")).status_code == 401
    if name == "GET /v1/stream":
        return  # goes on for ever; its content is the notifications'
    for viewer in ("blocked", "blocker"):
        answer = await world.call(viewer, method, rule, "public")
        assert answer.status_code not in (401, 500)
        if name in ("GET /v1/me/blocks", "GET /v1/me/changes") and viewer == "blocker":
            continue  # there, and nowhere else, do they find whom they have blocked
        assert str(world.ids["ann"]) not in answer.text, viewer


@pytest.mark.parametrize("path", [f"{ANN}/activity", "/v1/me/feed"])
async def test_lists_among_what_somebody_did_are_shown_as_the_lists_are(world, path):
    await world.viewers["owner"].patch("/v1/me/privacy", {"activity": "public"})
    for viewer, relation in VIEWERS.items():
        answer = await world.call(viewer, "GET", Rule("found", path), "public")
        if relation in (Relation.BLOCKED, Relation.ANONYMOUS) and answer.status_code != 200:
            assert answer.status_code == (401 if relation is Relation.ANONYMOUS else 404), viewer
            continue
        seen = {item["list"]["slug"] for item in answer.json()["items"] if item["list"]}
        shown = {privacy for privacy in ("friends", "public") if may_see(relation, privacy)}
        reader = path != "/v1/me/feed" or relation is Relation.FRIEND
        assert seen == (shown if reader else set()), viewer


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.kind == "found"])
async def test_lists_hold_what_the_viewer_may_see_and_count_no_more(world, name):
    rule = RULES[name]
    hidden_owner = "/users/" in rule.path
    for privacy in PRIVACIES:
        if rule.surface:
            await world.viewers["owner"].patch("/v1/me/privacy", {rule.surface: privacy})
        for viewer, relation in VIEWERS.items():
            answer = await world.call(viewer, "GET", rule, privacy)
            if hidden_owner and relation is Relation.BLOCKED:
                assert answer.status_code == 404, viewer
                continue
            assert answer.status_code == 200, answer.text
            items = answer.json()["items"]
            if rule.surface:
                assert bool(items) is may_see(relation, privacy), (viewer, privacy)
            elif rule.path.endswith("lists"):
                seen_lists = {item["slug"] for item in items}
                assert (privacy in seen_lists) is may_see(relation, privacy), (viewer, privacy)
            else:
                assert bool(items) is may_see(relation, "public"), viewer
    if rule.path == "/v1/lists":
        page = await world.viewers["stranger"].get("/v1/lists?page=1")
        assert page.json()["total"] == 1
