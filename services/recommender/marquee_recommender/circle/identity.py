"""Asking identity what a member chose when an event of theirs has not arrived yet."""

import asyncio
import logging
from dataclasses import replace

from pydantic import BaseModel, ConfigDict

from marquee_recommender.circle.profile import Circle
from marquee_shared.peers import Peer
from marquee_shared.problems import BadGateway

logger = logging.getLogger(__name__)


class Taste(BaseModel):
    """What the caller says they like."""

    model_config = ConfigDict(extra="ignore")

    genres: tuple[str, ...]
    platforms: tuple[str, ...]
    people: tuple[str, ...]
    country: str | None


class Person(BaseModel):
    """Someone the caller follows."""

    model_config = ConfigDict(extra="ignore")

    slug: str


class Following(BaseModel):
    """The people the caller followed last."""

    model_config = ConfigDict(extra="ignore")

    items: list[Person]
    next_cursor: str | None


class Choices(BaseModel):
    """A taste and the people followed, as identity knows them now."""

    taste: Taste
    following: Following

    def within(self, circle: Circle) -> Circle:
        """Return surroundings with these choices in place of those known."""
        people = {*self.taste.people, *(person.slug for person in self.following.items)}
        if self.following.next_cursor is not None:
            people.update(circle.people)
        return replace(
            circle,
            genres=self.taste.genres,
            platforms=self.taste.platforms,
            country=self.taste.country,
            people=tuple(sorted(people)),
        )


async def fetch_choices(identity: Peer, token: str, deadline: float) -> Choices | None:
    """Return what the caller chose; None when identity does not answer in time."""
    try:
        taste, following = await asyncio.gather(
            identity.get("/v1/me/taste", Taste, token=token, timeout=deadline),
            identity.get(
                "/v1/me/following/people",
                Following,
                params={"limit": "100"},
                token=token,
                timeout=deadline,
            ),
        )
    except BadGateway as error:  # out of reach, too late and nonsense are all of this kind
        logger.warning("identity did not tell in time: %s; the replica answers", error)
        return None
    if taste is None or following is None:
        return None
    return Choices(taste=taste, following=following)
