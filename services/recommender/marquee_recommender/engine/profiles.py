"""A member's history as it is folded in: films, how much each counts, in which direction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from marquee_recommender.engine.parameters import Parameters

MEAN_SHRINKAGE = 2.0
"""Films of no opinion that every content profile is averaged with."""

Kind = Literal["rating", "like", "dislike", "not_interested", "seen"]


@dataclass(frozen=True, slots=True)
class Event:
    """One current rating or signal of a member.

    `value` is the rating (0.5 to 5) or None for a merely positive interaction; `at` is in seconds
    since 1970, None where unknown.
    """

    item: Hashable
    kind: Kind = "rating"
    value: float | None = None
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything the engine is told about a member at request time."""

    events: Sequence[Event] = ()
    genres: Sequence[str] = ()
    """Genres chosen in onboarding, named as in `Items.genres`."""


@dataclass(frozen=True, slots=True)
class History:
    """A profile resolved against a model, newest film first.

    Attributes:
        codes: int64 [n], item positions in the model, distinct.
        weights: float32 [n], preference times recency; negative counts against.
        known: int64 [m], every film of the profile the model knows, counted or not.
        taste: names of the genres chosen.
        steps: int64 [n], how far back each film is, None where recency does not apply.
    """

    codes: NDArray[np.int64]
    weights: NDArray[np.float32]
    known: NDArray[np.int64]
    taste: Sequence[str] = field(default=())
    steps: NDArray[np.int64] | None = None

    def without(self, row: int, parameters: Parameters) -> NDArray[np.float32]:
        """The weights [n] had film `row` never been met: it has none, older ones move up."""
        weights = self.weights.copy()
        if self.steps is not None:
            weights /= recency(self.steps, parameters)
            weights *= recency(self.steps - (self.steps > self.steps[row]), parameters)
        weights[row] = 0
        return weights


def weigh(
    codes: NDArray[np.int64],
    chosen: NDArray[np.float32],
    parameters: Parameters,
    *,
    ordered: bool,
    taste: Sequence[str] = (),
) -> History:
    """A history of films (newest first where `ordered`) and the preferences for them."""
    steps = np.arange(len(codes))
    counted = np.flatnonzero((chosen != 0) & (steps < parameters.history))
    steps, weights = steps[counted], chosen[counted]
    if not (parameters.recency and ordered):
        return History(codes[counted], weights, codes, tuple(taste))
    weights = weights * recency(steps, parameters)
    return History(codes[counted], weights, codes, tuple(taste), steps)


def preferences(values: NDArray[np.float32], parameters: Parameters) -> NDArray[np.float32]:
    """Ratings to preferences in [-dislike_weight, 1]; NaN (merely positive) is 1."""
    if not parameters.graded:
        return np.ones(len(values), dtype=np.float32)
    span = parameters.like_from - parameters.neutral
    graded = np.clip((values - parameters.neutral) / span, -parameters.dislike_weight, 1)
    return np.where(np.isnan(values), 1, graded).astype(np.float32)


def recency(steps: NDArray[np.int64], parameters: Parameters) -> NDArray[np.float32]:
    """Weight of films so many steps back in a history, 0 the newest."""
    floor = parameters.recency_floor
    return (floor + (1 - floor) * parameters.recency_decay**steps).astype(np.float32)


def averaging(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights that make a sum over films a shrunken mean, so that content does not grow with n."""
    total = np.abs(weights).sum(axis=-1, keepdims=True) + np.float32(MEAN_SHRINKAGE)
    means: NDArray[np.float32] = weights / total
    return means


def preference_of(events: Sequence[Event], parameters: Parameters) -> float:
    """One preference for all events of a member about one film: rejection outweighs praise."""
    if len(events) == 1 and events[0].kind == "rating":
        return preference_for(events[0].value, parameters)
    kinds = {event.kind for event in events}
    if "dislike" in kinds:
        return -1.0
    if "not_interested" in kinds:
        return -parameters.dislike_weight
    rated = [event for event in events if event.kind == "rating"]
    if rated:
        preference = preference_for(rated[-1].value, parameters)
        return 1.0 if "like" in kinds else preference
    return 1.0 if "like" in kinds else parameters.seen_weight


def preference_for(value: float | None, parameters: Parameters) -> float:
    """`preferences` of one rating; numpy costs more than the arithmetic here."""
    if value is None or not parameters.graded:
        return 1.0
    graded = (value - parameters.neutral) / (parameters.like_from - parameters.neutral)
    return min(1.0, max(-parameters.dislike_weight, graded))


def resolve(profile: Profile, positions: Mapping[Hashable, int], parameters: Parameters) -> History:
    """Look up, merge, order and weigh a profile; films the model does not know are dropped.

    Recency applies only where every event carries its time: without an order there is no newest.
    """
    grouped: dict[int, list[Event]] = {}
    for event in profile.events:
        code = positions.get(event.item)
        if code is not None:
            grouped.setdefault(code, []).append(event)
    codes = np.fromiter(grouped, dtype=np.int64, count=len(grouped))
    chosen = np.array(
        [preference_of(events, parameters) for events in grouped.values()], dtype=np.float32
    )
    times = [
        max((event.at for event in events if event.at is not None), default=None)
        for events in grouped.values()
    ]
    ordered = bool(times) and None not in times
    if ordered:
        order = np.lexsort((-np.arange(len(codes)), -np.array(times, dtype=np.float64)))
        codes, chosen = codes[order], chosen[order]
    return weigh(codes, chosen, parameters, ordered=ordered, taste=profile.genres)
