"""The linear item-item model in closed form.

EASE: Steck, “Embarrassingly Shallow Autoencoders for Sparse Data” (2019). EDLAE: Steck,
“Autoencoders that don't overfit towards the Identity” (2020), which adds dropout p as the ridge
p / (1 - p) · diag(XᵀX).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marquee_recommender.engine.parameters import Parameters

BLOCK = 1024
"""Users multiplied at a time, dense: bounds memory at BLOCK · items floats."""


def gram_matrix(matrix: Any, items: int) -> NDArray[np.float32]:
    """XᵀX of the first `items` columns of a CSR matrix [users, items], float32, Fortran order."""
    shortlist = matrix[:, :items]
    gram = np.zeros((items, items), dtype=np.float32, order="F")
    for start in range(0, shortlist.shape[0], BLOCK):
        block = shortlist[start : start + BLOCK].toarray()
        gram += block.T @ block
    return gram


def train_linear(matrix: Any, parameters: Parameters) -> NDArray[np.float32]:
    """Weights B [s, s] of the first s items: score_j = Σ_i w_i B[i, j]; the diagonal is 0.

    A user with many films says less with each: rows are weighted by (films / mean)^-power.
    """
    items = min(parameters.linear_items, matrix.shape[1])
    return solve_linear(
        gram_matrix(weighted(matrix, parameters.linear_user_power), items), parameters
    )


def weighted(matrix: Any, power: float) -> Any:
    """A copy of a CSR matrix whose rows count by their length to the power of `-power`."""
    lengths = np.diff(matrix.indptr)
    typical = max(float(lengths.mean()), 1.0)
    scale = (np.maximum(lengths, 1) / typical) ** (-power / 2)
    scaled = matrix.copy()
    scaled.data = scaled.data * np.repeat(scale, lengths).astype(np.float32)
    return scaled


def solve_linear(gram: NDArray[np.float32], parameters: Parameters) -> NDArray[np.float32]:
    """B from XᵀX, which is overwritten."""
    from scipy.linalg import lapack  # noqa: PLC0415  # serving never solves this

    diagonal = np.diag_indices_from(gram)
    dropout = parameters.linear_dropout
    counts = gram[diagonal].copy()
    gram[diagonal] += parameters.linear_l2 + dropout / (1 - dropout) * counts
    factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1)
    if failed:
        raise FloatingPointError(f"the item-item matrix is not positive definite ({failed})")
    inverse, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    return _weights(inverse)


def _weights(lower: NDArray[np.float32]) -> NDArray[np.float32]:
    """-P / diag(P) by column from the lower triangle of P, C order, zero diagonal."""
    full = np.tril(lower, -1)
    full += full.T
    full = np.ascontiguousarray(full)
    full /= -lower.diagonal()[None, :]
    return full
