"""What people watch next, and what they watch in one sitting: discounted steps in time.

Both are sparse rows over neighbours in a user's own timeline. `sequence` counts forward only;
`session` counts both ways, which says more about what belongs together than who else met it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marquee_recommender.engine.interactions import Interactions
    from marquee_recommender.engine.parameters import Parameters


SHRINKAGE = 20
"""Added to totals, so that two films met once together do not look inseparable."""


@dataclass(frozen=True, slots=True)
class Transitions:
    """CSR rows: from each film to its strongest neighbours, ascending by code.

    Attributes:
        starts: int64 [items + 1].
        targets: int32 [n] item codes; weights: float32 [n].
    """

    starts: NDArray[np.int64]
    targets: NDArray[np.int32]
    weights: NDArray[np.float32]

    def scores(
        self, codes: NDArray[np.int64], weights: NDArray[np.float32], items: int
    ) -> NDArray[np.float32]:
        """Sum [items] of the neighbours of the given films."""
        places, lengths = spans(self.starts, codes)
        amounts = self.weights[places] * np.repeat(weights, lengths)
        summed = np.bincount(self.targets[places], weights=amounts, minlength=items)
        return summed.astype(np.float32)

    def scores_at(
        self,
        codes: NDArray[np.int64],
        weights: NDArray[np.float32],
        wanted: NDArray[np.int64],
    ) -> NDArray[np.float32]:
        """`scores` of the wanted items (ascending) only."""
        places, lengths = spans(self.starts, codes)
        targets = self.targets[places]
        column = np.minimum(np.searchsorted(wanted, targets), len(wanted) - 1)
        hit = wanted[column] == targets
        amounts = self.weights[places] * np.repeat(weights, lengths)
        summed = np.bincount(column[hit], weights=amounts[hit], minlength=len(wanted))
        return summed.astype(np.float32)

    def between(self, codes: NDArray[np.int64], pool: NDArray[np.int64]) -> NDArray[np.float32]:
        """The weight from each film [n] to each item of the pool [m], as [n, m]."""
        found = np.zeros((len(codes), len(pool)), dtype=np.float32)
        places, lengths = spans(self.starts, codes)
        if not len(places) or not len(pool):
            return found
        order = np.argsort(pool)
        targets = self.targets[places]
        column = np.minimum(np.searchsorted(pool[order], targets), len(pool) - 1)
        hit = pool[order][column] == targets
        rows = np.repeat(np.arange(len(codes)), lengths)[hit]
        found[rows, order[column[hit]]] = self.weights[places[hit]]
        return found

    def matrix(self, items: int) -> Any:
        """The same as a scipy CSR matrix [items, items]."""
        from scipy import sparse  # noqa: PLC0415  # serving reads the arrays alone

        return sparse.csr_matrix(
            (self.weights, self.targets, self.starts), shape=(items, items), dtype=np.float32
        )


def spans(
    starts: NDArray[np.int64], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of the entries of some CSR rows, one after another, and each row's count."""
    first = starts[rows]
    lengths = starts[rows + 1] - first
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(first - ends + lengths, lengths), lengths


def train_sequence(
    interactions: Interactions, codes: NDArray[np.int32], items: int, parameters: Parameters
) -> Transitions:
    """Who follows whom within `sequence_lags` steps, discounted per step."""
    counts = steps(interactions, codes, items, parameters.sequence_lags, parameters.sequence_decay)
    return normalised(counts, 0.5, parameters.sequence_power, parameters.neighbours)


def train_session(
    interactions: Interactions, codes: NDArray[np.int32], items: int, parameters: Parameters
) -> Transitions:
    """What is met within `session_lags` steps of each other, in either order."""
    counts = steps(interactions, codes, items, parameters.session_lags, parameters.session_decay)
    power = parameters.session_power
    return normalised((counts + counts.T).tocsr(), power, power, parameters.neighbours)


def timeline(
    interactions: Interactions, codes: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Users and item codes of all rows, user by user, oldest first; of equal times by code."""
    item = codes[interactions.items]
    order = np.lexsort((item, interactions.times, interactions.users))
    return interactions.users[order], item[order]


def steps(
    interactions: Interactions, codes: NDArray[np.int32], items: int, lags: int, decay: float
) -> Any:
    """CSR float32 [items, items]: how often one item came after another, discounted."""
    from scipy import sparse  # noqa: PLC0415  # serving reads the arrays alone

    user, item = timeline(interactions, codes)
    total = sparse.csr_matrix((items, items), dtype=np.float32)
    for lag in range(1, lags + 1):
        same = user[lag:] == user[:-lag]
        weight = np.full(int(same.sum()), decay ** (lag - 1), dtype=np.float32)
        pairs = (item[:-lag][same], item[lag:][same])
        total = total + sparse.csr_matrix((weight, pairs), shape=(items, items))
    return total


def normalised(counts: Any, row_power: float, column_power: float, limit: int) -> Transitions:
    """Counts over both totals to a power: without the columns' everything leads to the hits."""
    columns = np.asarray(counts.sum(axis=0)).ravel() + SHRINKAGE
    rows = np.asarray(counts.sum(axis=1)).ravel() + SHRINKAGE
    data = counts.data * (columns**-column_power)[counts.indices]
    data *= np.repeat(rows**-row_power, np.diff(counts.indptr))
    return strongest(counts.indptr, counts.indices, data, limit)


def strongest(
    starts: NDArray[np.int32],
    targets: NDArray[np.int32],
    weights: NDArray[np.float32],
    limit: int,
) -> Transitions:
    """Keep the `limit` heaviest entries of each CSR row."""
    lengths = np.diff(starts)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    order = np.lexsort((targets, -weights, rows))
    rank = np.arange(len(rows)) - np.repeat(starts[:-1], lengths)
    kept = order[rank < limit]
    kept = kept[np.lexsort((targets[kept], rows[kept]))]
    return Transitions(
        starts=np.concatenate([[0], np.cumsum(np.minimum(lengths, limit))]).astype(np.int64),
        targets=targets[kept].astype(np.int32),
        weights=weights[kept].astype(np.float32),
    )
