"""A member's current interactions, as they are folded in."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from marquee_recommender.circle.profile import Circle
from marquee_recommender.engine import Event, Profile


@dataclass(frozen=True, slots=True)
class MemberProfile:
    """What a member did; `complete` unless an event it should reflect has not arrived."""

    events: Sequence[Event]
    complete: bool = True
    circle: Circle = field(default_factory=Circle)

    def within(self, circle: Circle) -> "MemberProfile":
        """Return it with the member's surroundings: films watched to their end are seen."""
        known = {event.item for event in self.events}
        seen = [
            Event(watch.movie_id, "seen", None, watch.at)
            for watch in circle.watches
            if watch.completed and watch.movie_id not in known
        ]
        return replace(self, events=[*self.events, *seen], circle=circle)

    @property
    def movie_ids(self) -> set[int]:
        """Every film the member had to do with, begun ones too."""
        done = {int(event.item) for event in self.events}  # type: ignore[call-overload]  # our ids
        return done | {watch.movie_id for watch in self.circle.watches}

    def for_engine(self) -> Profile:
        """Return it in the engine's terms."""
        return Profile(tuple(self.events), self.circle.genres)
