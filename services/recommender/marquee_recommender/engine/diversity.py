"""Maximal marginal relevance (Carbonell, Goldstein 1998) over content embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def rerank(
    scores: NDArray[np.float32], embeddings: NDArray[np.float32], limit: int, dial: float
) -> NDArray[np.int64]:
    """Positions of the chosen `limit` candidates, in order.

    Each place takes the largest (1 - dial) · score - dial · likeness to the nearest one already
    chosen, with scores scaled to 0..1 over the candidates. `scores` must fall.
    """
    low, high = float(scores[-1]), float(scores[0])
    value = (1 - dial) * (scores - low) / max(high - low, 1e-9)
    likeness = embeddings @ embeddings.T
    nearest = np.zeros(len(scores), dtype=np.float32)
    chosen = np.empty(limit, dtype=np.int64)
    for place in range(limit):
        pick = int(np.argmax(value - dial * nearest))
        chosen[place] = pick
        value[pick] = -np.inf
        np.maximum(nearest, likeness[pick], out=nearest)
    return chosen
