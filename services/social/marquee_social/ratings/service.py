"""The rules of ratings.

A film that is not released yet may be rated: people see films at festivals and previews, and
an import brings such ratings too; whoever recommends decides what to do with them.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from marquee_shared.conditional import Preconditions
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.catalog import ImportedRating
from marquee_shared.events.social import (
    MovieRatingsChanged,
    RatingRemoved,
    RatingSet,
    RatingsSet,
    RatingState,
)
from marquee_shared.outbox import publish, publish_many
from marquee_shared.pagination import CursorPage, CursorWindow
from marquee_shared.peers import Peer
from marquee_shared.problems import InvalidToken
from marquee_social.movies.repository import MovieKey
from marquee_social.movies.schemas import MovieSummary
from marquee_social.movies.service import ask_catalog, with_movie
from marquee_social.ratings import repository
from marquee_social.ratings.errors import RatingNotFound
from marquee_social.ratings.repository import RatingRow
from marquee_social.ratings.scale import LABELS, average, half_steps, value_of
from marquee_social.ratings.schemas import RatingRead, RatingSummary

BULK_ROWS = 10_000
"""Rows per statement of an import."""
EVENT_ROWS = 1_000
"""Rows per bulk event."""
BEFORE_ALL = (datetime(9999, 12, 31, tzinfo=UTC), 0)


def _read(row: RatingRow) -> RatingRead:
    return RatingRead(
        value=value_of(row.after),
        movie=MovieSummary.model_validate(row),
        created_at=row.created_at,
        updated_at=row.rated_at,
    )


async def get_rating(
    session: ReadSession, catalog: Peer, member: UUID, slug: str
) -> tuple[RatingRead, int]:
    """Return a member's rating and its revision.

    Raises:
        MovieNotFound: no such film.
        RatingNotFound: not rated.
    """
    row = await repository.find_rating(session, MovieKey(slug), member)
    if row is None:
        movie = await ask_catalog(catalog, slug)
        row = await repository.find_rating(session, MovieKey(slug, movie.id), member)
    if row is None or row.after is None:
        raise RatingNotFound
    return _read(row), row.revision


async def set_rating(
    session: WriteSession,
    catalog: Peer,
    member: UUID,
    slug: str,
    value: float,
    preconditions: Preconditions,
) -> tuple[RatingRead, bool]:
    """Rate a film; return the rating and whether there was none before.

    The precondition is looked at once the row is locked and written: when it does not hold,
    the transaction does not commit. An equal value changes and tells nothing.

    Raises:
        MovieNotFound: no such film.
        InvalidToken: the member has been erased; their token has outlived them.
    """
    steps = half_steps(value)
    row = await with_movie(
        session, catalog, slug, lambda key: repository.set_rating(session, key, member, steps)
    )
    if row.after is None:
        raise InvalidToken
    created = row.before is None
    preconditions.require(None if created else row.revision_before)
    if row.before != row.after:
        told = RatingSet(user_id=member, movie_id=row.id, value=value, rated_at=row.rated_at)
        await publish(session, told, row.revision)
    preconditions.answered(row.revision)
    return _read(row), created


async def remove_rating(
    session: WriteSession, catalog: Peer, member: UUID, slug: str, preconditions: Preconditions
) -> int:
    """Take a rating back, if there is one; return the film's id."""
    row = await with_movie(
        session, catalog, slug, lambda key: repository.remove_rating(session, key, member)
    )
    preconditions.require(row.revision_before)
    if row.before is not None:
        await publish(session, RatingRemoved(user_id=member, movie_id=row.id), row.revision)
    movie_id: int = row.id
    return movie_id


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


async def list_ratings(
    session: ReadSession, member: UUID, window: CursorWindow
) -> CursorPage[RatingRead]:
    """Return one stretch of a member's ratings, newest first."""
    after = BEFORE_ALL
    if window.after is not None:
        after = (datetime.fromisoformat(window.after[0]), window.after[1])
    rows = await repository.list_newest(session, member, after, window.limit + 1)
    cursor = window.next_cursor([(row.rated_at.isoformat(), row.id) for row in rows])
    return CursorPage(items=[_read(row) for row in rows[: window.limit]], next_cursor=cursor)


def bulk_events(rows: Sequence[RatingRow]) -> list[tuple[RatingsSet, int]]:
    """Return rows as bulk events of at most `EVENT_ROWS`; each row has its own revision."""
    chunks = [rows[start : start + EVENT_ROWS] for start in range(0, len(rows), EVENT_ROWS)]
    return [
        (
            RatingsSet(
                ratings=[
                    RatingState(
                        user_id=row.user_id,
                        movie_id=row.movie_id,
                        value=None if row.after is None else value_of(row.after),
                        rated_at=row.rated_at,
                        revision=row.revision,
                    )
                    for row in chunk
                ]
            ),
            max(row.revision for row in chunk),
        )
        for chunk in chunks
    ]


async def import_ratings(session: WriteSession, ratings: Iterable[ImportedRating]) -> int:
    """Take in ratings of a data set; return how many changed anything.

    For one member and film the newest wins, whether imported or set here: what a member
    chose or took back later stays. An equal value changes and tells nothing.
    """
    await repository.lock_bulk(session)
    given = list(ratings)
    changed: list[RatingRow] = []
    for start in range(0, len(given), BULK_ROWS):
        chunk = given[start : start + BULK_ROWS]
        changed += await repository.merge_ratings(
            session,
            [rating.user_id for rating in chunk],
            [rating.movie_id for rating in chunk],
            [half_steps(rating.value) for rating in chunk],
            [datetime.fromtimestamp(rating.at, UTC) for rating in chunk],
        )
    await publish_many(session, bulk_events(changed))
    return len(changed)


async def erase_ratings(session: WriteSession, members: Sequence[UUID]) -> None:
    """Delete every rating of erased members, and tell so."""
    await repository.lock_bulk(session)
    await publish_many(session, bulk_events(await repository.erase_members(session, members)))


def totals_event(row: RatingRow) -> tuple[MovieRatingsChanged, int]:
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
