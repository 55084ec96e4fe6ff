"""Making one film of two that are the same.

What the double has and the other lacks goes over: plain fields, translations, genres, tags,
platforms, awards, credits, foreign ids. The double's slugs lead to the other from then on, and
services that hold ratings, reviews or lists about it are told to move them.
"""

from sqlalchemy import text

from marquee_catalog.history import lifecycle
from marquee_catalog.history.audit import differences, record
from marquee_catalog.history.slugs import lead_on, remember_slug
from marquee_catalog.movies import repository
from marquee_catalog.movies.counts import change_counts, linked
from marquee_catalog.movies.errors import MovieNotFound
from marquee_catalog.movies.events import tell_merged
from marquee_catalog.movies.models import Movie
from marquee_catalog.movies.naming import title_columns
from marquee_catalog.movies.service import (
    KIND,
    WrittenMovie,
    lock_movie,
    read_back,
    tell_change,
)
from marquee_shared.auth.principals import Principal
from marquee_shared.conditional import Preconditions
from marquee_shared.database import WriteSession
from marquee_shared.problems import Invalid, Moved

_PLAIN = ("original_title", "year", "release_date", "synopsis", "tagline", "runtime",
          "original_language", "age_rating", "cover_url")  # fmt: skip
_LISTS = ("languages", "countries")

_LOCK_BOTH = text(
    "SELECT id FROM movies WHERE deleted_at IS NULL AND slug IN (:gone, :into) "
    "ORDER BY id FOR UPDATE"
)
"""Both rows in the order of their ids: merges the other way round cannot deadlock."""

_MOVE = tuple(
    text(statement)
    for statement in (
        (
            "INSERT INTO movie_genres (movie_id, genre_id, position) "
            "SELECT :into, genre_id, 1000 + position FROM movie_genres WHERE movie_id = :gone "
            "ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO movie_tags AS t (movie_id, tag_id, count) "
            "SELECT :into, tag_id, count FROM movie_tags WHERE movie_id = :gone "
            "ON CONFLICT (movie_id, tag_id) DO UPDATE SET count = t.count + excluded.count"
        ),
        (
            "INSERT INTO movie_platforms (movie_id, platform_id, country) "
            "SELECT :into, platform_id, country FROM movie_platforms WHERE movie_id = :gone "
            "ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO movie_awards (movie_id, award_id, category, year, won) "
            "SELECT :into, award_id, category, year, won FROM movie_awards WHERE movie_id = :gone "
            "ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO credits (movie_id, person_id, job, character, position) "
            "SELECT :into, person_id, job, character, position FROM credits AS c "
            "WHERE movie_id = :gone AND NOT EXISTS (SELECT FROM credits AS own "
            "WHERE own.movie_id = :into AND own.person_id = c.person_id AND own.job = c.job) "
            "ORDER BY c.id ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO movie_translations AS t "
            "(movie_id, language, title, synopsis, cover_url, title_key, title_words) "
            "SELECT :into, language, title, synopsis, cover_url, title_key, title_words "
            "FROM movie_translations WHERE movie_id = :gone "
            "ON CONFLICT (movie_id, language) DO UPDATE SET "
            "title = coalesce(t.title, excluded.title), "
            "synopsis = coalesce(t.synopsis, excluded.synopsis), "
            "cover_url = coalesce(t.cover_url, excluded.cover_url), "
            "title_key = coalesce(t.title_key, excluded.title_key), "
            "title_words = CASE WHEN t.title IS NULL THEN excluded.title_words "
            "ELSE t.title_words END"
        ),
        "UPDATE external_ids SET movie_id = :into WHERE movie_id = :gone",
        "DELETE FROM movie_genres WHERE movie_id = :gone",
        "DELETE FROM movie_tags WHERE movie_id = :gone",
        "DELETE FROM movie_platforms WHERE movie_id = :gone",
        "DELETE FROM movie_awards WHERE movie_id = :gone",
        "DELETE FROM credits WHERE movie_id = :gone",
        "UPDATE movies SET merged_into = :into WHERE merged_into = :gone",
    )
)


def _fill(into: Movie, gone: Movie) -> None:
    """Give a film the plain fields that it lacks, and the double's titles to be found by."""
    for name in _PLAIN:
        if getattr(into, name) is None:
            setattr(into, name, getattr(gone, name))
    for name in _LISTS:
        if not getattr(into, name):
            setattr(into, name, list(getattr(gone, name)))
    into.popularity = max(into.popularity, gone.popularity)
    known = {into.title, into.original_title, *into.alternative_titles}
    others = [gone.title, gone.original_title, *gone.alternative_titles]
    into.alternative_titles = [
        *into.alternative_titles,
        *dict.fromkeys(title for title in others if title and title not in known),
    ]
    columns = title_columns(into.title, into.original_title, *into.alternative_titles)
    into.title_words = columns["title_words"]
    into.own_title_keys = columns["own_title_keys"]


async def _find_into(session: WriteSession, slug: str) -> Movie:
    try:
        return await lock_movie(session, slug)
    except Moved as moved:
        return await lock_movie(session, moved.slug)
    except MovieNotFound as error:
        raise Invalid.at("/into", "unknown_slug", f"There is no {slug!r}.") from error


async def merge_movies(
    session: WriteSession,
    actor: Principal,
    slug: str,
    into_slug: str,
    preconditions: Preconditions,
    *,
    language: str,
) -> tuple[WrittenMovie, tuple[int, ...]]:
    """Make a double part of another film; done before, nothing happens.

    Returns that film, and the id of the one that went, if one did.

    Raises:
        MovieNotFound: there is no such double.
        PreconditionFailed: the double has changed since.
        Invalid: there is no such other film, or both are the same.
    """
    await session.execute(_LOCK_BOTH, {"gone": slug, "into": into_slug})
    into = await _find_into(session, into_slug)
    try:
        gone = await lock_movie(session, slug)
    except Moved as moved:
        if moved.slug == into.slug:
            return await read_back(session, into, language), ()
        raise
    if gone.id == into.id:
        raise Invalid.at("/into", "same_film", "A film cannot be merged into itself.")
    preconditions.require(gone.revision)
    before = await repository.read_snapshot(session, into.id)
    lost = await repository.read_snapshot(session, gone.id)
    had, gone_had = await linked(session, into.id), await linked(session, gone.id)
    _fill(into, gone)
    lifecycle.delete_softly(gone)
    gone.merged_into = into.id
    lifecycle.touch(into)
    await session.flush()
    for statement in _MOVE:
        await session.execute(statement, {"gone": gone.id, "into": into.id})
    await change_counts(session, [*had, *gone_had], await linked(session, into.id))
    await lead_on(session, KIND, gone.id, into.id)
    await remember_slug(session, KIND, gone.slug, into.id)
    await tell_merged(session, [(gone.id, gone.slug, into.id, gone.revision)])
    await tell_change(session, actor, into, before)
    changes = {**differences(lost, None), "merged_into": {"before": None, "after": into.slug}}
    await record(session, actor, KIND, gone.id, "merged", gone.revision, changes)
    preconditions.answered(into.revision)
    return await read_back(session, into, language), (gone.id,)
