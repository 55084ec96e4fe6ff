"""A film: what it is, what members make of it, and what the member has to do with it."""

import asyncio
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from marquee_gateway.web import links
from marquee_gateway.web.api import Answer, path
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.refusals import UNVERIFIED
from marquee_gateway.web.reviews import REACTIONS
from marquee_gateway.web.visit import Visit

pages = Pages()

MOVED: Final = 308
NOTHING: Final = 404
CAST: Final = 12
REVIEWS: Final = 6
SORTS: Final = ("newest", "helpful", "friends")
SIGNALS: Final = ("seen", "like", "dislike", "not_interested")


@pages.get("/films/{slug}")
async def show_film(visit: Visit) -> Response:
    """One round of calls: the film, what is said of it, and the member's own marks."""
    found, context = await ask_for_film(visit, visit.path["slug"])
    if found.status == MOVED:
        return RedirectResponse(links.film(found.headers["location"].rpartition("/")[2]), 308)
    return await visit.render("film/film.html", movie=found.required().data, **context)


async def ask_for_film(visit: Visit, slug: str) -> tuple[Answer, dict[str, Any]]:
    """Ask for everything a film's page shows."""
    film = path("/v1/movies/{}", slug)
    sort = visit.query.get("sort", "")
    sort = sort if sort in SORTS else "helpful"
    spoilers = "show" if visit.query.get("spoilers") == "show" else None
    calls = {
        "film": visit.api.get(film),
        "ratings": visit.api.get(f"{film}/ratings"),
        "similar": visit.api.get(f"{film}/similar", {"limit": 14}),
        "reviews": visit.api.get(
            f"{film}/reviews", {"sort": sort, "limit": REVIEWS, "spoilers": spoilers}
        ),
    }
    if visit.member is not None:
        username = visit.member["username"]
        calls |= {
            "rating": visit.api.get(f"{film}/rating"),
            "signal": visit.api.get(f"{film}/signal"),
            "why": visit.api.get(f"{film}/why"),
            "friends": visit.api.get(f"{film}/ratings/friends", {"limit": 8}),
            "holding": visit.api.get(f"{film}/lists", {"limit": 100}),
            "lists": visit.api.get("/v1/me/lists", {"limit": 50}),
            "watched": visit.api.get(path("/v1/users/{}/watch-time/{}", username, slug)),
        }
    answers = dict(zip(calls, await asyncio.gather(*calls.values()), strict=True))
    found = answers.pop("film")
    return found, {
        **answers,
        **_marks(answers),
        "sort": sort,
        "spoilers": spoilers,
        "signs": REACTIONS,
    }


def _marks(answers: dict[str, Answer]) -> dict[str, Any]:
    """Return what the member has said of the film; `marks_missing` where that is not known."""
    if "rating" not in answers:
        return {}
    rating, signal, holding = (answers[name] for name in ("rating", "signal", "holding"))
    known = all(one.ok or one.status == NOTHING for one in (rating, signal, holding))
    held = {(one["kind"], one["slug"]) for one in holding.items}
    return {
        "my_rating": rating.data["value"] if rating.ok else None,
        "my_signal": signal.data["kind"] if signal.ok else None,
        "in_watchlist": any(kind == "watchlist" for kind, _ in held),
        "held": {slug for _, slug in held},
        "marks_missing": not known,
    }


@pages.get("/films/{slug}/reviews")
async def show_reviews(visit: Visit) -> Response:
    """Show all reviews of a film, page by page."""
    film = path("/v1/movies/{}", visit.path["slug"])
    sort = visit.query.get("sort", "")
    sort = sort if sort in SORTS else "helpful"
    query = {"sort": sort, "cursor": visit.query.get("cursor"), "limit": 20}
    found, reviews = await asyncio.gather(
        visit.api.get(film), visit.api.get(f"{film}/reviews", query)
    )
    return await visit.render(
        "film/reviews_page.html",
        movie=found.required().data,
        reviews=reviews.required(),
        sort=sort,
        signs=REACTIONS,
    )


@pages.post("/films/{slug}/rating", member=True)
async def rate(visit: Visit) -> Response:
    """Rate, or take a rating back."""
    slug = visit.path["slug"]
    call = path("/v1/movies/{}/rating", slug)
    if visit.form.checked("remove"):
        answer = await visit.api.delete(call)
        return visit.done(answer, links.film(slug), "film.unrated")
    answer = await visit.api.put(call, {"value": _value(visit.form["value"])})
    return visit.done(answer, links.film(slug), "film.rated", n=_value(visit.form["value"]) or 0)


def _value(text: str) -> float | None:
    """Read a rating; what is none is for the API to refuse."""
    try:
        return float(text)
    except ValueError:
        return None


@pages.post("/films/{slug}/signal", member=True)
async def give_signal(visit: Visit) -> Response:
    """Say that one has seen, likes, dislikes or does not want a film; or take that back."""
    slug = visit.path["slug"]
    call = path("/v1/movies/{}/signal", slug)
    kind = visit.form["kind"]
    if visit.form.checked("remove"):
        answer = await visit.api.delete(call)
        return visit.done(answer, links.film(slug), "film.signal_gone")
    answer = await visit.api.put(call, {"kind": kind})
    note = f"film.signal_{kind}" if kind in SIGNALS else ""
    return visit.done(answer, links.film(slug), note)


@pages.post("/films/{slug}/watchlist", member=True)
async def keep_for_later(visit: Visit) -> Response:
    """Put a film on the watchlist, or take it off."""
    slug = visit.path["slug"]
    call = path("/v1/me/watchlist/{}", slug)
    if visit.form.checked("remove"):
        return visit.done(await visit.api.delete(call), links.film(slug), "film.not_kept")
    return visit.done(await visit.api.put(call, {}), links.film(slug), "film.kept")


@pages.post("/films/{slug}/lists", member=True)
async def change_lists(visit: Visit) -> Response:
    """Put a film on one of the member's lists, or take it off."""
    slug = visit.path["slug"]
    username = visit.member["username"] if visit.member is not None else ""
    call = path("/v1/users/{}/lists/{}/movies/{}", username, visit.form["list"], slug)
    if visit.form.checked("remove"):
        return visit.done(await visit.api.delete(call), links.film(slug), "film.unlisted")
    return visit.done(await visit.api.put(call, {}), links.film(slug), "film.listed")


@pages.post("/films/{slug}/reviews", member=True)
async def review(visit: Visit) -> Response:
    """Review a film; what is wrong stands beside its field, on the film's page."""
    slug = visit.path["slug"]
    form = visit.form
    body = {
        "title": form["title"],
        "content": form["content"],
        "is_positive": form["verdict"] != "no",
        "has_spoilers": form.checked("has_spoilers"),
        "language": visit.language,
    }
    answer = await visit.api.post(path("/v1/movies/{}/reviews", slug), body)
    if answer.ok:
        return visit.redirect(f"{links.film(slug)}#reviews", "film.reviewed")
    if answer.code == UNVERIFIED:
        answer.required()
    found, context = await ask_for_film(visit, slug)
    return await visit.render(
        "film/film.html",
        answer.status,
        movie=found.required().data,
        form=form.refused(answer, is_positive="verdict"),
        writing=True,
        **context,
    )
