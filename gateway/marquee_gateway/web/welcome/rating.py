"""The films a new member is asked about, and what they say."""

import asyncio
from typing import Final

from marquee_gateway.web.api import Answer, VisitorApi, path
from marquee_gateway.web.visit import Visit

FILMS: Final = 18
CANDIDATES: Final = 60
OF_GENRES: Final = 12
RATED: Final = 100
FIELD: Final = "rating."


async def ask_for_films(api: VisitorApi, genres: list[str]) -> Answer:
    """Return popular films, of the genres liked first, without those rated already."""
    liked = {"genre": genres, "sort": "popularity", "limit": CANDIDATES}
    known, rated, *own = await asyncio.gather(
        api.get("/v1/movies", {"sort": "popularity", "limit": CANDIDATES}),
        api.get("/v1/me/ratings", {"limit": RATED}),
        *([api.get("/v1/movies", liked)] if genres else []),
    )
    if not known.ok:
        return known
    done = {one["movie"]["slug"] for one in rated.items}
    open_ones = [film for answer in own for film in answer.items if film["slug"] not in done]
    films = {film["slug"]: film for film in open_ones[:OF_GENRES]}
    for film in known.items:
        if film["slug"] not in done:
            films.setdefault(film["slug"], film)
    return known.with_items(list(films.values())[:FILMS])


async def rate_all(visit: Visit) -> Answer | None:
    """Rate what was chosen on the page; return the first refusal, if there is one."""
    given = [
        (name.removeprefix(FIELD), _number(value))
        for name in visit.form.values
        if name.startswith(FIELD) and (value := visit.form[name])
    ]
    calls = [
        visit.api.put(path("/v1/movies/{}/rating", slug), {"value": value})
        for slug, value in given[:CANDIDATES]
    ]
    return next((answer for answer in await asyncio.gather(*calls) if not answer.ok), None)


def _number(text: str) -> float | str:
    """Read a rating; what is none stays as it is, for the API to refuse."""
    try:
        return float(text)
    except ValueError:
        return text
