"""What films do when members' ratings change."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from marquee_shared.database import WriteSession
from marquee_shared.events import Event
from marquee_shared.events.catalog import MovieRatingChanged
from marquee_shared.events.social import MovieRatingsChanged
from marquee_shared.outbox import Handlers, publish_many

handlers = Handlers()

_TAKE = text(
    """
    WITH told AS (
        SELECT * FROM unnest(
            CAST(:ids AS bigint[]), CAST(:averages AS double precision[]),
            CAST(:counts AS bigint[]), CAST(:epochs AS bigint[]), CAST(:revisions AS bigint[])
        ) AS told (id, average, count, epoch, revision)
    ), locked AS (
        SELECT id FROM movies WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR UPDATE
    )
    UPDATE movies AS m SET rating_average = told.average, rating_count = told.count,
        rating_epoch = told.epoch, rating_revision = told.revision
    FROM told JOIN locked USING (id)
    WHERE m.id = told.id AND (m.rating_epoch, m.rating_revision) < (told.epoch, told.revision)
    RETURNING m.id, m.slug, m.rating_average, m.rating_count, m.rating_revision, m.deleted_at
    """
)


@dataclass(frozen=True, slots=True)
class ToldRating:
    """What social says of a film's ratings, and how new that is."""

    movie_id: int
    average: float | None
    count: int
    epoch: int
    revision: int


@handlers.on_batch(MovieRatingsChanged)
async def on_ratings_changed(
    session: WriteSession, events: list[Event[MovieRatingsChanged]]
) -> None:
    """Show films' new averages, and tell caches that the old ones are stale."""
    newest: dict[int, Event[MovieRatingsChanged]] = {}
    for event in events:
        known = newest.get(event.data.movie_id)
        if known is None or known.version < event.version:
            newest[event.data.movie_id] = event
    told = [
        ToldRating(
            event.data.movie_id, event.data.average, event.data.count, event.epoch, event.revision
        )
        for event in newest.values()
    ]
    await take_ratings(session, told)


async def take_ratings(session: WriteSession, told: Sequence[ToldRating]) -> int:
    """Take what is newer than what is held, one a film; return how many were."""
    rows = (
        await session.execute(
            _TAKE,
            {
                "ids": [rating.movie_id for rating in told],
                "averages": [rating.average for rating in told],
                "counts": [rating.count for rating in told],
                "epochs": [rating.epoch for rating in told],
                "revisions": [rating.revision for rating in told],
            },
        )
    ).all()
    await publish_many(
        session,
        [
            (
                MovieRatingChanged(
                    id=row.id, slug=row.slug, average=row.rating_average, count=row.rating_count
                ),
                row.rating_revision,
            )
            for row in rows
            if row.deleted_at is None
        ],
    )
    return len(rows)
