from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from marquee_recommender.engine import Parameters
from marquee_recommender.engine.linear import train_linear


def matrix() -> sparse.csr_matrix:
    random = np.random.default_rng(5)
    return sparse.csr_matrix((random.random((80, 25)) < 0.3).astype(np.float32))


@pytest.mark.parametrize(("dropout", "power"), [(0.0, 0.0), (0.5, 0.0), (0.3, 0.8)])
def test_weights_are_the_closed_form(dropout: float, power: float) -> None:
    settings = Parameters(linear_l2=10, linear_dropout=dropout, linear_user_power=power)
    dense = matrix().toarray().astype(np.float64)
    lengths = dense.sum(axis=1)
    weight = (np.maximum(lengths, 1) / lengths.mean()) ** -power
    gram = dense.T @ (dense * weight[:, None])
    ridge = 10 + dropout / (1 - dropout) * np.diag(gram)
    inverse = np.linalg.inv(gram + np.diag(ridge))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(train_linear(matrix(), settings), expected, atol=1e-4)


def test_large_catalogs_are_shortlisted() -> None:
    weights = train_linear(matrix(), Parameters(linear_items=10, linear_l2=10))
    assert weights.shape == (10, 10)
    assert weights.dtype == np.float32
    assert not np.diag(weights).any()
