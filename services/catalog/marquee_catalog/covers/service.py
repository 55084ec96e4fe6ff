"""The rules of covers and portraits."""

from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import select

from marquee_catalog.covers import repository
from marquee_catalog.covers.pictures import WIDTHS
from marquee_catalog.covers.placeholder import Film, draw_placeholder
from marquee_catalog.covers.schemas import PictureRead, PictureSize
from marquee_catalog.history.models import AuditEntry
from marquee_catalog.movies.errors import MovieNotFound
from marquee_catalog.movies.events import tell_movies
from marquee_catalog.movies.models import Movie
from marquee_catalog.people.editing import person_data
from marquee_catalog.people.errors import PersonNotFound
from marquee_catalog.people.models import Person
from marquee_shared.auth.principals import Principal
from marquee_shared.conditional import Preconditions
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.images import MEDIA_TYPES
from marquee_shared.outbox import publish

Pictured = TypeVar("Pictured", Movie, Person)


def describe(url: str) -> PictureRead:
    """Return a kept picture in all its sizes."""
    folder = url.rpartition("/")[0]
    return PictureRead(
        url=url,
        sizes=[
            PictureSize(url=f"{folder}/{width}.{suffix}", width=width, type=kind)
            for width in WIDTHS
            for suffix, kind in MEDIA_TYPES.items()
        ],
    )


async def draw_cover(session: ReadSession, slug: str, *, language: str) -> tuple[int, bytes]:
    """Return a film's id and its drawn cover, titled in the language.

    Raises:
        MovieNotFound: no live film has this slug.
    """
    row = await repository.read_film(session, slug, language=language)
    if row is None:
        raise MovieNotFound
    film = Film(row.slug, row.title, row.year, [(slug, name) for slug, name in row.genres])
    return row.id, draw_placeholder(film)


async def _lock(
    session: WriteSession, model: type[Pictured], slug: str, missing: type[Exception]
) -> Pictured:
    statement = select(model).where(model.slug == slug, model.deleted_at.is_(None))
    thing = (await session.scalars(statement.with_for_update())).one_or_none()
    if thing is None:
        raise missing
    return thing


async def _changed(
    session: WriteSession,
    thing: Pictured,
    editor: Principal,
    field: str,
    change: tuple[str | None, str | None],
) -> None:
    """Write down who put which picture in place of which, at the thing's next revision."""
    thing.revision += 1
    thing.updated_at = datetime.now(UTC)
    if field not in thing.edited:
        thing.edited = [*thing.edited, field]
    session.add(
        AuditEntry(
            kind="movie" if isinstance(thing, Movie) else "person",
            subject_id=thing.id,
            actor_id=editor.id,
            actor=editor.username,
            action="updated",
            revision=thing.revision,
            changes={field: {"before": change[0], "after": change[1]}},
        )
    )
    await session.flush()


async def set_cover(
    session: WriteSession,
    slug: str,
    url: str | None,
    editor: Principal,
    preconditions: Preconditions,
    *,
    language: str | None = None,
) -> int:
    """Give a film a cover, for one language or for all, or take it away; return the film's id.

    Raises:
        MovieNotFound: no live film has this slug.
        PreconditionFailed: it has changed since.
    """
    movie = await _lock(session, Movie, slug, MovieNotFound)
    preconditions.require(movie.revision)
    if language is None:
        before, field = movie.cover_url, "cover_url"
    else:
        before = await repository.read_translated_cover(session, movie.id, language)
        field = f"translations.{language}.cover_url"
    if before != url:
        if language is None:
            movie.cover_url = url
        else:
            await repository.set_translated_cover(session, movie.id, language, url)
        await _changed(session, movie, editor, field, (before, url))
        await tell_movies(session, [movie.id])
    preconditions.answered(movie.revision)
    return movie.id


async def set_portrait(
    session: WriteSession,
    slug: str,
    url: str | None,
    editor: Principal,
    preconditions: Preconditions,
) -> int:
    """Give someone a portrait, or take it away; return the person's id.

    Raises:
        PersonNotFound: nobody live has this slug.
        PreconditionFailed: it has changed since.
    """
    person = await _lock(session, Person, slug, PersonNotFound)
    preconditions.require(person.revision)
    if person.portrait_url != url:
        before = person.portrait_url
        person.portrait_url = url
        await _changed(session, person, editor, "portrait_url", (before, url))
        await publish(session, person_data(person), person.revision)
    preconditions.answered(person.revision)
    return person.id
