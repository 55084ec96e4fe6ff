"""What a new member likes, in four steps; each is kept at once, may be left out, and done later."""

import asyncio
from typing import Any, Final

from starlette.responses import Response

from marquee_gateway.web.api import Answer
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit
from marquee_gateway.web.welcome.rating import ask_for_films, rate_all
from marquee_gateway.web.welcome.suggesting import named_people, suggest_people

pages = Pages()

STEPS: Final = ("genres", "platforms", "people", "films")
NEXT: Final = dict(zip(STEPS, (*STEPS[1:], ""), strict=True))
ASKED: Final = 100
FOUND: Final = 12


def place(step: str, **more: str) -> str:
    """Return the address of a step."""
    query = "&".join(f"{name}={value}" for name, value in more.items())
    return f"/welcome/{step}" + (f"?{query}" if query else "")


@pages.get("/welcome", member=True)
async def go_on(visit: Visit) -> Response:
    """Go on at the first step at which nothing was said yet."""
    taste = (await visit.api.get("/v1/me/taste")).required().data
    open_steps = [step for step in STEPS[:3] if not taste[step]]
    return visit.redirect(place(open_steps[0] if open_steps else "films"))


async def _taste(visit: Visit) -> dict[str, Any]:
    taste: dict[str, Any] = (await visit.api.get("/v1/me/taste")).required().data
    return taste


async def _keep(visit: Visit, **said: Any) -> Answer:
    """Put what was said now beside what was said before."""
    before = await _taste(visit)
    kept = {name: before[name] for name in ("genres", "platforms", "people", "country")}
    return await visit.api.put("/v1/me/taste", {**kept, **said})


async def _show(visit: Visit, step: str, status: int = 200, **context: Any) -> Response:
    return await visit.render(
        f"welcome/{step}.html", status, step=step, steps=STEPS, next_step=NEXT[step], **context
    )


@pages.get("/welcome/genres", member=True)
async def ask_for_genres(visit: Visit) -> Response:
    """Ask which kinds of films one likes."""
    return await _show_terms(visit, "genres")


@pages.post("/welcome/genres", member=True)
async def keep_genres(visit: Visit) -> Response:
    """Keep them and go on."""
    answer = await _keep(visit, genres=visit.form.all("genres"))
    if not answer.ok:
        visit.form.refused(answer)
        return await _show_terms(visit, "genres", answer.status)
    return visit.redirect(place("platforms"))


@pages.get("/welcome/platforms", member=True)
async def ask_for_platforms(visit: Visit) -> Response:
    """Ask where one watches, and in which country."""
    return await _show_terms(visit, "platforms")


@pages.post("/welcome/platforms", member=True)
async def keep_platforms(visit: Visit) -> Response:
    """Keep them and go on."""
    country = visit.form["country"] or None
    answer = await _keep(visit, platforms=visit.form.all("platforms"), country=country)
    if not answer.ok:
        visit.form.refused(answer)
        return await _show_terms(visit, "platforms", answer.status)
    return visit.redirect(place("people"))


async def _show_terms(visit: Visit, step: str, status: int = 200) -> Response:
    terms, taste = await asyncio.gather(
        visit.api.get(f"/v1/{step}", {"limit": ASKED}), _taste(visit)
    )
    chosen = visit.form.all(step) if visit.form.values else taste[step]
    country = visit.form["country"] if visit.form.values else taste["country"]
    return await _show(visit, step, status, terms=terms, chosen=chosen, country=country or "")


@pages.get("/welcome/people", member=True)
async def ask_for_people(visit: Visit) -> Response:
    """Ask whose films one likes: those chosen, those found, and those of popular films."""
    words = visit.query.get("q", "").strip()
    return await _show_people(visit, words, (await _taste(visit))["people"])


@pages.post("/welcome/people", member=True)
async def keep_people(visit: Visit) -> Response:
    """Keep those who are ticked; then look for others, or go on."""
    chosen = visit.form.all("people")
    answer = await _keep(visit, people=chosen)
    if not answer.ok:
        visit.form.refused(answer)
        return await _show_people(visit, visit.form["q"].strip(), chosen, answer.status)
    if visit.form["do"] == "search":
        return visit.redirect(visit.link_here(q=visit.form["q"].strip()))
    return visit.redirect(place("films"))


async def _show_people(visit: Visit, words: str, chosen: list[str], status: int = 200) -> Response:
    taste = await _taste(visit)
    found, known, suggested = await asyncio.gather(
        visit.api.get("/v1/people", {"q": words, "limit": FOUND}) if words else _nothing(),
        named_people(visit.api, chosen),
        suggest_people(visit.api, taste["genres"]),
    )
    hits = [one for one in found.items if one["slug"] not in chosen]
    shown = {*chosen, *(one["slug"] for one in hits)}
    return await _show(
        visit,
        "people",
        status,
        words=words,
        chosen=known,
        found=found,
        hits=hits,
        suggested=[one for one in suggested if one["slug"] not in shown],
    )


async def _nothing() -> Answer:
    return Answer(200, {}, b'{"items":[]}')


@pages.get("/welcome/films", member=True)
async def ask_for_ratings(visit: Visit) -> Response:
    """Ask what one thinks of films that many have seen."""
    films = await ask_for_films(visit.api, (await _taste(visit))["genres"])
    return await _show(visit, "films", films=films)


@pages.post("/welcome/films", member=True)
async def keep_ratings(visit: Visit) -> Response:
    """Rate; then show other films, or end and go to the front page, which knows it all."""
    refused = await rate_all(visit)
    if refused is not None:
        return visit.done(refused, place("films"))
    if visit.form["do"] == "more":
        return visit.redirect(place("films"))
    answer = await visit.api.post("/v1/me/onboarding", await _taste(visit))
    if not answer.ok:
        return visit.done(answer, place("films"))
    await visit.renew()
    return visit.redirect("/", "welcome.ready")
