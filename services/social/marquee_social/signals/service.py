"""Signals are marks; all they have of their own is how they are shown and told."""

from uuid import UUID

from marquee_shared.events.social import SignalRemoved, SignalSet, SignalsSet, SignalState
from marquee_social.marks.repository import MarkRow
from marquee_social.marks.service import Marks
from marquee_social.movies.schemas import MovieSummary
from marquee_social.signals.errors import SignalNotFound
from marquee_social.signals.repository import STATEMENTS
from marquee_social.signals.schemas import SignalRead


def _read(row: MarkRow) -> SignalRead:
    return SignalRead(
        kind=row.after,
        movie=MovieSummary.model_validate(row),
        created_at=row.created_at,
        updated_at=row.at,
    )


def _told(member: UUID, row: MarkRow) -> SignalSet:
    return SignalSet(user_id=member, movie_id=row.id, kind=row.after, at=row.at)


def _state(row: MarkRow) -> SignalState:
    return SignalState(
        user_id=row.user_id,
        movie_id=row.movie_id,
        kind=row.after,
        at=row.at,
        revision=row.revision,
    )


SIGNALS = Marks(
    statements=STATEMENTS,
    read=_read,
    not_found=SignalNotFound,
    told_set=_told,
    told_removed=lambda member, movie_id: SignalRemoved(user_id=member, movie_id=movie_id),
    told_in_bulk=lambda rows: SignalsSet(signals=[_state(row) for row in rows]),
)
