"""Films as the catalog tells them, into the replica."""

from typing import Any

from marquee_recommender.embeddings.repository import queue_films
from marquee_recommender.movies import repository
from marquee_shared.database import WriteSession
from marquee_shared.events import Event
from marquee_shared.events.catalog import MovieCreated, MovieData, MovieDeleted, MovieUpdated
from marquee_shared.outbox import Handlers

MovieEvent = Event[MovieCreated | MovieUpdated | MovieDeleted]


def register(handlers: Handlers) -> None:
    """Add this module's reactions."""
    handlers.on_batch(MovieCreated, MovieUpdated, MovieDeleted)(on_movies_changed)


async def on_movies_changed(session: WriteSession, events: list[Any]) -> None:
    """Keep the newest state of each film, or its tombstone."""
    newest: dict[int, MovieEvent] = {}
    for event in events:
        known = newest.get(event.data.id)
        if known is None or known.version < event.version:
            newest[event.data.id] = event
    stored, buried = [], []
    for event in newest.values():
        version = {"epoch": event.epoch, "revision": event.revision}
        if isinstance(event.data, MovieData):
            stored.append(event.data.model_dump(mode="json") | version)
        else:
            buried.append({"id": event.data.id, "slug": event.data.slug} | version)
    await repository.store_movies(session, stored)
    await repository.bury_movies(session, buried)
    await queue_films(session, list(newest))
