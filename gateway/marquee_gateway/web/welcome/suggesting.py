"""People a new member may know: who made and played in popular films of the genres they like."""

import asyncio
from typing import Any, Final

from marquee_gateway.web.api import VisitorApi, path

FILMS: Final = 8
PEOPLE: Final = 18
CAST: Final = 2

Person = dict[str, Any]


async def named_people(api: VisitorApi, slugs: list[str]) -> list[Person]:
    """Return people by slug; one whose name is not to be had keeps the slug for it."""
    answers = await asyncio.gather(*(api.get(path("/v1/people/{}", slug)) for slug in slugs))
    return [
        answer.data if answer.ok else {"id": number, "slug": slug, "name": slug}
        for number, (slug, answer) in enumerate(zip(slugs, answers, strict=True))
    ]


async def suggest_people(api: VisitorApi, genres: list[str]) -> list[Person]:
    """Return people; none where the catalog does not answer."""
    query = {"genre": genres, "sort": "popularity", "limit": FILMS, "fields": "slug"}
    films = (await api.get("/v1/movies", query)).items
    details = await asyncio.gather(*(api.get(path("/v1/movies/{}", one["slug"])) for one in films))
    people: dict[str, Person] = {}
    for answer in details:
        if answer.ok:
            film = answer.data
            for person in (*film["directors"], *film["cast"][:CAST]):
                people.setdefault(person["slug"], person)
    return list(people.values())[:PEOPLE]
