"""Implicit-feedback matrix factorisation on the compiled solver of `implicit`.

Hu, Koren, Volinsky, “Collaborative Filtering for Implicit Feedback Datasets” (2008), with the
frequency-scaled regularisation of Rendle et al., “Revisiting the Performance of iALS on Item
Recommendation Benchmarks” (2021). With c the confidence of an interaction, H the item factors,
n the rows solved against and s(k) = (k + n / (c - 1))^nu / mean, a row x with the items S solves

    (HᵀH + (c - 1) Σ_S h hᵀ + l s(|S|) I) x = c Σ_S h

nu = 0 is the convention of `implicit` itself. Rows are solved in groups whose s differ by less
than `SCALE_STEP`, since the solver takes one regularisation per call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from marquee_recommender.engine.parameters import Parameters

CONVENTION = (
    "(HtH + (c-1) sum w h ht + l s(sum w) I) x = c sum w h; s(k) = ((k + offset) / norm)^nu"
)
SCALE_STEP = 1.02


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


def scale_groups(scales: NDArray[np.float64]) -> Iterator[tuple[int, int, float]]:
    """Split ascending or descending scales into runs within `SCALE_STEP`: (start, end, scale)."""
    start = 0
    while start < len(scales):
        low, high = scales[start] / SCALE_STEP, scales[start] * SCALE_STEP
        outside = np.flatnonzero((scales[start:] < low) | (scales[start:] > high))
        end = start + int(outside[0]) if len(outside) else len(scales)
        yield start, end, float(scales[start:end].mean())
        start = end


def train_factors(
    matrix: Any,
    parameters: Parameters,
    progress: Callable[[int, int], None] | None = None,
) -> Factors:
    """Factorise a CSR float32 matrix [users, items] of preferences above 0.

    Args:
        matrix: items must be in descending order of their counts, which makes groups contiguous.
        parameters: see `Parameters`.
        progress: called with (iteration done, iterations).
    """
    from implicit.cpu import _als  # noqa: PLC0415  # the solver is heavy and only training needs it
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

    random = np.random.default_rng(parameters.seed)
    alpha = parameters.confidence - 1
    power = parameters.frequency_power
    order = np.argsort(np.diff(matrix.indptr), kind="stable")
    users = matrix[order]
    users.data = users.data * np.float32(parameters.confidence)
    items = users.T.tocsr()
    sides = []
    for rows in (users, items):
        counts = np.diff(rows.indptr).astype(np.float64)
        offset = rows.shape[1] / alpha
        norm = float(counts.mean() + offset)
        groups = list(scale_groups(((counts + offset) / norm) ** power))
        sides.append((rows, groups, offset, norm))
    shape = (users.shape[0], parameters.factors)
    spread = 0.1 / np.sqrt(parameters.factors)
    user_factors = random.normal(0, spread, shape).astype(np.float32)
    item_factors = random.normal(0, spread, (users.shape[1], shape[1])).astype(np.float32)
    with threadpool_limits(1, "blas"):
        for iteration in range(parameters.iterations):
            for (rows, groups, _, _), solved, against in (
                (sides[0], user_factors, item_factors),
                (sides[1], item_factors, user_factors),
            ):
                for start, end, scale in groups:
                    _als._least_squares_cg(  # noqa: SLF001  # the public class has one l for all rows
                        rows.indptr[start : end + 1],
                        rows.indices,
                        rows.data,
                        solved[start:end],
                        against,
                        np.float32(parameters.regularization * scale),
                        num_threads=parameters.threads,
                        cg_steps=3,
                    )
            if progress:
                progress(iteration + 1, parameters.iterations)
    return Factors(
        items=item_factors,
        gram=item_factors.T @ item_factors,
        confidence=parameters.confidence,
        regularization=parameters.regularization,
        power=power,
        offset=sides[0][2],
        norm=sides[0][3],
    )
