"""Members' pages, what one is to another, friends, the feed and notifications."""

from typing import Any

import orjson
import pytest
import pytest_asyncio
from gateway_web import FILM, HTML, send, sign_in

from marquee_gateway.web.members.taste import compare

THEO = {"id": "1", "username": "theo", "name": "Theo <b>", "avatar_url": None}
AT = "2026-01-01T00:00:00Z"
STATS = {
    "movies": 12, "ratings": 9, "reviews": 1, "average_rating": 3.75, "seconds_watched": 7200.0,
    "streak": {"current": 1, "longest": 3, "longest_began": None},
    "rating_curve": {f"{half / 2:.1f}": half for half in range(1, 11)},
    "decades": [{"decade": 1970, "movies": 4, "average": 4.0}],
    "genres": [{"slug": "horror", "name": "Horror", "movies": 5, "average": 4.5}],
    "year_in_review": {"year": 2026, "top_rated": [{"movie": FILM, "rating": 5.0}]},
}  # fmt: skip
REVIEW = {
    "id": 7, "movie": FILM, "user": THEO, "title": "Cold", "content": None, "is_positive": True,
    "has_spoilers": True, "spoilers_hidden": True, "comments": 2, "hidden": False, "edited": False,
    "reactions": {"counts": {"FIRE": 2}, "mine": []}, "created_at": AT, "updated_at": AT,
}  # fmt: skip
ACTIVITY = {"id": "r", "kind": "rating", "user": THEO, "movie": FILM, "rating": 4.5, "at": AT}
OWN_LIST = {
    "id": 1, "kind": "list", "slug": "ships", "name": "Ships", "description": "", "covers": [],
    "privacy": "public", "movie_count": 2, "owner": THEO, "created_at": AT, "updated_at": AT,
}  # fmt: skip


def listed(*items: Any) -> bytes:
    return orjson.dumps({"items": items, "next_cursor": None})


def profile(**changes: Any) -> bytes:
    return orjson.dumps({
        **THEO, "bio": "One.\n\nTwo.", "country": None, "imported": False, "friendship": "none",
        "created_at": AT, "updated_at": AT, **changes,
    })  # fmt: skip


@pytest.fixture
def theo(web_api: Any) -> Any:
    """Services that know a member who shows everything."""
    web_api.answers("/v1/users/theo", body=profile())
    for name in ("theo", "ada"):
        web_api.answers(f"/v1/users/{name}/stats", body=orjson.dumps(STATS))
    web_api.answers("/v1/users/theo/activity", body=listed(ACTIVITY))
    web_api.answers("/v1/users/theo/lists", body=listed(OWN_LIST))
    web_api.answers("/v1/users/theo/reviews", body=listed(REVIEW))
    web_api.answers("/v1/users/theo/friends", body=listed({**THEO, "since": AT}))
    web_api.answers("/v1/me/mutes", body=listed())
    return web_api


@pytest_asyncio.fixture
async def ada(gateway: Any, theo: Any) -> Any:
    """A member's browser."""
    await sign_in(gateway.client)
    return gateway.client


async def test_a_profile_tells_who_somebody_is(gateway: Any, theo: Any) -> None:
    page = await gateway.client.get("/members/theo", headers=HTML)
    assert page.status_code == 200
    assert "Theo &lt;b&gt;" in page.text
    assert "3.5 stars: 7 films" in page.text, "the drawn curve can be read"
    assert "Favourites of 2026" in page.text
    assert "Gives away the story" in page.text
    assert "/sign-in?next=%2Fmembers%2Ftheo" in page.text
    assert "Taste match" not in page.text, "there is nobody to compare with"


@pytest.mark.parametrize("tab", ["reviews", "lists", "activity", "friends"])
async def test_each_part_of_a_profile_has_its_page(ada: Any, tab: str) -> None:
    page = await ada.get(f"/members/theo/{tab}", headers=HTML)
    assert page.status_code == 200
    assert f'/members/theo/{tab}" aria-current="page"' in page.text


async def test_what_a_member_keeps_to_themselves_is_no_failure(ada: Any, theo: Any) -> None:
    theo.answers("/v1/users/theo/stats", status=404, body=b'{"code":"stats_not_found"}')
    theo.answers("/v1/users/theo/lists", status=503)
    page = await ada.get("/members/theo", headers=HTML)
    assert page.status_code == 200
    assert "keeps their figures to themselves" in page.text
    assert page.text.count("This part could not be loaded") == 1
    assert "Cold" in page.text


async def test_a_member_who_is_hidden_does_not_exist(ada: Any, theo: Any) -> None:
    theo.answers("/v1/users/theo", status=404, body=b'{"code":"user_not_found","detail":"None."}')
    page = await ada.get("/members/theo", headers=HTML)
    assert page.status_code == 404


@pytest.mark.parametrize(
    ("friendship", "ways"),
    [("none", ["ask"]), ("requested", ["withdraw"]), ("requested_you", ["accept", "decline"]),
     ("friends", ["end"])],
)  # fmt: skip
async def test_every_state_of_a_friendship_has_its_buttons(
    ada: Any, theo: Any, friendship: str, ways: list[str]
) -> None:
    theo.answers("/v1/users/theo", body=profile(friendship=friendship))
    page = await ada.get("/members/theo", headers=HTML)
    offered = {way for way in ("ask", "withdraw", "accept", "decline", "end")
               if f'name="do" value="{way}"' in page.text}  # fmt: skip
    assert offered == set(ways)
    assert 'name="do" value="mute"' in page.text
    assert "/report?type=user&amp;id=theo" in page.text


async def test_a_muted_member_can_be_heard_again(ada: Any, theo: Any) -> None:
    theo.answers("/v1/me/mutes", body=listed({**THEO, "muted_at": AT}))
    page = await ada.get("/members/theo", headers=HTML)
    assert 'name="do" value="unmute"' in page.text
    assert 'name="do" value="mute"' not in page.text


@pytest.mark.parametrize(
    ("way", "method", "path", "back"),
    [("ask", "PUT", "/v1/users/theo/friend-request", "/members/theo"),
     ("decline", "DELETE", "/v1/users/theo/friend-request", "/members/theo"),
     ("end", "DELETE", "/v1/me/friends/theo", "/members/theo"),
     ("block", "PUT", "/v1/me/blocks/theo", "/friends/blocked"),
     ("unmute", "DELETE", "/v1/me/mutes/theo", "/members/theo")],
)  # fmt: skip
async def test_a_button_does_what_it_says(
    ada: Any, theo: Any, way: str, method: str, path: str, back: str
) -> None:
    theo.answers(path, body=b"{}")
    answer = await send(
        ada, "/members/theo/tie", page="/members/theo", do=way, next="/members/theo"
    )
    assert (answer.status_code, answer.headers["location"]) == (303, back)
    assert [one.method for one in theo.received(path)] == [method]


async def test_an_unknown_button_does_nothing(ada: Any) -> None:
    answer = await send(ada, "/members/theo/tie", page="/members/theo", do="marry")
    assert answer.status_code == 404


def figures(**averages: float) -> dict[str, Any]:
    return {
        "ratings": 9,
        "average_rating": 3.0,
        "genres": [{"slug": name, "name": name.title(), "movies": 4, "average": value}
                   for name, value in averages.items()],
    }  # fmt: skip


def test_tastes_are_compared_by_what_is_watched_and_how_it_is_rated() -> None:
    mine = figures(horror=4.5, drama=2.0)
    alike, unlike = compare(mine, figures(horror=4.0, drama=2.5)), compare(
        mine, figures(horror=1.5, drama=4.5)
    )  # fmt: skip
    apart = compare(mine, figures(western=4.0))
    assert alike is not None
    assert unlike is not None
    assert apart is not None
    assert alike.percent > 95
    assert unlike.percent < 60
    assert apart.percent < unlike.percent
    assert alike.genres == ["Horror", "Drama"]
    assert compare(mine, {**mine, "ratings": 4}) is None
    same = compare(mine, mine)
    assert same is not None
    assert same.percent == 100


# the member's own


@pytest.mark.parametrize(
    ("shown", "path", "record", "text"),
    [("going_on", "/v1/me/history", {"progress": 0.4, "last_watched_at": AT}, 'value="0.4"'),
     ("rated", "/v1/me/ratings", {"value": 3.5}, "3.5 stars of five"),
     ("marked", "/v1/me/signals", {"kind": "like"}, "Liked")],
)  # fmt: skip
async def test_the_diary_shows_what_was_watched_rated_and_marked(
    ada: Any, theo: Any, shown: str, path: str, record: dict[str, Any], text: str
) -> None:
    theo.answers(path, body=listed({"movie": FILM, **record}))
    page = await ada.get(f"/history?shown={shown}", headers=HTML)
    assert text in page.text
    assert "Alien &lt;1979&gt;" in page.text


@pytest.mark.parametrize("path", ["/history", "/friends", "/friends/blocked", "/feed",
                                  "/notifications", "/watchlist", "/settings", "/lists/new",
                                  "/settings/import", "/moderation", "/report?type=user&id=x"])  # fmt: skip
async def test_guests_are_led_to_sign_in_and_back(gateway: Any, web_api: Any, path: str) -> None:
    answer = await gateway.client.get(path, headers=HTML)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=%2F")


# friends and the feed


async def test_friends_requests_and_suggestions_stand_on_one_page(ada: Any, theo: Any) -> None:
    async def requests(request: Any) -> Any:
        way = "incoming" if "incoming" in request.target else "outgoing"
        user = {**THEO, "username": way, "name": way.title()}
        return theo.reply(body=listed({"user": user, "direction": way, "created_at": AT}))

    theo.answers("/v1/me/friend-requests", requests)
    theo.answers("/v1/me/friends", status=503)
    why = {"kind": "mutual_friends", "mutual_friends": 2, "users": [THEO]}
    theo.answers("/v1/me/friend-suggestions", body=listed({"user": THEO, "reason": why}))
    page = await ada.get("/friends", headers=HTML)
    assert "/members/incoming/tie" in page.text
    assert "/members/outgoing/tie" in page.text
    assert "2 friends in common: Theo &lt;b&gt;" in page.text
    assert page.text.count("This part could not be loaded") == 1


async def test_an_empty_feed_says_whom_one_might_know(ada: Any, theo: Any) -> None:
    why = {"kind": "new_member", "mutual_friends": 0, "users": []}
    theo.answers("/v1/me/friend-suggestions", body=listed({"user": THEO, "reason": why}))
    page = await ada.get("/feed", headers=HTML)
    assert "It is quiet here" in page.text
    assert "new here" in page.text
    theo.answers("/v1/me/feed", body=listed(ACTIVITY))
    page = await ada.get("/feed", headers=HTML)
    assert "It is quiet here" not in page.text
    assert "rated" in page.text


# notifications


def notification(number: int = 4, **changes: Any) -> dict[str, Any]:
    return {
        "id": number, "kind": "comment", "actor": THEO, "created_at": AT, "read_at": None,
        "target": {"type": "comment", "id": "9",
                   "data": {"review_id": 7, "parent_id": None, "movie": FILM}},
        **changes,
    }  # fmt: skip


KINDS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "has commented on your review of Alien", "/reviews/7#comment-9"),
    ({"kind": "friend_request", "target": {"type": "user", "id": "1", "data": {}}},
     "would like to be your friend", "/friends"),
    ({"kind": "friend_accepted", "target": {"type": "user", "id": "1", "data": {}}},
     "has accepted your request", "/members/theo"),
    ({"kind": "reaction", "target": {"type": "review", "id": "7",
      "data": {"review_id": 7, "emoji": "FIRE", "movie": FILM}}},
     "reacted to your words on Alien", "/reviews/7"),
    ({"kind": "list_shared", "target": {"type": "list", "id": "3",
      "data": {"username": "theo", "slug": "ships", "name": "Ships"}}},
     "has a new list for you: Ships", "/members/theo/lists/ships"),
    ({"kind": "moderation", "actor": None, "target": {"type": "review", "id": "7", "data": {}}},
     "Our moderators have decided", "/settings/decisions"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "words", "place"), KINDS)
async def test_a_notification_leads_to_what_it_is_about(
    ada: Any, theo: Any, changes: dict[str, Any], words: str, place: str
) -> None:
    one = notification(**changes)
    theo.answers("/v1/me/notifications", body=listed(one))
    theo.answers("/v1/me/notifications/4/read", body=orjson.dumps({**one, "read_at": AT}))
    page = await ada.get("/notifications", headers=HTML)
    assert words in page.text
    answer = await send(ada, "/notifications/4", page="/notifications")
    assert answer.headers["location"] == place
    assert len(theo.received("/v1/me/notifications/4/read")) == 1


async def test_only_what_was_shown_is_marked_as_read(ada: Any, theo: Any) -> None:
    theo.answers("/v1/me/notifications", body=listed(notification(12), notification(11)))
    theo.answers("/v1/me/notifications/read", body=b'{"unread":1}')
    page = await ada.get("/notifications", headers=HTML)
    assert 'name="until" value="12"' in page.text
    await send(ada, "/notifications/read", page="/notifications", until="12")
    [call] = theo.received("/v1/me/notifications/read")
    assert call.target.endswith("?until=12")


async def test_a_stream_goes_on_where_it_was_cut(ada: Any, theo: Any) -> None:
    theo.answers("/v1/stream", headers={"content-type": "text/event-stream"},
                 pieces=[b"id: 8\nevent: notification\ndata: {}\n\n"])  # fmt: skip
    answer = await ada.get("/live", headers={"Last-Event-ID": "7"})
    assert answer.headers["content-type"] == "text/event-stream"
    assert "id: 8" in answer.text
    [call] = theo.received("/v1/stream")
    assert call.headers["last-event-id"] == "7"
    assert call.headers["authorization"].startswith("Bearer ")


@pytest.mark.parametrize("language", ["en", "es", "fr", "de"])
@pytest.mark.parametrize("path", ["/members/theo", "/friends", "/feed", "/notifications",
                                  "/history", "/friends/blocked"])  # fmt: skip
async def test_pages_hold_to_the_policy_in_every_language(
    ada: Any, theo: Any, path: str, language: str
) -> None:
    for place in ("friend-requests", "friends", "friend-suggestions", "notifications", "history",
                  "blocks"):  # fmt: skip
        theo.answers(f"/v1/me/{place}", body=listed())
    page = await ada.get(f"{path}?lang={language}", headers=HTML)
    assert page.status_code == 200
    assert page.headers["content-language"] == language
    assert " style=" not in page.text
    assert page.text.count("<h1") == 1
