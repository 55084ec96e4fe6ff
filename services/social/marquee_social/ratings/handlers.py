"""Reactions to imports, and to this service's own rating events."""

from typing import Any

from marquee_shared.database import WriteSession
from marquee_shared.events import Event
from marquee_shared.events.catalog import ImportedRating, RatingsImported
from marquee_shared.events.identity import MemberOnboarded
from marquee_shared.events.social import RatingRemoved, RatingSet, RatingsSet
from marquee_shared.outbox import Handlers
from marquee_social.ratings import service


def register(handlers: Handlers) -> None:
    """Add this module's reactions."""
    handlers.on_batch(RatingsImported)(on_ratings_imported)
    handlers.on(MemberOnboarded)(on_member_onboarded)
    handlers.on_batch(RatingSet, RatingRemoved, RatingsSet)(on_ratings)


async def on_ratings_imported(session: WriteSession, events: list[Event[RatingsImported]]) -> None:
    """Take in what an import found."""
    await service.import_ratings(
        session, (rating for event in events for rating in event.data.ratings)
    )


async def on_member_onboarded(session: WriteSession, event: Event[MemberOnboarded]) -> None:
    """Take in the films a new member rated; what they have rated since is newer and stays."""
    told = event.data
    at = int(told.at.timestamp())
    await service.import_ratings(
        session,
        (
            ImportedRating(user_id=told.user_id, movie_id=row.movie_id, value=row.value, at=at)
            for row in told.ratings
        ),
    )


async def on_ratings(session: WriteSession, events: list[Event[Any]]) -> None:
    """Publish the new totals of the films these events touch, once per film and batch."""
    movies: set[int] = set()
    for event in events:
        if isinstance(event.data, RatingsSet):
            movies.update(rating.movie_id for rating in event.data.ratings)
        else:
            movies.add(event.data.movie_id)
    await service.tell_totals(session, movies)
