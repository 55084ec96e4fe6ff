"""A review by itself, the talk below it, and reactions to both."""

import asyncio
from typing import Any, Final

from starlette.responses import Response

from marquee_gateway.web import links
from marquee_gateway.web.api import Answer, path
from marquee_gateway.web.forms import Form
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.refusals import UNVERIFIED, came_from
from marquee_gateway.web.visit import Visit

pages = Pages()

DEEPEST: Final = 6
"""Levels of replies that are set in further and further; what is deeper stands below them."""

SHOWN: Final = 60
REACTIONS: Final = {
    "LIKE": "up", "LOVE": "heart-full", "LAUGH": "laugh", "FIRE": "fire",
    "MIND_BLOWN": "mind-blown", "POPCORN": "popcorn", "THINKING": "thinking", "SAD": "sad",
    "EYES": "eye", "PARTY": "party", "STAR": "star", "TOP": "trophy",
    "SKULL": "skull", "CLOWN": "clown", "POOP": "heap", "TRASH": "trash",
}  # fmt: skip
"""What members can react with, and how it is drawn."""


@pages.get("/reviews/{id:int}")
async def show_review(visit: Visit) -> Response:
    """Show a review with its thread."""
    return await _show(visit, visit.path["id"], 200)


async def _show(visit: Visit, review_id: int, status: int, **context: Any) -> Response:
    where = path("/v1/reviews/{}", review_id)
    spoilers = "show" if visit.query.get("spoilers") == "show" else None
    query = {
        "depth": 100,
        "limit": SHOWN,
        "spoilers": spoilers,
        "cursor": visit.query.get("cursor"),
    }
    review, comments = await asyncio.gather(
        visit.api.get(where, {"spoilers": spoilers}), visit.api.get(f"{where}/comments", query)
    )
    return await visit.render(
        "reviews/review.html",
        status,
        review=review.required().data,
        comments=comments,
        deepest=DEEPEST,
        signs=REACTIONS,
        no_form=Form(),
        **context,
    )


@pages.post("/reviews/{id:int}/comments", member=True)
async def comment(visit: Visit) -> Response:
    """Comment on a review."""
    review_id = visit.path["id"]
    answer = await visit.api.post(path("/v1/reviews/{}/comments", review_id), _words(visit))
    if not answer.ok:
        _check_verified(answer)
        form = visit.form.refused(answer)
        return await _show(visit, review_id, answer.status, form=form, replying=None)
    target = f"/reviews/{review_id}#comment-{answer.data['id']}"
    return visit.redirect(target, "reviews.commented")


@pages.post("/comments/{id:int}/replies", member=True)
async def reply(visit: Visit) -> Response:
    """Reply to a comment."""
    comment_id = visit.path["id"]
    answer = await visit.api.post(path("/v1/comments/{}/replies", comment_id), _words(visit))
    if not answer.ok:
        _check_verified(answer)
        parent = (await visit.api.get(path("/v1/comments/{}", comment_id))).required()
        form = visit.form.refused(answer)
        review_id = parent.data["review_id"]
        return await _show(visit, review_id, answer.status, form=form, replying=comment_id)
    target = f"/reviews/{answer.data['review_id']}#comment-{answer.data['id']}"
    return visit.redirect(target, "reviews.commented")


def _check_verified(answer: Answer) -> None:
    """Send whoever has not confirmed their address to do so first.

    Raises:
        ApiRefused: they have not.
    """
    if answer.code == UNVERIFIED:
        answer.required()


def _words(visit: Visit) -> dict[str, Any]:
    return {
        "content": visit.form["content"],
        "has_spoilers": visit.form.checked("has_spoilers"),
    }


@pages.post("/reviews/{id:int}/reactions", member=True)
async def react_to_review(visit: Visit) -> Response:
    """React to a review, or take a reaction back."""
    return await _react(visit, "reviews")


@pages.post("/comments/{id:int}/reactions", member=True)
async def react_to_comment(visit: Visit) -> Response:
    """React to a comment, or take a reaction back."""
    return await _react(visit, "comments")


async def _react(visit: Visit, things: str) -> Response:
    call = path("/v1/{}/{}/reactions/{}", things, visit.path["id"], visit.form["emoji"])
    removes = visit.form.checked("remove")
    answer = await (visit.api.delete(call) if removes else visit.api.put(call))
    return visit.done(answer, f"{came_from(visit)}#{things[:-1]}-{visit.path['id']}")


@pages.get("/reviews/{id:int}/edit", member=True)
async def ask_for_changes(visit: Visit) -> Response:
    """Show a review as a form."""
    answer = await visit.api.get(path("/v1/reviews/{}", visit.path["id"]), {"spoilers": "show"})
    review = answer.required().data
    form = Form.of({
        "title": review["title"],
        "content": review["content"],
        "verdict": "yes" if review["is_positive"] else "no",
        "has_spoilers": "yes" if review["has_spoilers"] else "",
    })  # fmt: skip
    return await visit.render("reviews/edit.html", review=review, form=form)


@pages.post("/reviews/{id:int}/edit", member=True)
async def change(visit: Visit) -> Response:
    """Change one's review."""
    where = path("/v1/reviews/{}", visit.path["id"])
    form = visit.form
    body = {
        "title": form["title"],
        "content": form["content"],
        "is_positive": form["verdict"] != "no",
        "has_spoilers": form.checked("has_spoilers"),
    }
    answer = await visit.api.patch(where, body)
    if not answer.ok:
        review = (await visit.api.get(where, {"spoilers": "show"})).required().data
        form.refused(answer, is_positive="verdict")
        return await visit.render("reviews/edit.html", answer.status, review=review)
    return visit.redirect(f"/reviews/{visit.path['id']}", "reviews.changed")


@pages.post("/reviews/{id:int}/delete", member=True)
async def delete(visit: Visit) -> Response:
    """Delete one's review."""
    where = path("/v1/reviews/{}", visit.path["id"])
    review = await visit.api.get(where)
    back = links.film(review.data["movie"]) if review.ok else "/"
    return visit.done(await visit.api.delete(where), back, "reviews.deleted")


@pages.post("/comments/{id:int}/delete", member=True)
async def delete_comment(visit: Visit) -> Response:
    """Delete one's comment, with what hangs on it."""
    answer = await visit.api.delete(path("/v1/comments/{}", visit.path["id"]))
    return visit.done(answer, came_from(visit), "reviews.comment_deleted")
