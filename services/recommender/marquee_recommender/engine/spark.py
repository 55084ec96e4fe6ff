"""The factorisation on Spark, for data that has outgrown one machine; the artifact is the same.

`pyspark.ml.recommendation.ALS` with `implicitPrefs` has conventions of its own: its alpha is one
less than that of `implicit`, and its `regParam` is multiplied by the row's count. With
c = 1 + alpha, s(k) = k and l = regParam that is the fold-in of `factors`:

    (HᵀH + alpha Σ h hᵀ + regParam n I) x = (1 + alpha) Σ h

so `Factors` carries these and serving solves Spark's own user vectors. No setting is shared with
the other engine.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from marquee_recommender.engine.errors import EngineError
from marquee_recommender.engine.factors import Factors

if TYPE_CHECKING:
    from collections.abc import Callable

    from marquee_recommender.engine.parameters import Parameters

ENGINE = "spark"
CODED = "coded.parquet"


class SparkMissing(EngineError):  # noqa: N818 - named after the thing that is wrong
    """`TRAINER=spark` where pyspark is not installed."""


def write_coded(matrix: Any, path: Path) -> None:
    """Write a CSR matrix as Parquet `user int32, item int32, value float32`."""
    import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415 - only training writes
    from pyarrow import parquet  # noqa: PLC0415

    users = np.repeat(np.arange(matrix.shape[0], dtype=np.int32), np.diff(matrix.indptr))
    columns = {"user": users, "item": matrix.indices.astype(np.int32), "value": matrix.data}
    parquet.write_table(pa.table(columns), path)


def train_factors_on_spark(
    matrix: Any,
    parameters: Parameters,
    progress: Callable[[int, int], None] | None = None,
    *,
    master: str = "local[2]",
    folder: Path | None = None,
) -> Factors:
    """Factorise a CSR float32 matrix [users, items] of preferences above 0 on Spark.

    Args:
        matrix: every row of `items` has at least one entry.
        parameters: `factors`, `iterations`, `seed`, `spark_alpha`, `spark_regularization`.
        progress: called before and after; Spark tells nothing in between.
        master: such as `local[2]` or `spark://host:7077`.
        folder: where the interactions are handed over, seen by the executors under the same
            name; a temporary one on this machine by default.

    Raises:
        SparkMissing: pyspark is not installed.
    """
    try:
        from pyspark.ml.recommendation import ALS  # noqa: PLC0415 - optional, and heavy
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ImportError as error:
        raise SparkMissing("TRAINER=spark needs pyspark: install marquee-recommender[spark]") from (
            error
        )
    if progress:
        progress(0, 1)
    with tempfile.TemporaryDirectory(dir=folder) as exchange:
        path = Path(exchange) / CODED
        write_coded(matrix, path)
        session = (
            SparkSession.builder.master(master)
            .appName("marquee-recommender")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.execution.arrow.pyspark.enabled", "false")
            .getOrCreate()
        )
        try:
            als = ALS(
                rank=parameters.factors,
                maxIter=parameters.iterations,
                regParam=parameters.spark_regularization,
                alpha=parameters.spark_alpha,
                implicitPrefs=True,
                userCol="user",
                itemCol="item",
                ratingCol="value",
                seed=parameters.seed,
            )
            rows = als.fit(session.read.parquet(str(path))).itemFactors.collect()
        finally:
            session.stop()
    items = np.zeros((matrix.shape[1], parameters.factors), dtype=np.float32)
    items[[row["id"] for row in rows]] = [row["features"] for row in rows]
    if progress:
        progress(1, 1)
    return Factors(
        items=items,
        gram=items.T @ items,
        confidence=1 + parameters.spark_alpha,
        regularization=parameters.spark_regularization,
        power=1.0,
        offset=0.0,
        norm=1.0,
        engine=ENGINE,
    )
