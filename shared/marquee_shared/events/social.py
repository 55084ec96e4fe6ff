"""What social tells: ratings and what they add up to, friendships, blocks, privacy."""

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


def _pair(one: UUID, other: UUID) -> str:
    return ":".join(sorted((str(one), str(other))))


class FriendshipSet(EventData):
    """What two members are to each other now; `revision` counts per pair.

    While `requested`, `user_id` is who asked and `friend_id` whom. Between `friends` the order
    means nothing.
    """

    type: ClassVar[str] = "social.friendship.set"

    user_id: UUID
    friend_id: UUID
    state: Literal["requested", "friends"]
    at: datetime

    def subject(self) -> str:
        """Return `friendship:<one>:<other>`, the smaller id first."""
        return f"friendship:{_pair(self.user_id, self.friend_id)}"


class FriendshipRemoved(EventData):
    """Two members are nothing to each other any more: rejected, withdrawn, ended or blocked."""

    type: ClassVar[str] = "social.friendship.removed"

    user_id: UUID
    friend_id: UUID

    def subject(self) -> str:
        """Return `friendship:<one>:<other>`, the smaller id first."""
        return f"friendship:{_pair(self.user_id, self.friend_id)}"


class FriendshipState(BaseModel):
    """One pair inside a bulk event; `none` means that there is nothing between them."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    user_id: UUID
    friend_id: UUID
    state: Literal["none", "requested", "friends"]
    at: datetime
    revision: int


class FriendshipsSet(EventData):
    """Many friendships at once (`republish`, erasure); each row has a revision of its own."""

    type: ClassVar[str] = "social.friendship.bulk_set"

    friendships: list[FriendshipState]

    def subject(self) -> str:
        """Return `friendship:bulk`."""
        return "friendship:bulk"


class BlockSet(EventData):
    """A member has blocked another: from now on neither exists for the other.

    `revision` counts per pair, in step with that of their friendship.
    """

    type: ClassVar[str] = "social.block.set"

    user_id: UUID
    blocked_id: UUID
    at: datetime

    def subject(self) -> str:
        """Return `block:<who>:<whom>`."""
        return f"block:{self.user_id}:{self.blocked_id}"


class BlockRemoved(EventData):
    """A member has lifted their block; consumers keep a tombstone with its revision."""

    type: ClassVar[str] = "social.block.removed"

    user_id: UUID
    blocked_id: UUID

    def subject(self) -> str:
        """Return `block:<who>:<whom>`."""
        return f"block:{self.user_id}:{self.blocked_id}"


class BlockState(BaseModel):
    """One block inside a bulk event; `blocked` false means it was lifted."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    user_id: UUID
    blocked_id: UUID
    blocked: bool
    revision: int


class BlocksSet(EventData):
    """Many blocks at once (`republish`, erasure); each row has a revision of its own."""

    type: ClassVar[str] = "social.block.bulk_set"

    blocks: list[BlockState]

    def subject(self) -> str:
        """Return `block:bulk`."""
        return "block:bulk"


Privacy = Literal["public", "friends", "private"]


class PrivacySet(EventData):
    """Who may see what of a member now; `revision` counts per member.

    Who has never said anything has the defaults: what they do is `friends`, ratings and the
    list of friends are `public`.
    """

    type: ClassVar[str] = "social.privacy.set"

    user_id: UUID
    ratings: Privacy
    activity: Privacy
    watch_time: Privacy
    stats: Privacy
    friends: Privacy

    def subject(self) -> str:
        """Return `privacy:<user>`."""
        return f"privacy:{self.user_id}"


class NotifiedMember(BaseModel):
    """One who was notified; `sequence` counts per member."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    user_id: UUID
    sequence: int


class NotificationCreated(EventData):
    """Members have been notified: a hint for live streams, what it says is in the database.

    `actor_id` is null where nobody is named: what moderators decided.
    """

    type: ClassVar[str] = "social.notification.created"

    actor_id: UUID | None
    kind: str
    members: list[NotifiedMember]

    def subject(self) -> str:
        """Return `notification:<actor>`, or the kind where nobody is named."""
        return f"notification:{self.actor_id or self.kind}"


class PlayerEvent(BaseModel):
    """What a player reports at one moment: positions and times in milliseconds."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    session_id: str
    sequence: int
    movie_id: int
    kind: Literal["start", "progress", "pause", "stop"]
    position: int
    at: int
    speed: float = 1.0


class WatchBatchReceived(EventData):
    """A member's player events, as taken in; written straight to its stream, not by the outbox.

    `received_at` is our clock, in milliseconds since 1970, which tells how far theirs is ahead.
    """

    type: ClassVar[str] = "social.watch_batch.received"
    written_directly: ClassVar[bool] = True

    user_id: UUID
    received_at: int
    events: list[PlayerEvent]

    def subject(self) -> str:
        """Return `watch_batch:<user>`."""
        return f"watch_batch:{self.user_id}"


class WatchProgressed(EventData):
    """How far a member has come with a film; told at its start, at each quarter and its end.

    `progress` is None where the film's runtime is not known.
    """

    type: ClassVar[str] = "social.watch.progressed"

    user_id: UUID
    movie_id: int
    progress: float | None
    completed: bool
    seconds_watched: float
    last_watched_at: datetime

    def subject(self) -> str:
        """Return `watch:<user>:<movie>`."""
        return f"watch:{self.user_id}:{self.movie_id}"


class ReviewData(EventData):
    """A review, without its words; `user_id` None once its author has left and let it stay."""

    id: int
    user_id: UUID | None
    movie_id: int
    is_positive: bool
    has_spoilers: bool
    language: str | None = None
    created_at: datetime

    def subject(self) -> str:
        """Return `review:<id>`."""
        return f"review:{self.id}"


class ReviewCreated(ReviewData):
    """A member has reviewed a film."""

    type: ClassVar[str] = "social.review.created"


class ReviewUpdated(ReviewData):
    """A review has been edited, hidden by moderators' decision or shown again (or `republish`)."""

    type: ClassVar[str] = "social.review.updated"

    hidden: bool = False


class ReviewDeleted(EventData):
    """A review is gone, with its comments; its author may write another."""

    type: ClassVar[str] = "social.review.deleted"

    id: int
    user_id: UUID | None
    movie_id: int

    def subject(self) -> str:
        """Return `review:<id>`."""
        return f"review:{self.id}"
