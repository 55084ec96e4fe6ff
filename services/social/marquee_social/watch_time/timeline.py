"""From a player's events to stretches of film and of clock that were really watched.

The truth about a session is the set of its events, each with its place in the player's own
sequence; what arrives late, twice or in another order gives the same set. Two events next to
each other say whether the film ran between them. Between n and n + 1 nothing can arrive any
more, so what they say is settled for ever and the events themselves can be dropped: a session
is kept as the *runs* of consecutive events seen (their first and last one), and what lies
between two runs is only presumed until the gap closes.

All positions and times are in milliseconds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, NamedTuple

Kind = Literal["start", "progress", "pause", "stop"]
Span = tuple[int, int]

SLACK: Final = 2_000
"""Players round positions and times to seconds: two roundings of each."""
DRIFT: Final = 1.05
"""How much faster than its speed a player's clock may seem."""
MAX_RUNS: Final = 500
"""Gaps that may stay open in a session; beyond it the oldest is taken for closed."""


class PlayerEvent(NamedTuple):
    """One event of a player."""

    sequence: int
    kind: Kind
    position: int
    at: int
    speed: float


Run = tuple[PlayerEvent, PlayerEvent]
"""The first and the last of consecutive events that have all arrived."""


class Stretch(NamedTuple):
    """What was watched between two events: of the film, and by the clock."""

    film: Span
    clock: Span


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is known of a session after some of its events.

    `settled` is new since the runs it was made from; `presumed` is all that open gaps suggest.
    """

    runs: Sequence[Run]
    settled: Sequence[Stretch]
    presumed: Sequence[Stretch]


def watched(before: PlayerEvent, after: PlayerEvent) -> Stretch | None:
    """Return what ran between two events, or None where nothing did or a seek is more likely.

    The film ran when the player was running and its position went forward no faster than its
    speed allows; a bigger jump is a seek. The clock counts no longer than the position went on,
    so that a stalled player adds nothing.
    """
    if before.kind in ("pause", "stop") or after.kind == "start":
        return None
    advanced = after.position - before.position
    elapsed = after.at - before.at
    if advanced <= 0 or elapsed <= 0 or advanced > elapsed * before.speed * DRIFT + SLACK:
        return None
    running = min(elapsed, round(advanced / before.speed))
    return Stretch((before.position, after.position), (before.at, before.at + running))


def extend(runs: Sequence[Run], events: Iterable[PlayerEvent]) -> Timeline:
    """Add events to what is known; those already known change nothing."""
    arrived = {event.sequence: event for event in reversed(list(events))}
    pieces = sorted([*runs, *((event, event) for event in arrived.values())], key=_first)
    joined: list[Run] = []
    settled: list[Stretch] = []
    for piece in pieces:
        if not joined or piece[0].sequence > joined[-1][1].sequence + 1:
            joined.append(piece)
        elif piece[1].sequence > joined[-1][1].sequence:
            settled += _between(joined[-1], piece)
            joined[-1] = (joined[-1][0], piece[1])
    excess = max(0, len(joined) - MAX_RUNS)
    for run, following in pairwise(joined[: excess + 1]):
        settled += _between(run, following)
    if excess:
        joined[: excess + 1] = [(joined[0][0], joined[excess][1])]
    presumed = [stretch for pair in pairwise(joined) for stretch in _between(*pair)]
    return Timeline(joined, settled, presumed)


def _first(run: Run) -> tuple[int, int]:
    # A known run goes before an event that repeats its beginning, so that the repeat is inside.
    return (run[0].sequence, -run[1].sequence)


def _between(run: Run, following: Run) -> list[Stretch]:
    found = watched(run[1], following[0])
    return [] if found is None else [found]
