"""The nightly tasks. Each goes through the films in chunks, a transaction each."""

from typing import Any, Final

from sqlalchemy import text

from marquee_catalog.movies.events import tell_movies
from marquee_catalog.movies.handlers import ToldRating, take_ratings
from marquee_shared.database import WriteSession
from marquee_shared.jobs import JobFailed
from marquee_shared.service import Context

CHUNK: Final = 1000
OK: Final = 200

_REFRESH: Final = text(
    """
    WITH chunk AS (
        SELECT m.id, m.popularity, m.rating_count, p.movie_id IS NULL AS first_time,
            CASE WHEN p.movie_id IS NULL OR m.popularity <> p.written THEN m.popularity
                 ELSE p.given END AS given,
            coalesce(p.momentum, 0) * 0.9
                + greatest(m.rating_count - coalesce(p.counted, m.rating_count), 0) AS momentum
        FROM movies AS m LEFT JOIN movie_popularity AS p ON p.movie_id = m.id
        WHERE m.id > :after AND m.deleted_at IS NULL ORDER BY m.id LIMIT :limit FOR UPDATE OF m
    ), scored AS (
        SELECT *, round(least(100, greatest(given, 8 * ln(1 + rating_count))
                                   + 4 * ln(1 + momentum))::numeric, 1)::float8 AS score
        FROM chunk
    ), settled AS (
        SELECT *, CASE WHEN abs(score - popularity) >= 0.5 THEN score ELSE popularity END AS final
        FROM scored
    ), kept AS (
        INSERT INTO movie_popularity AS p (movie_id, given, written, counted, momentum)
        SELECT id, given, final, rating_count, momentum FROM settled
        ON CONFLICT (movie_id) DO UPDATE SET given = excluded.given, written = excluded.written,
            counted = excluded.counted, momentum = excluded.momentum
    ), changed AS (
        UPDATE movies AS m SET popularity = s.final, revision = m.revision + 1, updated_at = now()
        FROM settled AS s WHERE s.id = m.id AND s.final <> m.popularity
        RETURNING m.id
    )
    SELECT (SELECT max(id) FROM chunk) AS last, (SELECT count(*) FROM chunk) AS films,
        coalesce((SELECT array_agg(id ORDER BY id) FROM changed), '{}') AS changed
    """
)
"""A source's word, or the members' ratings if they say more, and what has come lately on top.

Less than half a point is not worth an event to everyone; it waits until it is more.
"""


async def refresh_popularity(context: Context[Any]) -> dict[str, int]:
    """Bring films' popularity up to what members do."""
    films = changed = after = 0
    while True:
        async with context.database.transaction() as session:
            row = (await session.execute(_REFRESH, {"after": after, "limit": CHUNK})).one()
            if row.last is None:
                return {"films": films, "changed": changed}
            changed += await tell_movies(session, row.changed) if row.changed else 0
        films += row.films
        after = row.last


async def refresh_ratings(context: Context[Any]) -> dict[str, int]:
    """Take over averages whose event was lost."""
    social = context.peer("social")
    films = changed = after = 0
    while True:
        status, answer = await social.json(
            "GET", "/internal/ratings/totals", params={"after": str(after), "limit": str(CHUNK)}
        )
        if status != OK:
            raise JobFailed(f"social answered {status}")
        if not answer["items"]:
            return {"films": films, "changed": changed}
        async with context.database.transaction() as session:
            changed += await _take(session, answer)
        films += len(answer["items"])
        after = answer["items"][-1]["movie_id"]


async def _take(session: WriteSession, answer: dict[str, Any]) -> int:
    told = [
        ToldRating(
            movie_id=item["movie_id"],
            average=item["average"],
            count=item["count"],
            epoch=answer["epoch"],
            revision=item["revision"],
        )
        for item in answer["items"]
    ]
    return await take_ratings(session, told)
