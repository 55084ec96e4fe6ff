"""Reactions to the catalog's films."""

from typing import Any

from marquee_shared.database import WriteSession
from marquee_shared.events import Event
from marquee_shared.events.catalog import MovieCreated, MovieData, MovieDeleted, MovieUpdated
from marquee_shared.outbox import Handlers
from marquee_shared.slugs import fold
from marquee_social.movies.repository import MovieVersion, replace_movies


def _version(event: Event[MovieData | MovieDeleted]) -> MovieVersion:
    movie = event.data
    if isinstance(movie, MovieDeleted):
        return MovieVersion(
            id=movie.id,
            slug=movie.slug,
            title="",
            year=None,
            cover_url=None,
            genres=[],
            runtime=None,
            folded="",
            release_date=None,
            people=[],
            platforms=[],
            awards=0,
            popularity=0,
            status="deleted",
            deleted=True,
            epoch=event.epoch,
            revision=event.revision,
        )
    return MovieVersion(
        id=movie.id,
        slug=movie.slug,
        title=movie.title,
        year=movie.year,
        cover_url=movie.cover_url,
        genres=[genre.model_dump() for genre in movie.genres],
        runtime=movie.runtime,
        folded=fold(movie.title),
        release_date=movie.release_date.isoformat() if movie.release_date else None,
        people=[
            {"id": credit.id, "slug": credit.slug, "name": credit.name, "job": credit.job}
            for credit in movie.credits
        ],
        platforms=[{"slug": platform.slug} for platform in movie.platforms],
        awards=movie.awards_won,
        popularity=movie.popularity,
        status=movie.status,
        deleted=False,
        epoch=event.epoch,
        revision=event.revision,
    )


def register(handlers: Handlers) -> None:
    """Add this module's reactions."""
    handlers.on_batch(MovieCreated, MovieUpdated, MovieDeleted)(on_movies)


async def on_movies(session: WriteSession, events: list[Event[Any]]) -> None:
    """Keep each film's newest version, or its tombstone."""
    newest = {event.data.id: event for event in sorted(events, key=lambda event: event.version)}
    await replace_movies(session, [_version(event) for event in newest.values()])
