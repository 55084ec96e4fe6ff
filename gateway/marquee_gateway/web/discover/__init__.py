"""Finding films by talking: what was said and understood stays on the page, and can be edited.

The API keeps a conversation's meaning for an hour and never its words, so the words travel in the
form; is the conversation over, it is begun anew from the fields on the page.
"""

import asyncio
from typing import Any, Final

from starlette.responses import Response

from marquee_gateway.web.api import Answer, path
from marquee_gateway.web.discover.wishes import LISTS, NUMBERS, read_wishes
from marquee_gateway.web.forms import Form
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

FILMS: Final = 24
TURNS: Final = 6
OVER: Final = "conversation_not_found"
ASKED: Final = 100
EXAMPLES: Final = 4


@pages.get("/discover")
async def begin(visit: Visit) -> Response:
    """Show where to talk; with `text`, what comes of it."""
    text = visit.query.get("text", "").strip()
    visit.form = Form.of({"text": text})
    if not text:
        return await _show(visit, None)
    return await _show(visit, await _ask(visit, {"text": text}))


@pages.post("/discover")
async def go_on(visit: Visit) -> Response:
    """Take the next words, or the fields as they were edited."""
    form = visit.form
    said = {"text": form["text"].strip()}
    if form["do"] == "more":
        said = {"text": str(visit.t("discover.more_word"))}
    elif form["do"] == "edit":
        wishes = read_wishes(form)
        if who := form["who"].strip():
            found = await visit.api.get("/v1/people", {"q": who, "limit": 1})
            if not found.items:
                missing = visit.t("search.nobody", name=who) if found.ok else found.detail
                return await _show(visit, None, wrong=("who", missing))
            wishes["people"] = [*wishes["people"], found.items[0]["slug"]]
        return await _show(visit, await _ask(visit, {"text": "", "filters": wishes}))
    elif not said["text"]:
        return await _show(visit, None, wrong=("text", str(visit.t("discover.say_something"))))
    return await _show(visit, await _ask(visit, said))


async def _ask(visit: Visit, said: dict[str, Any]) -> Answer:
    """Say something within the conversation; is that over, within a new one like it."""
    conversation = visit.form["conversation"] or None
    ask = {**said, "conversation_id": conversation, "limit": FILMS}
    answer = await visit.api.post("/v1/discover", ask)
    if answer.code != OVER:
        return answer
    again: dict[str, Any] = {"text": "", "filters": read_wishes(visit.form), "limit": 1}
    begun = await visit.api.post("/v1/discover", again)
    if not begun.ok:
        return begun
    ask["conversation_id"] = begun.data["conversation_id"]
    return await visit.api.post("/v1/discover", ask)


async def _show(
    visit: Visit, answer: Answer | None, *, wrong: tuple[str, str] | None = None
) -> Response:
    """Show the talk so far, what is understood by now, and the films."""
    form = visit.form
    turns = list(zip(form.all("said"), form.all("replied"), strict=False))[-TURNS:]
    wishes, status = read_wishes(form), 200
    if wrong is not None:
        form.wrong(*wrong)
        status = 422
    elif answer is not None and not answer.ok:
        form.refused(answer)
        status = answer.status
    elif answer is not None:
        words = "" if form["do"] == "edit" else form["text"].strip()
        if form["do"] == "more":
            words = str(visit.t("discover.more_word"))
        turns = [*turns, (words or str(visit.t("discover.edited")), answer.data["reply"])]
        wishes = answer.data["understood"]
        form.values = {}
    names, genres, platforms = await _names(visit, wishes)
    return await visit.render(
        "discover/discover.html",
        status,
        answer=answer,
        films=_explained(answer) if answer is not None and answer.ok else [],
        conversation=answer.data["conversation_id"]
        if answer is not None and answer.ok
        else form["conversation"],
        turns=turns,
        wishes=wishes,
        names=names,
        genres=genres,
        platforms=platforms,
        lists=LISTS,
        numbers=NUMBERS,
        examples=[visit.t(f"discover.example_{number}") for number in range(1, EXAMPLES + 1)],
    )


def _explained(answer: Answer) -> list[dict[str, Any]]:
    """Return the films, each with its best reason that does not speak for all of them."""
    said = [{reason["text"] for reason in one["reasons"]} for one in answer.items]
    common = set.intersection(*said) if len(said) > 1 else set()
    return [
        {**one, "why": next((text for text in _texts(one) if text not in common), "")}
        for one in answer.items
    ]


def _texts(item: dict[str, Any]) -> list[str]:
    return [reason["text"] for reason in item["reasons"]]


async def _names(
    visit: Visit, wishes: dict[str, Any]
) -> tuple[dict[tuple[str, str], str], list[Any], list[Any]]:
    """Return what the slugs are called, and all genres and platforms there are to add."""
    api = visit.api
    places = {"tags": "/v1/tags/{}", "people": "/v1/people/{}", "like": "/v1/movies/{}"}
    asked = [(kind, slug) for kind in places for slug in wishes.get(kind) or ()]
    genres, platforms, *found = await asyncio.gather(
        api.get("/v1/genres", {"limit": ASKED}),
        api.get("/v1/platforms", {"limit": ASKED}),
        *(api.get(path(places[kind], slug)) for kind, slug in asked),
    )
    names = {
        one: answer.data.get("name") or answer.data["title"]
        for one, answer in zip(asked, found, strict=True)
        if answer.ok
    }
    for kind, terms in (
        ("genres", genres),
        ("without_genres", genres),
        ("platforms", platforms),
    ):
        names |= {(kind, one["slug"]): one["name"] for one in terms.items}
    return names, genres.items, platforms.items
