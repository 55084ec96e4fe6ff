"""The linear item-item model in closed form.

EASE: Steck, “Embarrassingly Shallow Autoencoders for Sparse Data” (2019). EDLAE: Steck,
“Autoencoders that don't overfit towards the Identity” (2020), which adds dropout p as the ridge
p / (1 - p) · diag(XᵀX).

Where interactions have times, XᵀX is mixed with Σ_u Σ_ij decay^|steps between i and j|, in which
two films of one user count by how near they were met. That kernel is positive definite, so the
solution keeps its closed form; a person's taste moves, and what was met in one sitting says more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marquee_recommender.engine.parameters import Parameters

Timeline = tuple["NDArray[np.int32]", "NDArray[np.int32]"]

USERS = 1000
"""Users for whom `linear_l2` is the ridge as it stands."""
NEGLIGIBLE = 0.02
"""Nearness at which two films no longer count as near."""
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


def near_gram(met: Timeline, items: int, decay: float) -> NDArray[np.float32]:
    """Σ_u Σ_ij decay^|steps between i and j| of the first `items` items, float32, Fortran order."""
    users, codes = met
    total = np.zeros(items * items, dtype=np.float32)
    listed = codes < items
    for lag in range(1, int(np.log(NEGLIGIBLE) / np.log(decay)) + 1):
        same = users[lag:] == users[:-lag]
        if not same.any():
            break
        same &= listed[lag:] & listed[:-lag]
        pairs = codes[:-lag][same].astype(np.int64) * items + codes[lag:][same]
        total += np.float32(decay**lag) * np.bincount(pairs, minlength=len(total))
    forward = total.reshape(items, items)
    gram = np.asfortranarray(forward + forward.T)
    gram[np.diag_indices(items)] += np.bincount(codes[listed], minlength=items)
    return gram


def train_linear(
    matrix: Any, parameters: Parameters, met: Timeline | None = None
) -> NDArray[np.float32]:
    """Weights B [s, s] of the first s items: score_j = Σ_i w_i B[i, j]; the diagonal is 0.

    Args:
        matrix: CSR [users, items]. A user with many films says less with each: rows are weighted
            by (films / mean)^-power.
        parameters: see `Parameters`.
        met: users and item codes in the order of `sequence.timeline`, None without times.
    """
    items = min(parameters.linear_items, matrix.shape[1])
    gram = gram_matrix(weighted(matrix, parameters.linear_user_power), items)
    if met is not None and parameters.linear_near_share:
        gram = mixed(gram, near_gram(met, items, parameters.linear_near_decay), parameters)
    return solve_linear(gram, parameters, matrix.shape[0])


def mixed(
    gram: NDArray[np.float32], near: NDArray[np.float32], parameters: Parameters
) -> NDArray[np.float32]:
    """Both grams by `linear_near_share`, in a new array of Fortran order."""
    share = np.float32(parameters.linear_near_share)
    found: NDArray[np.float32] = np.asfortranarray(gram * (1 - share))
    found += share * near
    return found


def weighted(matrix: Any, power: float) -> Any:
    """A copy of a CSR matrix whose rows count by their length to the power of `-power`."""
    lengths = np.diff(matrix.indptr)
    typical = max(float(lengths.mean()), 1.0)
    scale = (np.maximum(lengths, 1) / typical) ** (-power / 2)
    scaled = matrix.copy()
    scaled.data = scaled.data * np.repeat(scale, lengths).astype(np.float32)
    return scaled


def solve_linear(
    gram: NDArray[np.float32], parameters: Parameters, users: int
) -> NDArray[np.float32]:
    """B from XᵀX, which is overwritten; the ridge grows with the root of the users."""
    from scipy.linalg import lapack  # noqa: PLC0415  # serving never solves this

    diagonal = np.diag_indices_from(gram)
    dropout = parameters.linear_dropout
    counts = gram[diagonal].copy()
    ridge = parameters.linear_l2 * (users / USERS) ** 0.5
    gram[diagonal] += ridge + dropout / (1 - dropout) * counts
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
