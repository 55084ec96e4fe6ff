"""A member's current interactions, as they are folded in."""

from collections.abc import Sequence
from dataclasses import dataclass

from marquee_recommender.engine import Event, Profile


@dataclass(frozen=True, slots=True)
class MemberProfile:
    """What a member did; `complete` unless an event it should reflect has not arrived."""

    events: Sequence[Event]
    complete: bool = True

    @property
    def movie_ids(self) -> set[int]:
        """Every film the member had to do with."""
        return {int(event.item) for event in self.events}  # type: ignore[call-overload]  # our ids

    def for_engine(self) -> Profile:
        """Return it in the engine's terms."""
        return Profile(tuple(self.events))
