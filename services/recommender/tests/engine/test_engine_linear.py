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
    ridge = 10 * (80 / 1000) ** 0.5 + dropout / (1 - dropout) * np.diag(gram)
    np.testing.assert_allclose(
        train_linear(matrix(), settings), closed_form(gram, ridge), atol=1e-4
    )


def closed_form(gram: np.ndarray, ridge: np.ndarray) -> np.ndarray:
    """The item-item weights in float64, by the formula of the papers."""
    inverse = np.linalg.inv(gram + np.diag(ridge))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    return expected


def test_films_met_near_each_other_count_more() -> None:
    random = np.random.default_rng(2)
    items, share, decay = 12, 0.7, 0.6
    histories = [random.permutation(items)[: random.integers(4, items)] for _ in range(30)]
    users = np.repeat(np.arange(30), [len(h) for h in histories]).astype(np.int32)
    codes = np.concatenate(histories).astype(np.int32)
    rows = sparse.csr_matrix((np.ones(len(codes), np.float32), (users, codes)), (30, items))
    near = np.zeros((items, items))
    for history in histories:
        for i, one in enumerate(history):
            for j, other in enumerate(history):
                weight = decay ** abs(i - j)
                near[one, other] += weight if weight >= 0.02 else 0
    dense = rows.toarray().astype(np.float64)
    gram = share * near + (1 - share) * dense.T @ dense
    settings = Parameters(
        linear_l2=10,
        linear_user_power=0,
        linear_near_share=share,
        linear_near_decay=decay,
    )
    ridge = 10 * (30 / 1000) ** 0.5 + np.diag(gram)  # dropout .5 adds the diagonal once
    found = train_linear(rows, settings, (users, codes))
    np.testing.assert_allclose(found, closed_form(gram, ridge), atol=1e-4)
    shortlist = train_linear(rows, settings.but(linear_items=5), (users, codes))
    expected = closed_form(gram[:5, :5], ridge[:5])
    np.testing.assert_allclose(shortlist, expected, atol=1e-4)


def test_large_catalogs_are_shortlisted() -> None:
    weights = train_linear(matrix(), Parameters(linear_items=10, linear_l2=10))
    assert weights.shape == (10, 10)
    assert weights.dtype == np.float32
    assert not np.diag(weights).any()
