"""Which solver of the factorisation: compiled with numba, batched BLAS, or `implicit` in groups.

All minimise the same loss with frequency-scaled regularisation (Rendle et al. 2021) from the same
start on the same synthetic, Zipf-like interactions, one after the other in one run: seconds an
iteration beside ours, and the loss reached. `implicit` takes one ridge a call, so its rows go in
groups whose ridges lie within two per cent; for comparison also with one ridge, in one call.

    python benchmarks/recommender_solvers.py [--interactions 200000] [--factors 128]
"""

import argparse
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numba
import numpy as np
from _interactions import shape_for, zipf_interactions
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy import sparse
from threadpoolctl import threadpool_limits

from marquee_recommender.engine import Parameters
from marquee_recommender.engine.solving import solve_rows

Array = NDArray[np.float32]
Solve = Callable[[Any, Array, Array, Array, float], None]
ITERATIONS = 4
STEP = 1.02
"""Ridges so near to one another go together in a call of `implicit`."""
BATCH = 4_000_000
"""Numbers gathered at a time by the batched solver."""
LIMIT = 256
"""Rows of like length that the batched solver takes at a time."""


@numba.njit(parallel=True, fastmath=True)
def _solve_rows(
    starts: Any, columns: Any, ridge: Any, solved: Any, against: Any, gram: Any, alpha: float
) -> None:
    size = against.shape[1]
    for row in numba.prange(len(starts) - 1):
        own = columns[starts[row] : starts[row + 1]]
        if len(own) == 0:
            solved[row] = 0
            continue
        rows = against[own]
        matrix = gram + np.float32(alpha) * (rows.T @ rows)
        side = np.zeros(size, np.float32)
        for place in range(len(own)):
            side += rows[place]
        for d in range(size):
            matrix[d, d] += ridge[row]
        solved[row] = np.linalg.solve(matrix, np.float32(alpha + 1) * side)


def by_numba(matrix: Any, ridge: Array, solved: Array, against: Array, alpha: float) -> None:
    """Row by row, each compiled and exact, rows in parallel."""
    gram = against.T @ against
    _solve_rows(matrix.indptr, matrix.indices, ridge, solved, against, gram, alpha)


def by_blas(matrix: Any, ridge: Array, solved: Array, against: Array, alpha: float) -> None:
    """Many rows of like length at a time: one batched product, one batched solution."""
    gram = against.T @ against
    size = against.shape[1]
    padded = np.vstack([against, np.zeros((1, size), np.float32)])
    lengths = np.diff(matrix.indptr)
    order = np.argsort(lengths, kind="stable")
    start = int(np.searchsorted(lengths[order], 1))
    solved[order[:start]] = 0
    diagonal = np.arange(size)
    while start < len(order):
        end = min(start + LIMIT, len(order))
        while end > start + 1 and (end - start) * size * int(lengths[order[end - 1]]) > BATCH:
            end = (start + end) // 2
        rows = order[start:end]
        longest = int(lengths[rows[-1]])
        codes = np.full((len(rows), longest), len(against))
        for place, row in enumerate(rows):
            codes[place, : lengths[row]] = matrix.indices[
                matrix.indptr[row] : matrix.indptr[row + 1]
            ]
        films = padded[codes]
        left = gram + np.float32(alpha) * np.matmul(films.transpose(0, 2, 1), films)
        left[:, diagonal, diagonal] += ridge[rows][:, None]
        right = np.float32(alpha + 1) * films.sum(axis=1)
        solved[rows] = np.linalg.solve(left, right[:, :, None])[:, :, 0]
        start = end


def ridges(matrix: Any, settings: Parameters) -> Array:
    """What is added to each row's diagonal: the formula in `engine.factors`, without groups."""
    counts = np.diff(matrix.indptr).astype(np.float64)
    offset = matrix.shape[1] / (settings.confidence - 1)
    scale = ((counts + offset) / (counts.mean() + offset)) ** settings.frequency_power
    return np.asarray(settings.regularization * scale, dtype=np.float32)


def loss(matrix: Any, users: Array, items: Array, settings: Parameters) -> float:
    """What all three minimise, over every user and item, observed or not."""
    rows, columns = matrix.nonzero()
    observed = np.concatenate(
        [
            np.einsum("nd,nd->n", users[rows[at : at + 100_000]], items[columns[at : at + 100_000]])
            for at in range(0, len(rows), 100_000)
        ]
    ).astype(np.float64)
    everything = float(np.einsum("ij,ij", users.T @ users, items.T @ items, dtype=np.float64))
    alpha = settings.confidence - 1
    # c (p - x)² over the observed instead of x², up to a constant.
    total = everything + alpha * float(observed @ observed)
    total -= 2 * settings.confidence * float(observed.sum())
    for side, factors in ((matrix, users), (matrix.T.tocsr(), items)):
        total += float(ridges(side, settings) @ (factors.astype(np.float64) ** 2).sum(axis=1))
    return total


def alternate(solve: Solve, matrix: Any, settings: Parameters) -> tuple[Array, Array]:
    """Train by one of the exact solvers."""
    random = np.random.default_rng(settings.seed)
    spread = 0.1 / np.sqrt(settings.factors)
    shapes = [(n, settings.factors) for n in matrix.shape]
    users, items = (random.normal(0, spread, shape).astype(np.float32) for shape in shapes)
    turned = matrix.T.tocsr()
    alpha = settings.confidence - 1
    own, other = ridges(matrix, settings), ridges(turned, settings)
    for _ in range(settings.iterations):
        solve(matrix, own, users, items, alpha)
        solve(turned, other, items, users, alpha)
    return users, items


def by_ours(matrix: Any, ridge: Array, solved: Array, against: Array, alpha: float) -> None:
    """Three steps of conjugate gradients a row, compiled: what the service does."""
    solve_rows(_confident(matrix, alpha), ridge, solved, against, Parameters().threads)


def by_groups(matrix: Any, ridge: Array, solved: Array, against: Array, alpha: float) -> None:
    """The same steps by `implicit`, for rows of like ridge at a time."""
    from implicit.cpu import _als  # noqa: PLC0415 - only where it is measured

    order = np.argsort(ridge, kind="stable")
    rows, kept = _confident(matrix[order], alpha), solved[order]
    groups = np.floor(np.log(ridge[order]) / np.log(STEP)).astype(np.int64)
    edges = [0, *(np.flatnonzero(np.diff(groups)) + 1).tolist(), len(order)]
    for start, end in pairwise(edges):
        _als._least_squares_cg(  # noqa: SLF001 - the public class has one ridge for all rows
            rows.indptr[start : end + 1],
            rows.indices,
            rows.data,
            kept[start:end],
            against,
            np.float32(ridge[order[start:end]].mean()),
            num_threads=Parameters().threads,
            cg_steps=3,
        )
    solved[order] = kept


def _confident(matrix: Any, alpha: float) -> Any:
    rows = matrix.copy()
    rows.data = np.full(len(rows.data), alpha + 1, dtype=np.float32)
    return rows


def main() -> None:
    """Run each solver on the same data and print them side by side."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--interactions", type=int, default=200_000)
    command.add_argument("--factors", type=int, default=128)
    options = command.parse_args()
    data = zipf_interactions(options.interactions, *shape_for(options.interactions))
    counts = np.bincount(data.items, minlength=len(data.item_ids))
    place = np.empty(len(counts), dtype=np.int64)
    place[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    shape = (len(data.user_ids), len(counts))
    ones = np.ones(len(data), dtype=np.float32)
    matrix = sparse.csr_matrix((ones, (data.users, place[data.items])), shape=shape)
    settings = Parameters(factors=options.factors, iterations=ITERATIONS, frequency_power=1.0)
    even = settings.but(frequency_power=0.0)
    solvers: dict[str, tuple[Solve, Parameters, int]] = {
        "numba, CG (ours)": (by_ours, settings, 1),
        "numba, exact": (by_numba, settings, 1),
        "batched BLAS, exact": (by_blas, settings, settings.threads),
        "implicit, CG in groups": (by_groups, settings, 1),
        "implicit, CG, one ridge for all": (by_groups, even, 1),
    }
    table = Table(
        title=f"{matrix.nnz:,} interactions, {shape[0]:,} x {shape[1]:,}, {options.factors} factors"
    )
    for name in ("solver", "s an iteration", "of ours", "loss"):
        table.add_column(name, justify="left" if name == "solver" else "right")
    ours = 0.0
    for name, (solve, chosen, threads) in solvers.items():
        # Threads of BLAS stay out of the way of threads over rows.
        with threadpool_limits(threads, "blas"):
            alternate(
                solve, matrix[:50], chosen.but(iterations=1)
            )  # compiled before it is measured
            started = time.perf_counter()
            users, items = alternate(solve, matrix, chosen)
            seconds = (time.perf_counter() - started) / ITERATIONS
        ours = ours or seconds
        reached = f"{loss(matrix, users, items, settings):,.0f}" if chosen is settings else ""
        table.add_row(name, f"{seconds:.2f}", f"{seconds / ours:.2f}", reached)
    Console().print(table)


if __name__ == "__main__":
    main()
