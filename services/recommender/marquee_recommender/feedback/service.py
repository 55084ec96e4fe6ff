"""Taking what clients tell; once, however often they tell it."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from marquee_recommender.feedback.schemas import FeedbackBatch, FeedbackTaken, Rejected
from marquee_recommender.movies.catalog import Catalog
from marquee_shared.database import WriteSession
from marquee_shared.service import Context

KEPT: Final = timedelta(days=180)
PART: Final = 10_000

STORE = text("""
INSERT INTO recommendation_events (user_id, request_id, movie_id, type, position, at)
SELECT DISTINCT ON (request_id, movie_id, type)
    CAST(:user_id AS uuid), request_id, movie_id, type, position, least(at, now())
FROM unnest(CAST(:requests AS text[]), CAST(:movies AS bigint[]), CAST(:types AS text[]),
    CAST(:positions AS integer[]), CAST(:ats AS timestamptz[]))
    AS t (request_id, movie_id, type, position, at)
ORDER BY request_id, movie_id, type, at
ON CONFLICT DO NOTHING
""")

FORGET = text("""
DELETE FROM recommendation_events WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM recommendation_events WHERE at < :before LIMIT :part))
RETURNING 1
""")


async def take(
    session: WriteSession, catalog: Catalog, user_id: UUID, batch: FeedbackBatch
) -> FeedbackTaken:
    """Keep a member's events; those about films that do not exist are named and left out."""
    rows: list[tuple[str, int, str, int | None, datetime]] = []
    rejected = []
    now = datetime.now(UTC)
    for index, event in enumerate(batch.events):
        row = catalog.find(event.movie)
        if row is None:
            rejected.append(Rejected(index=index, code="movie_not_found"))
        else:
            film = catalog.films[row].id
            rows.append((event.request_id, film, event.type, event.position, event.at or now))
    if rows:
        names = ("requests", "movies", "types", "positions", "ats")
        columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
        await session.execute(STORE, {"user_id": user_id, **columns})
    return FeedbackTaken(accepted=len(rows), rejected=rejected)


async def forget_old_feedback(context: Context[Any]) -> None:
    """Remove what is older than `KEPT`, a part per transaction."""
    before = datetime.now(UTC) - KEPT
    gone = PART
    while gone == PART:
        async with context.database.transaction() as session:
            result = await session.execute(FORGET, {"before": before, "part": PART})
            gone = len(result.all())
