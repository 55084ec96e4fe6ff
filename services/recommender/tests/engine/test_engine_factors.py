from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from marquee_recommender.engine import Parameters
from marquee_recommender.engine.factors import train_factors
from marquee_recommender.engine.solving import solve_rows


def by_count(rows: int = 60, columns: int = 40, seed: int = 0) -> Any:
    """A random 0/1 matrix with its columns in falling order of their counts."""
    random = np.random.default_rng(seed)
    dense = random.random((rows, columns)) < np.linspace(0.5, 0.05, columns)
    dense = dense[:, np.argsort(-dense.sum(axis=0), kind="stable")]
    return sparse.csr_matrix(dense.astype(np.float32))


def reference(matrix: Any, parameters: Parameters, sweeps: int) -> np.ndarray[Any, Any]:
    """Predictions of alternating exact solutions of the module's formula, in float64."""
    dense = matrix.toarray().astype(np.float64)
    random = np.random.default_rng(1)
    sides = [random.normal(0, 0.05, (n, parameters.factors)) for n in dense.shape]
    confidence, ridge = parameters.confidence, parameters.regularization
    for _ in range(sweeps):
        for side, data in ((0, dense), (1, dense.T)):
            other = sides[1 - side]
            counts = data.sum(axis=1)
            offset = data.shape[1] / (confidence - 1)
            scales = ((counts + offset) / (counts.mean() + offset)) ** parameters.frequency_power
            for row in range(len(data)):
                weighted = other * ((confidence - 1) * data[row])[:, None]
                left = other.T @ other + weighted.T @ other
                left += ridge * scales[row] * np.eye(parameters.factors)
                sides[side][row] = np.linalg.solve(left, confidence * (data[row] @ other))
    return sides[0] @ sides[1].T


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_training_reaches_the_fixed_point_of_the_formula(power: float) -> None:
    matrix = by_count()
    settings = Parameters(
        factors=4, confidence=5, regularization=2, frequency_power=power, iterations=200, threads=1
    )
    factors = train_factors(matrix, settings)
    vectors = np.stack(
        [factors.fold_in(row.indices, row.data) for row in (matrix[u] for u in range(60))]
    )
    # Factors are unique up to rotation only; the predictions are what must agree.
    expected = reference(matrix, settings, 200)
    error = vectors @ factors.items.T - expected
    assert np.sqrt((error**2).mean()) < 1e-5
    assert np.sqrt((expected**2).mean()) > 0.3


def test_without_frequency_scaling_it_is_what_implicit_computes() -> None:
    from implicit.als import AlternatingLeastSquares

    matrix = by_count()
    settings = Parameters(factors=6, confidence=4, regularization=3, frequency_power=0, threads=1)
    factors = train_factors(matrix, settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # implicit warns of BLAS threads whatever we set
        library = AlternatingLeastSquares(factors=6, regularization=3, alpha=4, num_threads=1)
    library.item_factors = factors.items
    for user in range(5):
        row = matrix[user]
        theirs = library.recalculate_user(0, row)
        ours = factors.fold_in(row.indices, row.data)
        np.testing.assert_allclose(ours, theirs, atol=2e-4)


def test_a_dislike_pulls_the_vector_away_from_the_film() -> None:
    factors = train_factors(by_count(), Parameters(factors=6, threads=1))
    codes = np.array([3, 8])
    liked = factors.fold_in(codes, np.array([1, 1], np.float32)) @ factors.items[8]
    disliked = factors.fold_in(codes, np.array([1, -1], np.float32)) @ factors.items[8]
    unknown = factors.fold_in(codes[:1], np.array([1], np.float32)) @ factors.items[8]
    assert disliked < unknown < liked


def test_the_same_seed_gives_the_same_factors() -> None:
    settings = Parameters(factors=5, threads=2)
    first, second = (train_factors(by_count(), settings).items for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_rows_are_solved_alike_on_any_number_of_threads() -> None:
    random = np.random.default_rng(0)
    matrix = sparse.random(300, 80, 0.1, "csr", np.float32, random)
    matrix.data = matrix.data * 4 + 1
    against = random.normal(0, 1, (80, 16)).astype(np.float32)
    ridge = random.uniform(1, 9, 300).astype(np.float32)
    start = random.normal(0, 1, (300, 16)).astype(np.float32)
    found = []
    for threads in (1, 2, 5):
        solved = start.copy()
        solve_rows(matrix, ridge, solved, against, threads)
        found.append(solved)
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
    for _ in range(20):
        solve_rows(matrix, ridge, solved, against, 2)
    for row in range(0, 300, 30):
        own = slice(matrix.indptr[row], matrix.indptr[row + 1])
        rows, confidences = against[matrix.indices[own]], matrix.data[own]
        left = against.T @ against + rows.T @ (rows * (confidences - 1)[:, None])
        exact = np.linalg.solve(left + ridge[row] * np.eye(16), confidences @ rows)
        np.testing.assert_allclose(solved[row], exact, atol=1e-4)
