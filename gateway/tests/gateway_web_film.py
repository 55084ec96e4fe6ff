"""A film and the talk about it, as services tell them."""

from typing import Any

import orjson
from gateway_web import FILM

SLUG = FILM["slug"]
THEO = {"id": "1", "username": "theo", "name": "Theo", "avatar_url": None}
DETAIL = {
    **FILM, "original_title": None, "original_language": "en", "tagline": "In space", "runtime": 117,
    "synopsis": "A ship answers a call.", "status": "released", "age_rating": "R", "awards": [],
    "platforms": [{"slug": "nostromo", "name": "Nostromo+", "country": "US"}], "tags": [],
    "directors": [{"slug": "ridley-scott", "name": "Ridley Scott"}],
    "cast": [{"slug": "sigourney-weaver", "name": "Sigourney Weaver", "character": "Ripley"}],
}  # fmt: skip


def review(**changes: Any) -> dict[str, Any]:
    return {
        "id": 7, "movie": FILM, "user": THEO, "title": "Cold & <b>still</b>", "content": "One.\n\nTwo.",
        "is_positive": True, "has_spoilers": False, "spoilers_hidden": False, "language": "en",
        "comments": 2, "reactions": {"counts": {"FIRE": 2}, "mine": ["FIRE"]}, "hidden": False,
        "edited": False, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        **changes,
    }  # fmt: skip


def comment(number: int, depth: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": number, "review_id": 7, "parent_id": None, "depth": depth, "user": THEO,
        "content": f"Comment {number}", "has_spoilers": False, "spoilers_hidden": False, "replies": 0,
        "reactions": {"counts": {}, "mine": []}, "hidden": False, "edited": False,
        "created_at": "2026-01-01T00:00:00Z", **changes,
    }  # fmt: skip


def listed(*items: Any) -> bytes:
    return orjson.dumps({"items": items, "next_cursor": None})


def tell_of_film(web_api: Any) -> Any:
    """Have services know a film that was reviewed, and rated by nobody here."""
    where = f"/v1/movies/{SLUG}"
    histogram = {f"{half / 2:.1f}": half for half in range(1, 11)}
    reason = {"kind": "because_you_rated", "text": "Because you rated Aliens", "weight": 0.7,
              "movie": FILM}  # fmt: skip
    web_api.answers(where, body=orjson.dumps(DETAIL))
    web_api.answers(
        f"{where}/ratings",
        body=orjson.dumps({"average": 4.25, "count": 55, "histogram": histogram}),
    )
    web_api.answers(f"{where}/similar", body=listed({"movie": {**FILM, "title": "Sunshine"}}))
    web_api.answers(f"{where}/reviews", body=listed(review()))
    web_api.answers(f"{where}/why", body=orjson.dumps({"recommended": True, "reasons": [reason]}))
    web_api.answers(f"{where}/ratings/friends", body=listed({"user": THEO, "value": 3.5}))
    web_api.answers(
        f"{where}/lists", body=listed({"kind": "list", "slug": "ships", "name": "Ships"})
    )
    web_api.answers("/v1/me/lists", body=listed({"kind": "list", "slug": "ships", "name": "Ships"}))
    for part in ("rating", "signal"):
        web_api.answers(f"{where}/{part}", status=404, body=b'{"code":"none"}')
    watched = b'{"progress":0.4}'
    web_api.answers(f"/v1/users/ada/watch-time/{SLUG}", body=watched)
    web_api.answers("/v1/reviews/7", body=orjson.dumps(review()))
    thread = [comment(1, 1), comment(2, 2, content=None, spoilers_hidden=True), comment(3, 9)]
    web_api.answers("/v1/reviews/7/comments", body=listed(*thread))
    return web_api
