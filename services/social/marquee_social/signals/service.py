"""The rules of signals: one per member and film, a new one in place of the one before."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from marquee_shared.conditional import Preconditions
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.social import (
    SignalKind,
    SignalRemoved,
    SignalSet,
    SignalsSet,
    SignalState,
)
from marquee_shared.outbox import publish, publish_many
from marquee_shared.pagination import CursorPage, CursorWindow
from marquee_shared.peers import Peer
from marquee_shared.problems import InvalidToken
from marquee_social.movies.repository import MovieKey
from marquee_social.movies.schemas import MovieSummary
from marquee_social.movies.service import ask_catalog, with_movie
from marquee_social.signals import repository
from marquee_social.signals.errors import SignalNotFound
from marquee_social.signals.repository import SignalRow
from marquee_social.signals.schemas import SignalRead

EVENT_ROWS = 1_000
"""Rows per bulk event."""
BEFORE_ALL = (datetime(9999, 12, 31, tzinfo=UTC), 0)


def _read(row: SignalRow) -> SignalRead:
    return SignalRead(
        kind=row.kind,
        movie=MovieSummary.model_validate(row),
        created_at=row.created_at,
        updated_at=row.signalled_at,
    )


async def get_signal(
    session: ReadSession, catalog: Peer, member: UUID, slug: str
) -> tuple[SignalRead, int]:
    """Return a member's signal and its revision.

    Raises:
        MovieNotFound: no such film.
        SignalNotFound: none given.
    """
    row = await repository.find_signal(session, MovieKey(slug), member)
    if row is None:
        movie = await ask_catalog(catalog, slug)
        row = await repository.find_signal(session, MovieKey(slug, movie.id), member)
    if row is None or row.kind is None:
        raise SignalNotFound
    return _read(row), row.revision


async def set_signal(
    session: WriteSession,
    catalog: Peer,
    member: UUID,
    slug: str,
    kind: SignalKind,
    preconditions: Preconditions,
) -> tuple[SignalRead, bool]:
    """Give a signal; return it and whether there was none before.

    Raises:
        MovieNotFound: no such film.
        InvalidToken: the member has been erased; their token has outlived them.
    """
    row = await with_movie(
        session, catalog, slug, lambda key: repository.set_signal(session, key, member, kind)
    )
    if row.kind is None:
        raise InvalidToken
    created = row.before is None
    preconditions.require(None if created else row.revision_before)
    if row.before != row.kind:
        told = SignalSet(user_id=member, movie_id=row.id, kind=row.kind, at=row.signalled_at)
        await publish(session, told, row.revision)
    preconditions.answered(row.revision)
    return _read(row), created


async def remove_signal(
    session: WriteSession, catalog: Peer, member: UUID, slug: str, preconditions: Preconditions
) -> None:
    """Take a signal back, if there is one."""
    row = await with_movie(
        session, catalog, slug, lambda key: repository.remove_signal(session, key, member)
    )
    preconditions.require(row.revision_before)
    if row.before is not None:
        await publish(session, SignalRemoved(user_id=member, movie_id=row.id), row.revision)


async def list_signals(
    session: ReadSession, member: UUID, kind: SignalKind | None, window: CursorWindow
) -> CursorPage[SignalRead]:
    """Return one stretch of a member's signals, newest first."""
    after = BEFORE_ALL
    if window.after is not None:
        after = (datetime.fromisoformat(window.after[0]), window.after[1])
    rows = await repository.list_newest(session, member, kind, after, window.limit + 1)
    cursor = window.next_cursor([(row.signalled_at.isoformat(), row.id) for row in rows])
    return CursorPage(items=[_read(row) for row in rows[: window.limit]], next_cursor=cursor)


def bulk_events(rows: Sequence[SignalRow]) -> list[tuple[SignalsSet, int]]:
    """Return rows as bulk events of at most `EVENT_ROWS`; each row has its own revision."""
    chunks = [rows[start : start + EVENT_ROWS] for start in range(0, len(rows), EVENT_ROWS)]
    return [
        (
            SignalsSet(
                signals=[
                    SignalState(
                        user_id=row.user_id,
                        movie_id=row.movie_id,
                        kind=row.kind,
                        at=row.signalled_at,
                        revision=row.revision,
                    )
                    for row in chunk
                ]
            ),
            max(row.revision for row in chunk),
        )
        for chunk in chunks
    ]


async def erase_signals(session: WriteSession, members: Sequence[UUID]) -> None:
    """Delete every signal of erased members, and tell so."""
    await publish_many(session, bulk_events(await repository.erase_members(session, members)))
