"""What social tells: who rated what, what films' ratings add up to, who may not take part."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from marquee_shared.events.envelope import EventData


class RatingSet(EventData):
    """A member's rating of a film is now this; `revision` counts per member and film."""

    type: ClassVar[str] = "social.rating.set"

    user_id: UUID
    movie_id: int
    value: float
    rated_at: datetime

    def subject(self) -> str:
        """Return `rating:<user>:<movie>`."""
        return f"rating:{self.user_id}:{self.movie_id}"


class RatingRemoved(EventData):
    """A member has taken their rating back; consumers keep a tombstone with its revision."""

    type: ClassVar[str] = "social.rating.removed"

    user_id: UUID
    movie_id: int

    def subject(self) -> str:
        """Return `rating:<user>:<movie>`."""
        return f"rating:{self.user_id}:{self.movie_id}"


class RatingState(BaseModel):
    """One rating inside a bulk event; `value` None means it was taken back."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    user_id: UUID
    movie_id: int
    value: float | None
    rated_at: datetime
    revision: int


class RatingsSet(EventData):
    """Many ratings at once (imports, `republish`); each row has a revision of its own."""

    type: ClassVar[str] = "social.rating.bulk_set"

    ratings: list[RatingState]

    def subject(self) -> str:
        """Return `rating:bulk`."""
        return "rating:bulk"


SignalKind = Literal["like", "dislike", "not_interested", "seen"]


class SignalSet(EventData):
    """A member's signal about a film is now this; `revision` counts per member and film."""

    type: ClassVar[str] = "social.signal.set"

    user_id: UUID
    movie_id: int
    kind: SignalKind
    at: datetime

    def subject(self) -> str:
        """Return `signal:<user>:<movie>`."""
        return f"signal:{self.user_id}:{self.movie_id}"


class SignalRemoved(EventData):
    """A member has taken their signal back; consumers keep a tombstone with its revision."""

    type: ClassVar[str] = "social.signal.removed"

    user_id: UUID
    movie_id: int

    def subject(self) -> str:
        """Return `signal:<user>:<movie>`."""
        return f"signal:{self.user_id}:{self.movie_id}"


class SignalState(BaseModel):
    """One signal inside a bulk event; `kind` None means it was taken back."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    user_id: UUID
    movie_id: int
    kind: SignalKind | None
    at: datetime
    revision: int


class SignalsSet(EventData):
    """Many signals at once (`republish`, erasure); each row has a revision of its own."""

    type: ClassVar[str] = "social.signal.bulk_set"

    signals: list[SignalState]

    def subject(self) -> str:
        """Return `signal:bulk`."""
        return "signal:bulk"


class MovieRatingsChanged(EventData):
    """What all ratings of a film add up to now; `histogram` counts 0.5, 1.0 … 5.0."""

    type: ClassVar[str] = "social.movie.ratings_changed"

    movie_id: int
    count: int
    average: float | None
    histogram: list[int]

    def subject(self) -> str:
        """Return `movie:<id>`."""
        return f"movie:{self.movie_id}"

    def cache_tags(self) -> tuple[str, ...]:
        """Only the film's ratings; the catalog tells when its own page shows them."""
        return (f"movie-ratings:{self.movie_id}",)


class MemberSuspended(EventData):
    """Moderators have taken a member's access away; `until` None means until they restore it.

    Identity ends the member's sessions at once. `revision` counts per member, with `restored`.
    """

    type: ClassVar[str] = "social.member.suspended"

    user_id: UUID
    until: datetime | None
    reason: str

    def subject(self) -> str:
        """Return `member:<user>`."""
        return f"member:{self.user_id}"


class MemberRestored(EventData):
    """Moderators have ended a member's suspension before its time."""

    type: ClassVar[str] = "social.member.restored"

    user_id: UUID
    reason: str

    def subject(self) -> str:
        """Return `member:<user>`."""
        return f"member:{self.user_id}"
