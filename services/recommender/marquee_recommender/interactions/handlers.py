"""Ratings as social tells them, into the replica."""

from typing import Any

from marquee_recommender.interactions import repository
from marquee_shared.database import WriteSession
from marquee_shared.events.social import RatingRemoved, RatingSet, RatingsSet
from marquee_shared.outbox import Handlers


def register(handlers: Handlers) -> None:
    """Add this module's reactions."""
    handlers.on_batch(RatingSet, RatingRemoved, RatingsSet)(on_ratings_changed)


async def on_ratings_changed(session: WriteSession, events: list[Any]) -> None:
    """Keep the newest state of each rating; one that was taken back stays as a tombstone."""
    rows: list[tuple[Any, ...]] = []
    for event in events:
        data, epoch = event.data, event.epoch
        if isinstance(data, RatingsSet):
            rows += [
                (r.user_id, r.movie_id, r.value, r.rated_at, epoch, r.revision)
                for r in data.ratings
            ]
        elif isinstance(data, RatingRemoved):
            rows.append((data.user_id, data.movie_id, None, event.time, epoch, event.revision))
        else:
            rows.append(
                (data.user_id, data.movie_id, data.value, data.rated_at, epoch, event.revision)
            )
    await repository.store_ratings(session, rows)
