"""The SQL of covers and portraits."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.outbox.relay import advisory_key

_FILM = text(
    """
    SELECT m.id, m.slug, m.year, coalesce(mt.title, m.title) AS title, coalesce((
        SELECT json_agg(json_build_array(g.slug, coalesce(gt.name, g.name)) ORDER BY mg.position)
        FROM movie_genres AS mg
        JOIN genres AS g ON g.id = mg.genre_id AND g.deleted_at IS NULL
        LEFT JOIN genre_translations AS gt ON gt.genre_id = g.id AND gt.language = :language
        WHERE mg.movie_id = m.id
    ), '[]') AS genres
    FROM movies AS m
    LEFT JOIN movie_translations AS mt ON mt.movie_id = m.id AND mt.language = :language
    WHERE m.slug = :slug AND m.deleted_at IS NULL
    """
)
_TRANSLATED = text(
    "SELECT cover_url FROM movie_translations WHERE movie_id = :movie_id AND language = :language"
)
_SET_TRANSLATED = text(
    "INSERT INTO movie_translations (movie_id, language, cover_url, title_words) "
    "VALUES (:movie_id, :language, :url, '{}') "
    "ON CONFLICT (movie_id, language) DO UPDATE SET cover_url = excluded.cover_url"
)
_DROP_EMPTY = text(
    "DELETE FROM movie_translations WHERE movie_id = :movie_id AND language = :language "
    "AND title IS NULL AND synopsis IS NULL AND cover_url IS NULL"
)


async def read_film(session: ReadSession, slug: str, *, language: str) -> Row[Any] | None:
    """Return what the drawn cover of a live film shows, or None."""
    values = {"slug": slug, "language": language}
    return (await session.execute(_FILM, values)).one_or_none()


async def read_translated_cover(session: WriteSession, movie_id: int, language: str) -> str | None:
    """Return the cover of a film in a language."""
    values = {"movie_id": movie_id, "language": language}
    url: str | None = await session.scalar(_TRANSLATED, values)
    return url


async def set_translated_cover(
    session: WriteSession, movie_id: int, language: str, url: str | None
) -> None:
    """Set or take away a film's cover in a language; a translation of nothing goes."""
    values = {"movie_id": movie_id, "language": language}
    await session.execute(_SET_TRANSLATED, {**values, "url": url})
    if url is None:
        await session.execute(_DROP_EMPTY, values)


_LOCK = {"key": advisory_key("catalog.pictures")}
_HOLD = text("SELECT pg_advisory_xact_lock_shared(:key)")
_CLAIM = text("SELECT pg_advisory_xact_lock(:key)")
_SHOWN = text(
    """
    SELECT cover_url FROM movies WHERE cover_url LIKE :pictures
    UNION SELECT cover_url FROM movie_translations WHERE cover_url LIKE :pictures
    UNION SELECT portrait_url FROM people WHERE portrait_url LIKE :pictures
    """
)
_NOTE_UNUSED = text(
    """
    WITH unused AS (SELECT unnest(CAST(:digests AS text[])) AS digest), used AS (
        DELETE FROM unused_pictures AS u WHERE NOT EXISTS (
            SELECT FROM unused WHERE unused.digest = u.digest)
    ), new AS (
        INSERT INTO unused_pictures (digest) SELECT digest FROM unused ON CONFLICT DO NOTHING
    )
    SELECT u.digest FROM unused_pictures AS u JOIN unused USING (digest)
    WHERE u.since < :before ORDER BY 1
    """
)
_FORGET_UNUSED = text("DELETE FROM unused_pictures WHERE digest = ANY(CAST(:digests AS text[]))")


async def hold_pictures(session: WriteSession) -> None:
    """Let no picture be removed before this transaction ends."""
    await session.execute(_HOLD, _LOCK)


async def claim_pictures(session: WriteSession) -> None:
    """Wait for all who hold pictures, and let others wait until this transaction ends."""
    await session.execute(_CLAIM, _LOCK)


async def read_shown(session: WriteSession, pictures: str) -> set[str]:
    """Return every address that begins so and that a film or person has, deleted ones too."""
    return set((await session.execute(_SHOWN, {"pictures": f"{pictures}%"})).scalars())


async def note_unused(session: WriteSession, digests: list[str], before: datetime) -> list[str]:
    """Write down which pictures nothing shows now; return those that nothing did since then."""
    values = {"digests": digests, "before": before}
    return list((await session.execute(_NOTE_UNUSED, values)).scalars())


async def forget_unused(session: WriteSession, digests: list[str]) -> None:
    """Cross out what has been removed."""
    await session.execute(_FORGET_UNUSED, {"digests": digests})
