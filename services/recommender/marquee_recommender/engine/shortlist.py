"""Candidates for catalogs too large to score whole at every request.

An inverted file (Jégou, Douze, Schmid 2011, without the compression) over the item factors and
one over the content embeddings: items in cells of near ones, of which a request opens those
closest to the member. Added to them: the most popular items, and the neighbours of the films in
the history. Everything that is opened is scored exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from marquee_recommender.engine.sequence import spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELL_ITEMS = 500
"""Items in a cell, about."""
SAMPLE = 20_000
ROUNDS = 4
BLOCK = 20_000


@dataclass(frozen=True, slots=True)
class Cells:
    """An inverted file.

    Attributes:
        centres: float32 [cells, d].
        starts: int64 [cells + 1]; items: int32, the codes of each cell in turn.
    """

    centres: NDArray[np.float32]
    starts: NDArray[np.int64]
    items: NDArray[np.int32]

    def nearest(self, vector: NDArray[np.float32], items: int) -> NDArray[np.int32]:
        """Codes in the cells with the largest inner products, until so many items are found."""
        order = np.argsort(-(self.centres @ vector))
        sizes = np.cumsum((self.starts[1:] - self.starts[:-1])[order])
        opened = order[: int(np.searchsorted(sizes, items)) + 1]
        places, _ = spans(self.starts, opened)
        return self.items[places]


def train_cells(vectors: NDArray[np.float32], seed: int) -> Cells:
    """Group vectors [items, d] by spherical k-means over a seeded sample."""
    random = np.random.default_rng(seed)
    count = max(1, len(vectors) // CELL_ITEMS)
    sample = _unit(vectors[random.permutation(len(vectors))[: max(SAMPLE, 4 * count)]])
    centres = sample[random.permutation(len(sample))[:count]]
    for _ in range(ROUNDS):
        nearest = _assign(sample, centres)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, sample)
        filled = np.bincount(nearest, minlength=count) > 0
        centres = np.where(filled[:, None], _unit(sums), centres)
    cell = _assign(vectors, centres)
    order = np.argsort(cell, kind="stable")
    sizes = np.bincount(cell, minlength=count)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    # Cells compete by the mean of their items, which keeps how far out popular items lie.
    means = np.zeros_like(centres)
    for column in range(vectors.shape[1]):
        summed = np.bincount(cell, weights=vectors[:, column], minlength=count)
        means[:, column] = summed / np.maximum(sizes, 1)
    return Cells(means, starts, order.astype(np.int32))


def _assign(vectors: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.int64]:
    """The centre with the largest inner product for each vector, in blocks."""
    found = np.empty(len(vectors), dtype=np.int64)
    for start in range(0, len(vectors), BLOCK):
        block = vectors[start : start + BLOCK]
        found[start : start + BLOCK] = np.argmax(block @ centres.T, axis=1)
    return found


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = vectors / np.maximum(norms, np.float32(1e-9))
    return scaled
