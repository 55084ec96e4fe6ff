"""The scale of ratings: 0.5 to 5.0 in half steps, kept as the whole numbers 1 to 10."""

from collections.abc import Sequence

STEPS = 10
LOWEST = 0.5
HIGHEST = 5.0
LABELS = tuple(f"{step / 2:.1f}" for step in range(1, STEPS + 1))


def half_steps(value: float) -> int:
    """Return a value as half steps.

    Raises:
        ValueError: it is not on the scale.
    """
    doubled = value * 2
    if not (1 <= doubled <= STEPS and doubled == int(doubled)):
        message = f"{value} is not a rating between {LOWEST} and {HIGHEST} in half steps"
        raise ValueError(message)
    return int(doubled)


def value_of(steps: int) -> float:
    """Return half steps as a value; exact, halves being binary fractions."""
    return steps / 2


def average(counts: Sequence[int]) -> float | None:
    """Return the mean value of a histogram to three decimals; None without ratings."""
    ratings = sum(counts)
    if ratings == 0:
        return None
    steps = sum(step * count for step, count in enumerate(counts, start=1))
    return round(steps / (2 * ratings), 3)
