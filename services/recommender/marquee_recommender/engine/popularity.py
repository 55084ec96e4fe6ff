"""What everybody watches, and what they watch lately."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from marquee_recommender.engine.interactions import UNKNOWN_TIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAY = 86_400


def popularity(counts: NDArray[np.float64]) -> NDArray[np.float32]:
    """Logarithm of counts, scaled to 0..1."""
    scores = np.log1p(counts)
    return (scores / max(float(scores.max(initial=0)), 1e-12)).astype(np.float32)


def trending(
    items: NDArray[np.int32], times: NDArray[np.int64], count: int, half_life_days: float
) -> NDArray[np.float32]:
    """Popularity with each interaction halved every `half_life_days` before the newest one.

    Interactions without a time do not count.
    """
    dated = times != UNKNOWN_TIME
    if not dated.any():
        return np.zeros(count, dtype=np.float32)
    age = (times[dated].max() - times[dated]) / (half_life_days * DAY)
    recent = np.bincount(items[dated], weights=0.5**age, minlength=count)
    return popularity(recent.astype(np.float64))
