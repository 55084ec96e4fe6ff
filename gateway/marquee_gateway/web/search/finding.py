"""The search: words, filters that combine, how the films found divide up, and their order."""

import asyncio
import functools
from collections.abc import Callable
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from marquee_gateway.web.api import Answer, path
from marquee_gateway.web.forms import Form
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.search.sought import DECADE, FACETS, ONE, PEOPLE, WORDS, YEARS, Sought
from marquee_gateway.web.visit import Visit

pages = Pages()

FILMS: Final = 36
FELLOWS: Final = 6
NAMED: Final = 8
"""At most so many people of the filters are asked for their names."""

WHO: Final = "who"
INVALID: Final = 422


@pages.get("/search")
async def find(visit: Visit) -> Response:
    """One round of calls; a name typed as a filter is looked up first, and becomes its slug."""
    sought = Sought(visit.query)
    form = Form.of({name: sought.one(name) for name in ONE})
    if who := visit.query.get(WHO, "").strip():
        found = await visit.api.get("/v1/people", {WORDS: who, "limit": 1})
        if found.items and found.items[0]["slug"] not in sought.all("person"):
            return RedirectResponse(sought.toggled("person", found.items[0]["slug"]), 303)
        if not found.items:
            form.values = {**form.values, WHO: [who]}
            form.wrong(WHO, visit.t("search.nobody", name=who) if found.ok else found.detail)
    films, facets, names, fellows = await _ask(visit, sought)
    if films.status == INVALID:
        form.values = {**{name: [""] for name in ONE}, **form.values}
        form.refused(films)
    return await visit.render(
        "search/search.html",
        INVALID if form.errors or form.message else 200,
        sought=sought,
        form=form,
        films=films,
        refused=films.status == INVALID,
        facets=facets,
        names=names,
        fellows=fellows,
    )


async def _ask(
    visit: Visit, sought: Sought
) -> tuple[Answer, dict[str, list[Any]], dict[tuple[str, str], str], list[Any]]:
    """Return the films, facets, the names of chosen values, and who and what the words name.

    A facet that is chosen from is counted without its own choice: so its other values tell how
    many films each would add.
    """
    api = visit.api
    facets: dict[str, Any] = {
        facet: api.get(
            "/v1/movies",
            sought.query(without=YEARS if facet == DECADE else (facet,), include="facets", limit=1),
        )
        for facet in FACETS
        if (facet == DECADE and set(YEARS) & set(sought.values)) or sought.all(facet)
    }
    chosen = [(role, slug) for role in PEOPLE for slug in sought.all(role)][:NAMED]
    films, fellows, people, divided = await asyncio.gather(
        api.get("/v1/movies", sought.query(include="facets", limit=FILMS, page=sought.page)),
        _fellows(visit, sought),
        asyncio.gather(*(api.get(path("/v1/people/{}", slug)) for _, slug in chosen)),
        asyncio.gather(*facets.values()),
    )
    found = films.data["facets"] if films.ok else {}
    for facet, answer in zip(facets, divided, strict=True):
        if answer.ok:
            found = {**found, facet: answer.data["facets"][facet]}
    names = {(facet, one["slug"]): one["name"] for facet in found for one in found[facet]}
    for one, answer in zip(chosen, people, strict=True):
        if answer.ok:
            names[one] = answer.data["name"]
    return films, _spoken(visit, found), names, fellows


async def _fellows(visit: Visit, sought: Sought) -> list[Any]:
    """Return the people and genres that the words name; on the first page alone."""
    if not sought.words or sought.page != "1" or sought.filtered:
        return []
    query = {WORDS: sought.words, "types": "person,genre", "limit": FELLOWS}
    return (await visit.api.get("/v1/search", query)).items


def _spoken(visit: Visit, facets: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the facets in the page's order, with languages, countries and decades by name."""
    ways: dict[str, Callable[[str], str]] = {
        "language": visit.t.language_name,
        "country": visit.t.country_name,
        DECADE: functools.partial(_decade_name, visit),
    }
    return {
        facet: [
            {**one, "name": ways[facet](one["slug"]) if facet in ways else one["name"]}
            for one in facets[facet]
        ]
        for facet in FACETS
        if facets.get(facet)
    }


def _decade_name(visit: Visit, first: str) -> str:
    return str(visit.t("search.decade_of", first=first))
