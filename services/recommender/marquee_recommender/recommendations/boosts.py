"""What a member's surroundings add to scores: friends' favourites, people followed, their choices.

Amounts are in units of the score, where 1 is about the spread of one ranker over all films.
"""

from collections.abc import Hashable, Iterable
from typing import Final

from marquee_recommender.engine import Boost
from marquee_recommender.interactions.profiles import MemberProfile
from marquee_recommender.movies.catalog import Catalog

FRIEND: Final = 0.25
FRIENDS_COUNTED: Final = 3
FOLLOWED: Final = 0.4
PLATFORM: Final = 0.15
COUNTRY: Final = 0.3
"""For who has done nothing yet; it goes down with every film."""


def followed(catalog: Catalog, profile: MemberProfile) -> list[str]:
    """Return the slugs of the people a member follows, doubles as whom they have become."""
    circle = profile.circle
    merged = (catalog.slug_of_person.get(person) for person in circle.merged_people)
    slugs = (*circle.people, *(slug for slug in merged if slug is not None))
    return [slug for slug in dict.fromkeys(slugs) if catalog.members("person", slug)]


def boosts(catalog: Catalog, profile: MemberProfile) -> list[Boost]:
    """Return what is added to the scores of some films, and why."""
    circle = profile.circle
    found = []
    if circle.favourites:
        amounts: dict[Hashable, float] = {
            movie: FRIEND * min(favourite.friends, FRIENDS_COUNTED)
            for movie, favourite in circle.favourites.items()
        }
        found.append(Boost("friends", None, amounts))
    found += [
        Boost(_job(catalog, slug), slug, _each(catalog, catalog.members("person", slug), FOLLOWED))
        for slug in followed(catalog, profile)
    ]
    found += [
        Boost("platform", slug, _each(catalog, rows, PLATFORM))
        for slug in circle.platforms
        if (rows := catalog.members("platform", slug))
    ]
    if circle.country and (rows := catalog.members("country", circle.country)):
        amount = COUNTRY / (1 + len(profile.events))
        found.append(Boost("country", circle.country, _each(catalog, rows, amount)))
    return found


def _job(catalog: Catalog, slug: str) -> str:
    return "director" if slug in catalog.labels.get("director", {}) else "actor"


def _each(catalog: Catalog, rows: Iterable[int], amount: float) -> dict[Hashable, float]:
    return {catalog.films[row].id: amount for row in rows}
