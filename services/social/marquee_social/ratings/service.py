"""The rules of ratings.

A film that is not released yet may be rated: people see films at festivals and previews, and
an import brings such ratings too; whoever recommends decides what to do with them.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.catalog import ImportedRating
from marquee_shared.events.social import (
    MovieRatingsChanged,
    RatingRemoved,
    RatingSet,
    RatingsSet,
    RatingState,
)
from marquee_shared.outbox import publish_many
from marquee_shared.peers import Peer
from marquee_social.marks.repository import MarkRow
from marquee_social.marks.service import Marks
from marquee_social.movies.repository import MovieKey
from marquee_social.movies.schemas import MovieSummary
from marquee_social.movies.service import ask_catalog
from marquee_social.ratings import repository
from marquee_social.ratings.errors import RatingNotFound
from marquee_social.ratings.scale import LABELS, average, half_steps, value_of
from marquee_social.ratings.schemas import RatingRead, RatingSummary

BULK_ROWS = 10_000
"""Rows per statement of an import."""


def _read(row: MarkRow) -> RatingRead:
    return RatingRead(
        value=value_of(row.after),
        movie=MovieSummary.model_validate(row),
        created_at=row.created_at,
        updated_at=row.at,
    )


def _told(member: UUID, row: MarkRow) -> RatingSet:
    return RatingSet(user_id=member, movie_id=row.id, value=value_of(row.after), rated_at=row.at)


def _state(row: MarkRow) -> RatingState:
    return RatingState(
        user_id=row.user_id,
        movie_id=row.movie_id,
        value=None if row.after is None else value_of(row.after),
        rated_at=row.at,
        revision=row.revision,
    )


RATINGS = Marks(
    statements=repository.STATEMENTS,
    read=_read,
    not_found=RatingNotFound,
    told_set=_told,
    told_removed=lambda member, movie_id: RatingRemoved(user_id=member, movie_id=movie_id),
    told_in_bulk=lambda rows: RatingsSet(ratings=[_state(row) for row in rows]),
)


async def get_summary(session: ReadSession, catalog: Peer, slug: str) -> tuple[RatingSummary, int]:
    """Return what a film's ratings add up to, and the film's id."""
    row = await repository.find_counts(session, MovieKey(slug))
    if row is None:
        movie = await ask_catalog(catalog, slug)
        movie_id, counts = movie.id, await repository.counts_of(session, movie.id)
    else:
        movie_id, counts = row.id, row.counts
    summary = RatingSummary(
        average=average(counts),
        count=sum(counts),
        histogram=dict(zip(LABELS, counts, strict=True)),
    )
    return summary, movie_id


async def import_ratings(session: WriteSession, ratings: Iterable[ImportedRating]) -> int:
    """Take in ratings of a data set; return how many changed anything.

    For one member and film the newest wins, whether imported or set here: what a member
    chose or took back later stays. An equal value changes and tells nothing.
    """
    await repository.lock_bulk(session)
    given = list(ratings)
    changed: list[MarkRow] = []
    for start in range(0, len(given), BULK_ROWS):
        chunk = given[start : start + BULK_ROWS]
        changed += await repository.merge_ratings(
            session,
            [rating.user_id for rating in chunk],
            [rating.movie_id for rating in chunk],
            [half_steps(rating.value) for rating in chunk],
            [datetime.fromtimestamp(rating.at, UTC) for rating in chunk],
        )
    await RATINGS.tell(session, changed)
    return len(changed)


async def erase_ratings(session: WriteSession, members: Sequence[UUID]) -> int:
    """Delete every rating of erased members from the counters too, tell so, and count them."""
    await repository.lock_bulk(session)
    return await RATINGS.erase(session, members)


def totals_event(row: MarkRow) -> tuple[MovieRatingsChanged, int]:
    """Return a film's total as the event that tells it."""
    told = MovieRatingsChanged(
        movie_id=row.movie_id,
        count=sum(row.counts),
        average=average(row.counts),
        histogram=row.counts,
    )
    return told, row.revision


async def tell_totals(session: WriteSession, movie_ids: Iterable[int]) -> None:
    """Publish what these films' ratings add up to now, where that has changed."""
    rows = await repository.renew_totals(session, sorted(set(movie_ids)))
    await publish_many(session, [totals_event(row) for row in rows])
