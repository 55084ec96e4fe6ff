"""Implicit-feedback matrix factorisation.

Hu, Koren, Volinsky, “Collaborative Filtering for Implicit Feedback Datasets” (2008), with the
frequency-scaled regularisation of Rendle et al., “Revisiting the Performance of iALS on Item
Recommendation Benchmarks” (2021). With c the confidence of an interaction, H the item factors,
n the rows solved against and s(k) = (k + n / (c - 1))^nu / mean, a row x with the items S solves

    (HᵀH + (c - 1) Σ_S h hᵀ + l s(|S|) I) x = c Σ_S h

nu = 0 is the convention of `implicit`. `solving` solves the rows, each with its own l s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marquee_recommender.engine.solving import solve_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from marquee_recommender.engine.parameters import Parameters

CONVENTION = (
    "(HtH + (c-1) sum w h ht + l s(sum w) I) x = c sum w h; s(k) = ((k + offset) / norm)^nu"
)


@dataclass(frozen=True, slots=True)
class Factors:
    """Item factors with all that a fold-in needs to follow the training's convention.

    Attributes:
        items: float32 [items, d].
        gram: float32 [d, d], HᵀH over the items with interactions.
        offset, norm: constants of s, from the user side.
    """

    items: NDArray[np.float32]
    gram: NDArray[np.float32]
    confidence: float
    regularization: float
    power: float
    offset: float
    norm: float
    engine: str = "implicit"
    """What trained them: `implicit` or `spark`, see there."""

    def scale(self, strength: Any) -> Any:
        """The module's s(k), for the summed weights of one or many histories."""
        return ((strength + self.offset) / self.norm) ** self.power

    def system(
        self, codes: NDArray[np.int64], weights: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Normal equations of one history: A [d, d] and the films' columns of b, [n, d].

        The sum of the columns is b, so `h_j A⁻¹ column_i` is exactly what film i gives item j.
        """
        rows: NDArray[np.float32] = self.items[codes]
        strength = np.abs(weights)
        weighted = rows * (np.float32(self.confidence - 1) * strength)[:, None]
        matrix = (self.gram + weighted.T @ rows).astype(np.float32, copy=False)
        ridge = self.regularization * self.scale(strength.sum())
        matrix[np.diag_indices_from(matrix)] += np.float32(ridge)
        columns: NDArray[np.float32] = rows * np.float32(self.confidence) * weights[:, None]
        return matrix, columns

    def fold_in(
        self, codes: NDArray[np.int64], weights: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The user vector [d] of a history; films without factors are left out.

        Zero when none is left.
        """
        trained = codes < len(self.items)
        codes, weights = codes[trained], weights[trained]
        if not len(codes):
            return np.zeros(self.items.shape[1], dtype=np.float32)
        matrix, columns = self.system(codes, weights)
        return np.linalg.solve(matrix, columns.sum(axis=0))

    def solve(self, codes: NDArray[np.int64], weights: NDArray[np.float32]) -> Solved:
        """The fold-in with all that explaining it takes."""
        shape = (len(codes), self.items.shape[1])
        rows, sides = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
        trained = codes < len(self.items)
        rows[trained] = self.items[codes[trained]]
        matrix, sides[trained] = self.system(codes[trained], weights[trained])
        inverse = np.linalg.inv(matrix)
        return Solved(rows, sides, inverse, inverse @ sides.sum(axis=0))


@dataclass(frozen=True, slots=True)
class Solved:
    """A fold-in kept open.

    Attributes:
        rows: float32 [films, d], item factors of the films, zero where there are none.
        sides: float32 [films, d], the films' columns of the right-hand side.
        inverse: float32 [d, d] of the normal equations; user: float32 [d].
    """

    rows: NDArray[np.float32]
    sides: NDArray[np.float32]
    inverse: NDArray[np.float32]
    user: NDArray[np.float32]


def train_factors(
    matrix: Any,
    parameters: Parameters,
    progress: Callable[[int, int], None] | None = None,
) -> Factors:
    """Factorise a CSR float32 matrix [users, items] of preferences above 0.

    `progress` is called with (iteration done, iterations).
    """
    random = np.random.default_rng(parameters.seed)
    users = matrix.copy()
    users.data = users.data * np.float32(parameters.confidence)
    items = users.T.tocsr()
    spread = 0.1 / np.sqrt(parameters.factors)
    shapes = [(count, parameters.factors) for count in users.shape]
    user_factors, item_factors = (
        random.normal(0, spread, shape).astype(np.float32) for shape in shapes
    )
    user_scales, item_scales = (_Scales.of(rows, parameters) for rows in (users, items))
    for iteration in range(parameters.iterations):
        solve_rows(users, user_scales.ridge, user_factors, item_factors, parameters.threads)
        solve_rows(items, item_scales.ridge, item_factors, user_factors, parameters.threads)
        if progress:
            progress(iteration + 1, parameters.iterations)
    return Factors(
        items=item_factors,
        gram=item_factors.T @ item_factors,
        confidence=parameters.confidence,
        regularization=parameters.regularization,
        power=parameters.frequency_power,
        offset=user_scales.offset,
        norm=user_scales.norm,
    )


@dataclass(frozen=True, slots=True)
class _Scales:
    """How much each row of one side is regularised: l s(count), float32 [rows]."""

    ridge: NDArray[np.float32]
    offset: float
    norm: float

    @classmethod
    def of(cls, rows: Any, parameters: Parameters) -> _Scales:
        counts = np.diff(rows.indptr).astype(np.float64)
        offset = rows.shape[1] / (parameters.confidence - 1)
        norm = float(counts.mean() + offset)
        scales = ((counts + offset) / norm) ** parameters.frequency_power
        return cls((parameters.regularization * scales).astype(np.float32), offset, norm)
