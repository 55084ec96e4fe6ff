"""Ratings and signals as social tells them, into the replica."""

from typing import Any

from marquee_recommender.interactions import repository
from marquee_recommender.interactions.repository import Told
from marquee_shared.database import WriteSession
from marquee_shared.events import Event
from marquee_shared.events.identity import MemberOnboarded
from marquee_shared.events.social import (
    RatingRemoved,
    RatingSet,
    RatingsSet,
    SignalRemoved,
    SignalSet,
    SignalsSet,
)
from marquee_shared.outbox import Handlers


def register(handlers: Handlers) -> None:
    """Add this module's reactions."""
    handlers.on_batch(RatingSet, RatingRemoved, RatingsSet, SignalSet, SignalRemoved, SignalsSet)(
        on_interactions_changed
    )
    handlers.on_batch(MemberOnboarded)(on_member_onboarded)


async def on_interactions_changed(session: WriteSession, events: list[Any]) -> None:
    """Keep the newest state of each; what was taken back stays as a tombstone."""
    rows: list[Told] = []
    for event in events:
        rows += _told(event)
    await repository.store_interactions(session, rows)


async def on_member_onboarded(session: WriteSession, events: list[Event[MemberOnboarded]]) -> None:
    """Count first ratings at once: whatever social tells of them is newer than version 0."""
    await repository.store_interactions(
        session,
        [
            _rating(event.data.user_id, row.movie_id, row.value, event.data.at, 0, 0)
            for event in events
            for row in event.data.ratings
        ],
    )


def _told(event: Event[Any]) -> list[Told]:
    """Return what one event says, row by row."""
    data, epoch = event.data, event.epoch
    match data:
        case RatingsSet():
            return [
                _rating(r.user_id, r.movie_id, r.value, r.rated_at, epoch, r.revision)
                for r in data.ratings
            ]
        case SignalsSet():
            return [
                Told(s.user_id, s.movie_id, "signal", s.kind, None, s.at, epoch, s.revision)
                for s in data.signals
            ]
    version = (epoch, event.revision)
    user, movie = data.user_id, data.movie_id
    match data:
        case RatingSet():
            return [_rating(user, movie, data.value, data.rated_at, *version)]
        case RatingRemoved():
            return [_rating(user, movie, None, event.time, *version)]
        case SignalSet():
            return [Told(user, movie, "signal", data.kind, None, data.at, *version)]
        case _:
            return [Told(user, movie, "signal", None, None, event.time, *version)]


def _rating(user: Any, movie: int, value: float | None, at: Any, epoch: int, revision: int) -> Told:
    kind = None if value is None else "rating"
    return Told(user, movie, "rating", kind, value, at, epoch, revision)
