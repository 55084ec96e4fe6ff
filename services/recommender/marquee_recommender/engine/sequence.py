"""What people watch next: discounted transitions within a few steps, kept sparse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marquee_recommender.engine.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Transitions:
    """CSR rows: from each film to its likeliest successors.

    Attributes:
        starts: int64 [items + 1].
        targets: int32 [n] item codes; weights: float32 [n].
    """

    starts: NDArray[np.int64]
    targets: NDArray[np.int32]
    weights: NDArray[np.float32]

    def add(
        self, scores: NDArray[np.float32], codes: NDArray[np.int64], weights: NDArray[np.float32]
    ) -> None:
        """Add the successors of the given films, newest first, to `scores` in place."""
        for code, weight in zip(codes.tolist(), weights.tolist(), strict=True):
            start, end = self.starts[code], self.starts[code + 1]
            scores[self.targets[start:end]] += weight * self.weights[start:end]

    def contributions(
        self, codes: NDArray[np.int64], weights: NDArray[np.float32], item: int
    ) -> NDArray[np.float32]:
        """What each of the given films adds to one item."""
        found = np.zeros(len(codes), dtype=np.float32)
        for row, code in enumerate(codes.tolist()):
            start, end = self.starts[code], self.starts[code + 1]
            hits = np.flatnonzero(self.targets[start:end] == item)
            if len(hits):
                found[row] = weights[row] * self.weights[start + hits[0]]
        return found


def train_transitions(
    users: NDArray[np.int32],
    items: NDArray[np.int32],
    times: NDArray[np.int64],
    count: int,
    parameters: Parameters,
) -> Transitions:
    """Count successors up to `sequence_lags` steps on, discounted per step.

    A weight is count / sqrt(row total) / (column total)^power: without the last term everything
    leads to the most popular films.
    """
    from scipy import sparse  # noqa: PLC0415  # serving reads the arrays alone

    order = np.lexsort((items, times, users))
    user, item = users[order], items[order]
    total = sparse.csr_matrix((count, count), dtype=np.float32)
    for lag in range(1, parameters.sequence_lags + 1):
        same = user[lag:] == user[:-lag]
        weight = np.full(int(same.sum()), parameters.sequence_decay ** (lag - 1), np.float32)
        pairs = (item[:-lag][same], item[lag:][same])
        total = total + sparse.csr_matrix((weight, pairs), shape=(count, count))
    columns = np.asarray(total.sum(axis=0)).ravel() + 1
    rows = np.asarray(total.sum(axis=1)).ravel() + 1
    total.data *= (columns**-parameters.sequence_popularity_power)[total.indices]
    total.data *= np.repeat(rows**-0.5, np.diff(total.indptr))
    return strongest(total.indptr, total.indices, total.data, parameters.sequence_neighbours)


def strongest(
    starts: NDArray[np.int32], targets: NDArray[np.int32], weights: NDArray[np.float32], limit: int
) -> Transitions:
    """Keep the `limit` heaviest entries of each CSR row, heaviest first."""
    rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    order = np.lexsort((targets, -weights, rows))
    rank = np.arange(len(rows)) - np.repeat(starts[:-1], np.diff(starts))
    kept = order[rank < limit]
    lengths = np.minimum(np.diff(starts), limit)
    return Transitions(
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        targets=targets[kept].astype(np.int32),
        weights=weights[kept].astype(np.float32),
    )
