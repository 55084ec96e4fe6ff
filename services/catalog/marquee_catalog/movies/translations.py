"""A film in other languages."""

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from marquee_catalog.history import lifecycle
from marquee_catalog.history.edits import with_edits
from marquee_catalog.movies import repository
from marquee_catalog.movies.models import Movie, MovieTranslation
from marquee_catalog.movies.schemas import MovieTranslationRead, MovieTranslationWrite
from marquee_catalog.movies.service import lock_movie, tell_change
from marquee_catalog.search.words import indexed_words, title_key
from marquee_shared.auth.principals import Principal
from marquee_shared.conditional import Preconditions
from marquee_shared.database import WriteSession


def _mark(movie: Movie, language: str) -> None:
    lifecycle.touch(movie)
    movie.edited = with_edits(movie.edited, [f"translations.{language}"])


async def put_translation(
    session: WriteSession,
    actor: Principal,
    slug: str,
    language: str,
    written: MovieTranslationWrite,
    preconditions: Preconditions,
) -> tuple[int, MovieTranslationRead, bool]:
    """Set what is given in one language; return the film's id, the translation, whether it is new.

    Raises:
        MovieNotFound: no such film.
        PreconditionFailed: the film has changed since.
    """
    movie = await lock_movie(session, slug)
    preconditions.require(movie.revision)
    before = await repository.read_snapshot(session, movie.id)
    values = written.model_dump(exclude_unset=True)
    if "title" in values:
        title: str | None = values["title"]
        values["title_key"] = title_key(title) if title else None
        values["title_words"] = indexed_words(title)
    key = {"movie_id": movie.id, "language": language}
    statement = insert(MovieTranslation).values({"title_words": [], **key, **values})
    columns = list(key)
    await session.execute(
        statement.on_conflict_do_update(index_elements=columns, set_=values)
        if values
        else statement.on_conflict_do_nothing()
    )
    _mark(movie, language)
    await tell_change(session, actor, movie, before)
    row = await session.get_one(MovieTranslation, (movie.id, language), populate_existing=True)
    preconditions.answered(movie.revision)
    created = language not in before["translations"]
    return movie.id, MovieTranslationRead.model_validate(row), created


async def delete_translation(
    session: WriteSession,
    actor: Principal,
    slug: str,
    language: str,
    preconditions: Preconditions,
) -> int:
    """Take a language away, if it is there; return the film's id.

    Raises:
        MovieNotFound: no such film.
        PreconditionFailed: the film has changed since.
    """
    movie = await lock_movie(session, slug)
    preconditions.require(movie.revision)
    before = await repository.read_snapshot(session, movie.id)
    if language in before["translations"]:
        await session.execute(
            delete(MovieTranslation).where(
                MovieTranslation.movie_id == movie.id, MovieTranslation.language == language
            )
        )
        _mark(movie, language)
        await tell_change(session, actor, movie, before)
    return movie.id
