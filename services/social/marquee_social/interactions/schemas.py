"""A member's interactions as the recommender reads them."""

from datetime import datetime
from uuid import UUID

from marquee_shared.events.social import SignalKind
from marquee_shared.schemas import ResponseModel


class RatingState(ResponseModel):
    """One rating."""

    movie_id: int
    value: float
    rated_at: datetime
    revision: int


class SignalState(ResponseModel):
    """One signal."""

    movie_id: int
    kind: SignalKind
    at: datetime
    revision: int


class Interactions(ResponseModel):
    """Everything the caller has rated and signalled, oldest first."""

    user_id: UUID
    ratings: list[RatingState]
    signals: list[SignalState]
