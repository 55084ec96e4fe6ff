"""Least squares for the rows of a factorisation, each with a ridge of its own, compiled.

Conjugate gradients from where the row stands (Takács, Pilászy, Tikk, “Applications of the Conjugate
Gradient Method for Implicit Feedback Collaborative Filtering”, 2011). The solver of `implicit` does
the same, but takes one ridge for all rows of a call and computes HᵀH in each: with a ridge per
count that is a hundred calls. `benchmarks/recommender_solvers.py` holds the choices side by side.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

STEPS = 3
"""Of conjugate gradients; the next iteration goes on from where these end."""
SOLVED = np.float32(1e-20)
"""Squared length of what is missing at which nothing is."""
BLOCKS = 8
"""Pieces of work per thread, so that none waits long for the last."""


def solve_rows(
    matrix: Any,
    ridge: NDArray[np.float32],
    solved: NDArray[np.float32],
    against: NDArray[np.float32],
    threads: int,
) -> None:
    """Improve `solved` [rows, d] in place towards (HᵀH + Σ (c - 1) h hᵀ + ridge I) x = Σ c h.

    One ridge for all rows is `implicit`'s case, and is left to it.

    Args:
        matrix: CSR float32 [rows, columns] of confidences c.
        ridge: float32 [rows].
        solved: float32 [rows, d], where the search begins; rows without entries become 0.
        against: float32 [columns, d], H.
        threads: how many work on it; the outcome is the same for any number.
    """
    if len(ridge) and ridge.min() == ridge.max():
        _solve_evenly(matrix, ridge[0], solved, against, threads)
        return
    kernel = _compiled()
    gram = against.T @ against
    starts = matrix.indptr.astype(np.int64)
    columns, confidences = matrix.indices.astype(np.int32), matrix.data.astype(np.float32)
    threads = max(1, min(threads, os.cpu_count() or 1))
    # Equal shares of entries, counting the work that a row costs by itself as well.
    work = starts + np.arange(len(starts)) * against.shape[1]
    shares = np.linspace(0, work[-1], threads * BLOCKS + 1)
    bounds = np.searchsorted(work, shares)
    bounds[0], bounds[-1] = 0, len(ridge)

    def solve(block: int) -> None:
        first, last = int(bounds[block]), int(bounds[block + 1])
        kernel(starts, columns, confidences, ridge, solved, against, gram, first, last)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(solve, range(threads * BLOCKS)))


def _solve_evenly(
    matrix: Any,
    ridge: np.float32,
    solved: NDArray[np.float32],
    against: NDArray[np.float32],
    threads: int,
) -> None:
    from implicit.cpu import _als  # noqa: PLC0415  # the solver is heavy and only training needs it
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

    with threadpool_limits(1, "blas"):
        _als._least_squares_cg(  # noqa: SLF001  # the public class would draw factors of its own
            matrix.indptr,
            matrix.indices,
            matrix.data,
            solved,
            against,
            ridge,
            num_threads=threads,
            cg_steps=STEPS,
        )


@cache
def _compiled() -> Callable[..., None]:
    """The kernel for rows `first` to `last`; it lets other threads run.

    Sums may be reordered by the compiler (`reassoc`), always in the same way. Compiled code is kept
    where that can be written to.
    """
    import numba  # noqa: PLC0415  # only training needs it

    options: dict[str, Any] = {"nogil": True, "fastmath": {"reassoc", "nsz"}}
    try:
        compiled: Callable[..., None] = numba.njit(cache=True, **options)(_solve_block)
    except RuntimeError:
        compiled = numba.njit(**options)(_solve_block)
    return compiled


def _solve_block(  # noqa: C901, PLR0912  # plain loops are what compiles to something fast
    starts: NDArray[np.int64],
    columns: NDArray[np.int32],
    confidences: NDArray[np.float32],
    ridge: NDArray[np.float32],
    solved: NDArray[np.float32],
    against: NDArray[np.float32],
    gram: NDArray[np.float32],
    first: int,
    last: int,
) -> None:
    size = against.shape[1]
    image = np.empty(size, np.float32)
    residual = np.empty(size, np.float32)
    direction = np.empty(size, np.float32)
    for row in range(first, last):
        x = solved[row]
        if starts[row] == starts[row + 1]:
            x[:] = 0
            continue
        length = np.float32(0)
        # The first turn finds what is missing where the row stands, the others go there.
        for turn in range(STEPS + 1):
            moved = x if turn == 0 else direction
            for j in range(size):
                image[j] = ridge[row] * moved[j]
            for i in range(size):
                for j in range(size):
                    image[j] += gram[i, j] * moved[i]
            for place in range(starts[row], starts[row + 1]):
                h = against[columns[place]]
                dot = np.float32(0)
                for i in range(size):
                    dot += h[i] * moved[i]
                amount = (confidences[place] - np.float32(1)) * dot
                if turn == 0:
                    amount -= confidences[place]
                for i in range(size):
                    image[i] += amount * h[i]
            before = length
            if turn > 0:
                curvature = np.float32(0)
                for i in range(size):
                    curvature += direction[i] * image[i]
                step = length / curvature
                for i in range(size):
                    x[i] += step * direction[i]
                    residual[i] -= step * image[i]
            else:
                for i in range(size):
                    residual[i] = -image[i]
            length = np.float32(0)
            for i in range(size):
                length += residual[i] * residual[i]
            if length < SOLVED:
                break
            turned = length / before if turn > 0 else np.float32(0)
            for i in range(size):
                direction[i] = residual[i] + turned * direction[i] if turn > 0 else residual[i]
