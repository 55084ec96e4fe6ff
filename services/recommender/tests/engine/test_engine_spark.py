from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import sparse

from marquee_recommender.engine import Interactions, Items, Model, Parameters, Profile, train
from marquee_recommender.engine.factors import Factors
from marquee_recommender.engine.profiles import Event
from marquee_recommender.engine.spark import SparkMissing, train_factors_on_spark

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = Parameters(factors=6, iterations=8, spark_alpha=4.0, spark_regularization=0.05)


def rows() -> sparse.csr_matrix:
    random = np.random.default_rng(3)
    dense = random.random((60, 30)) < np.linspace(0.5, 0.15, 30)
    dense[0] = True
    return sparse.csr_matrix(dense.astype(np.float32))


def installed() -> bool:
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return False
    return shutil.which("java") is not None


needs_spark = pytest.mark.skipif(
    not installed(), reason="needs Java and marquee-recommender[spark]"
)


def test_the_recipe_of_spark_is_solved_as_it_stands() -> None:
    random = np.random.default_rng(0)
    items = random.normal(size=(20, 4)).astype(np.float32)
    alpha, reg = 3.0, 0.1
    factors = Factors(items, items.T @ items, 1 + alpha, reg, 1.0, 0.0, 1.0, "spark")
    codes = np.array([2, 5, 11])
    chosen = items[codes].astype(np.float64)
    left = items.T @ items + alpha * chosen.T @ chosen + reg * len(codes) * np.eye(4)
    expected = np.linalg.solve(left, (1 + alpha) * chosen.sum(axis=0))
    found = factors.fold_in(codes, np.ones(3, np.float32))
    np.testing.assert_allclose(found, expected, rtol=1e-3)


@pytest.mark.skipif(installed(), reason="pyspark is here")
def test_without_pyspark_it_says_what_to_install() -> None:
    with pytest.raises(SparkMissing, match="spark"):
        train_factors_on_spark(rows(), SETTINGS)


@needs_spark
@pytest.mark.filterwarnings("ignore")
def test_the_fold_in_reproduces_the_user_vectors_of_spark(tmp_path: Path) -> None:
    from pyspark.ml.recommendation import ALS, ALSModel

    seen: list[tuple[list[int], list[list[float]]]] = []
    fit = ALS.fit

    def watched(self: ALS, data: object) -> ALSModel:
        model = fit(self, data)
        users = model.userFactors.collect()
        seen.append(([row["id"] for row in users], [list(row["features"]) for row in users]))
        return model

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ALS, "fit", watched)
        factors = train_factors_on_spark(rows(), SETTINGS, folder=tmp_path)
    # Spark solves users before items in each round, so its users belong to the items before the
    # last step; after enough rounds both have settled.
    matrix = rows()
    theirs = np.array(seen[0][1])[np.argsort(seen[0][0])]
    ours = np.stack(
        [
            factors.fold_in(matrix[user].indices.astype(np.int64), matrix[user].data)
            for user in range(matrix.shape[0])
        ]
    )
    error = np.abs((ours - theirs) @ factors.items.T).mean()
    assert error < 0.03 * np.abs(theirs @ factors.items.T).mean()
    assert list(tmp_path.iterdir()) == []


@needs_spark
@pytest.mark.filterwarnings("ignore")
def test_the_artifact_is_the_same_kind(
    interactions: Interactions, items: Items, parameters: Parameters, tmp_path: Path
) -> None:
    settings = parameters.but(iterations=3)
    factorise = partial(train_factors_on_spark, master="local[2]")
    model = train(interactions, items, settings, factorise=factorise)
    manifest = model.save(tmp_path / "model")
    assert manifest["engine"] == "spark"
    loaded = Model.load(tmp_path / "model")
    assert loaded.factors.engine == "spark"
    found = [each.item for each in loaded.recommend(Profile([Event(100, value=5.0)]), 5)]
    assert sum(item in range(100, 131) for item in found) >= 4
