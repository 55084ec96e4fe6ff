"""The circuit breaker of one replica."""

from typing import Final

THRESHOLD: Final = 5
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 15.0
TRIAL_PATIENCE: Final = 5.0


class Breaker:
    """Closed while calls succeed; after `THRESHOLD` failures in a row open for a while.

    Then one call is let through on trial: its success closes the circuit, its failure opens it
    for twice as long. Times are the loop's clock, in seconds.
    """

    __slots__ = ("_failures", "_pause", "_until")

    def __init__(self) -> None:
        self._failures = 0
        self._pause = FIRST_PAUSE
        self._until = 0.0

    def allows(self, now: float) -> bool:
        """Whether a call may be tried."""
        return self._failures < THRESHOLD or now >= self._until

    @property
    def closed(self) -> bool:
        """Whether the replica is in good standing."""
        return self._failures < THRESHOLD

    def try_once(self, now: float) -> None:
        """Note that a call is on its way: while open, nobody else tries meanwhile."""
        if self._failures >= THRESHOLD:
            self._until = now + TRIAL_PATIENCE

    def succeed(self) -> None:
        """Note a call that was answered."""
        if self._failures:
            self._failures = 0
            self._pause = FIRST_PAUSE

    def fail(self, now: float) -> None:
        """Note a call that was not."""
        self._failures += 1
        if self._failures > THRESHOLD:
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
        if self._failures >= THRESHOLD:
            self._until = now + self._pause
