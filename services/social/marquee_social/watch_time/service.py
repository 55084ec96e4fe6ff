"""The rules of watch time: what is taken in, what it adds up to, who may see it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from marquee_shared.database import Database, ReadSession, WriteSession
from marquee_shared.events.social import WatchBatchReceived, WatchProgressed
from marquee_shared.outbox import publish_many
from marquee_shared.pagination import CursorPage, CursorWindow
from marquee_shared.peers import Peer
from marquee_shared.service import Context
from marquee_social.movies.errors import MovieNotFound
from marquee_social.movies.repository import MovieKey
from marquee_social.movies.schemas import MovieSummary
from marquee_social.movies.service import ask_catalog, learn_movie
from marquee_social.watch_time import repository
from marquee_social.watch_time.intake import take_in
from marquee_social.watch_time.repository import SessionKey, SessionUpdate, WatchedRow
from marquee_social.watch_time.schemas import (
    MovieWatchTotals,
    PlayerEventWrite,
    RejectedEvent,
    WatchedMovieRead,
    WatchEventsAccepted,
    WatchFigures,
    WatchTotals,
)
from marquee_social.watch_time.timeline import PlayerEvent, Run, Span, extend

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
NEW_FILMS = 10
"""Slugs of one batch that the catalog is asked about."""
QUARTERS = 4
BEFORE_ALL = (datetime(9999, 12, 31, tzinfo=UTC), 0)

HistoryState = Literal["in_progress", "completed"]


async def take_events(
    session: WriteSession,
    context: Context[Any],
    catalog: Peer,
    member: UUID,
    events: Sequence[PlayerEventWrite],
) -> WatchEventsAccepted:
    """Store a batch of player events; those of unknown films are rejected one by one.

    Nothing is written to the database but a film that was not known: a batch of known ones
    opens no transaction, and holds no connection while Redis stores it.

    Raises:
        Unavailable: it could not be stored, or a film not known here could not be asked for.
    """
    movies = await _movies(session, context.database, catalog, {event.movie for event in events})
    taken: list[dict[str, Any]] = []
    rejected: list[RejectedEvent] = []
    for index, event in enumerate(events):
        movie_id = movies.get(event.movie)
        if movie_id is None:
            rejected.append(RejectedEvent(index=index, code="movie_not_found"))
        elif not EARLIEST <= event.at <= LATEST:
            rejected.append(RejectedEvent(index=index, code="at_out_of_range"))
        else:
            taken.append(
                {
                    "session_id": event.session_id,
                    "sequence": event.sequence,
                    "movie_id": movie_id,
                    "kind": event.type,
                    "position": round(event.position * 1000),
                    "at": round(event.at.timestamp() * 1000),
                    "speed": event.speed,
                }
            )
    if taken:
        now = round(datetime.now(UTC).timestamp() * 1000)
        batch = {"user_id": member, "received_at": now, "events": taken}
        await take_in(context.redis, WatchBatchReceived.model_validate(batch))
    return WatchEventsAccepted(accepted=len(taken), rejected=rejected)


async def _movies(
    session: WriteSession, database: Database, catalog: Peer, slugs: set[str]
) -> dict[str, int]:
    async with database.reading() as reading:
        found = await repository.movie_ids(reading, sorted(slugs))
    for slug in sorted(slugs - set(found))[:NEW_FILMS]:
        try:
            movie = await ask_catalog(catalog, slug)
        except MovieNotFound:
            continue
        await learn_movie(session, movie)
        found[slug] = movie.id
    return found


async def add_batches(session: WriteSession, batches: Iterable[WatchBatchReceived]) -> None:
    """Make received events part of their sessions, and sum up anew what that changes."""
    events: defaultdict[SessionKey, list[PlayerEvent]] = defaultdict(list)
    skews: defaultdict[SessionKey, int] = defaultdict(int)
    for batch in batches:
        for event in batch.events:
            key = (batch.user_id, event.session_id, event.movie_id)
            events[key].append(
                PlayerEvent(event.sequence, event.kind, event.position, event.at, event.speed)
            )
            skews[key] = max(skews[key], event.at - batch.received_at)
    living = await repository.lock_members(session, sorted({member for member, _, _ in events}))
    keys = [key for key in events if key[0] in living]
    if not keys:
        return
    held = await repository.find_sessions(session, keys)
    updates = [
        _session_update(key, events[key], skews[key], *held.get(key, ([], 0))) for key in keys
    ]
    days = await repository.store_sessions(session, updates)
    pairs = sorted({(member, movie) for member, _, movie in keys})
    changed = await repository.sum_up_films(session, pairs)
    await repository.sum_up_days(session, days)
    await publish_many(
        session, [(_progressed(row), row.revision) for row in changed if _is_news(row)]
    )


def _session_update(
    key: SessionKey, events: Sequence[PlayerEvent], skew: int, runs: list[Any], skew_before: int
) -> SessionUpdate:
    member, session_id, movie_id = key
    held: list[Run] = [(PlayerEvent(*first), PlayerEvent(*last)) for first, last in runs]
    timeline = extend(held, events)
    times = [event.at for event in events]
    return SessionUpdate(
        user_id=str(member),
        session_id=session_id,
        movie_id=movie_id,
        runs=[[list(first), list(last)] for first, last in timeline.runs],
        film_settled=_multirange(stretch.film for stretch in timeline.settled),
        clock_settled=_multirange(stretch.clock for stretch in timeline.settled),
        film=_multirange(stretch.film for stretch in timeline.presumed),
        clock=_multirange(stretch.clock for stretch in timeline.presumed),
        skew=max(skew, skew_before),
        first_at=min(times),
        last_at=max(times),
        last_position=timeline.runs[-1][1].position,
    )


def _multirange(spans: Iterable[Span]) -> str:
    return "{" + ",".join(f"[{began},{ended})" for began, ended in spans) + "}"


def _is_news(row: WatchedRow) -> bool:
    """Return whether others should hear: the start, another quarter, the end or its loss."""
    if row.revision_before is None or (row.completed_at is None) != (row.completed_before is None):
        return True
    return row.runtime is not None and (
        row.coverage * QUARTERS // row.runtime != row.coverage_before * QUARTERS // row.runtime
    )


def _progressed(row: WatchedRow) -> WatchProgressed:
    return WatchProgressed(
        user_id=row.user_id,
        movie_id=row.movie_id,
        progress=None if row.runtime is None else min(1.0, float(row.coverage) / row.runtime),
        completed=row.completed_at is not None,
        seconds_watched=float(row.milliseconds) / 1000,
        last_watched_at=row.last_at,
    )


def progress_events(rows: Iterable[WatchedRow]) -> list[tuple[WatchProgressed, int]]:
    """Return what members have watched as events, each at the revision it has."""
    return [(_progressed(row), row.revision) for row in rows]


def _figures(row: WatchedRow) -> dict[str, Any]:
    return {
        "seconds_watched": (row.milliseconds or 0) / 1000,
        "coverage_seconds": (row.coverage or 0) / 1000,
        "last_position": (row.last_position or 0) / 1000,
        "progress": None if row.progress is None else round(float(row.progress), 4),
        "completed": row.completed_at is not None,
        "last_watched_at": row.last_at,
    }


async def list_history(
    session: ReadSession, member: UUID, state: HistoryState | None, window: CursorWindow
) -> CursorPage[WatchedMovieRead]:
    """Return one stretch of what a member watched, latest first."""
    after = BEFORE_ALL
    if window.after is not None:
        after = (datetime.fromisoformat(window.after[0]), window.after[1])
    rows = await repository.list_history(
        session,
        member,
        after,
        window.limit + 1,
        completed=None if state is None else state == "completed",
    )
    return CursorPage(
        items=[
            WatchedMovieRead(movie=MovieSummary.model_validate(row), **_figures(row))
            for row in rows[: window.limit]
        ],
        next_cursor=window.next_cursor([(row.last_at.isoformat(), row.id) for row in rows]),
    )


async def member_watch_time(session: ReadSession, member: UUID) -> WatchTotals:
    """Return how much a member has watched."""
    row = await repository.member_totals(session, member)
    return WatchTotals(
        seconds_watched=row.milliseconds / 1000,
        movies=row.movies,
        completed=row.completed,
        last_watched_at=row.last_at,
    )


async def watch_time_of_movie_by(
    session: ReadSession, catalog: Peer, member: UUID, slug: str
) -> WatchFigures:
    """Return how much of a film a member has watched; zeros where nothing.

    Raises:
        MovieNotFound: no such film.
    """
    row = await repository.pair_figures(session, MovieKey(slug), member)
    if row is None:
        movie = await ask_catalog(catalog, slug)
        row = await repository.pair_figures(session, MovieKey(slug, movie.id), member)
    if row is None:  # the catalog has it, its event is under way, so nobody has watched it
        return WatchFigures(
            seconds_watched=0,
            coverage_seconds=0,
            last_position=0,
            progress=None,
            completed=False,
            last_watched_at=None,
        )
    return WatchFigures(**_figures(row))


async def movie_watch_time(
    session: ReadSession, catalog: Peer, slug: str
) -> tuple[MovieWatchTotals, int]:
    """Return how much all members have watched of a film, and the film's id.

    Raises:
        MovieNotFound: no such film.
    """
    row = await repository.film_totals(session, MovieKey(slug))
    if row is None:
        movie = await ask_catalog(catalog, slug)
        row = await repository.film_totals(session, MovieKey(slug, movie.id))
        if row is None:
            return MovieWatchTotals(seconds_watched=0, viewers=0, completions=0), movie.id
    totals = MovieWatchTotals(
        seconds_watched=float(row.milliseconds) / 1000,
        viewers=row.viewers,
        completions=row.completions,
    )
    return totals, row.id
