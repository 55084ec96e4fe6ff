"""Ranking metrics per user, and what they say over users with an interval.

`recall@k` is hits over relevant, `recall_capped@k` hits over min(k, relevant), `ndcg@k` has
binary gains and the ideal of min(k, relevant) hits. An interval is the percentile bootstrap over
users.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over users with its 95 % interval."""

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        """Plain JSON values, rounded to what a reader can use."""
        return {
            "value": round(self.value, 6),
            "low": round(self.low, 6),
            "high": round(self.high, 6),
        }


def hits(ranking: NDArray[np.int64], relevant: Sequence[NDArray[np.int64]]) -> NDArray[np.bool_]:
    """Whether each place [users, depth] of a ranking holds a relevant item."""
    return np.stack([np.isin(row, wanted) for row, wanted in zip(ranking, relevant, strict=True)])


def recall(found: NDArray[np.bool_], sizes: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """Hits among the first k over the number of relevant items, per user."""
    shares: NDArray[np.float64] = found[:, :k].sum(axis=1) / sizes
    return shares


def recall_capped(
    found: NDArray[np.bool_], sizes: NDArray[np.int64], k: int
) -> NDArray[np.float64]:
    """Hits among the first k over min(k, relevant), per user."""
    shares: NDArray[np.float64] = found[:, :k].sum(axis=1) / np.minimum(k, sizes)
    return shares


def ndcg(found: NDArray[np.bool_], sizes: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """Discounted gain of the first k over that of a perfect list, per user."""
    discounts = 1 / np.log2(np.arange(2, k + 2))
    reached = found[:, :k] @ discounts[: found.shape[1]]
    ideal = np.cumsum(discounts)[np.minimum(k, sizes) - 1]
    gains: NDArray[np.float64] = reached / ideal
    return gains


def estimate(values: NDArray[np.float64], seed: int = 0) -> Estimate:
    """Mean and percentile-bootstrap interval over users; NaN users are left out."""
    known = values[~np.isnan(values)]
    if not len(known):
        return Estimate(0.0, 0.0, 0.0)
    random = np.random.default_rng(seed)
    means = np.empty(RESAMPLES)
    for start in range(0, RESAMPLES, 50):
        drawn = random.integers(0, len(known), (50, len(known)))
        means[start : start + 50] = known[drawn].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(known.mean()), float(low), float(high))


def coverage(ranking: NDArray[np.int64], items: int, seed: int = 0) -> Estimate:
    """Share of the catalogue that is in anyone's list."""
    random = np.random.default_rng(seed)
    shares = []
    for _ in range(100):
        drawn = random.integers(0, len(ranking), len(ranking))
        shares.append(len(np.unique(ranking[drawn])) / items)
    low, high = np.quantile(shares, [0.025, 0.975])
    value = len(np.unique(ranking)) / items
    return Estimate(value, float(low), max(float(high), value))


def novelty(
    ranking: NDArray[np.int64], counts: NDArray[np.int64], users: int
) -> NDArray[np.float64]:
    """Mean self-information of the listed items, in bits, per user."""
    bits = -np.log2((counts + 1) / (users + 1))
    means: NDArray[np.float64] = bits[ranking].mean(axis=1)
    return means


def intra_list_diversity(
    ranking: NDArray[np.int64], embeddings: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Mean of 1 - cosine over the pairs of each list, per user."""
    length = ranking.shape[1]
    values = np.empty(len(ranking))
    for row, listed in enumerate(ranking):
        total = embeddings[listed].sum(axis=0)
        norms = float((embeddings[listed] ** 2).sum())
        values[row] = 1 - (float(total @ total) - norms) / max(length * (length - 1), 1)
    return values


def popularity_bias(
    ranking: NDArray[np.int64], histories: Sequence[NDArray[np.int64]], counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Mean popularity of each list over that of the user's own history; NaN without history."""
    values = np.full(len(ranking), np.nan)
    for row, (listed, own) in enumerate(zip(ranking, histories, strict=True)):
        if len(own):
            values[row] = counts[listed].mean() / max(float(counts[own].mean()), 1e-9)
    return values


def calibration(
    ranking: NDArray[np.int64], histories: Sequence[NDArray[np.int64]], genres: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Kullback-Leibler divergence of a list's genres from the user's own (Steck 2018), per user.

    `genres` is [items, genres] with rows that sum to 1 (or 0 where unknown); 0 is best.
    """
    values = np.full(len(ranking), np.nan)
    for row, (listed, own) in enumerate(zip(ranking, histories, strict=True)):
        wanted, given = genres[own].sum(axis=0), genres[listed].sum(axis=0)
        if wanted.sum() > 0 and given.sum() > 0:
            wanted, given = wanted / wanted.sum(), given / given.sum()
            mixed = 0.99 * given + 0.01 * wanted
            some = wanted > 0
            values[row] = float((wanted[some] * np.log(wanted[some] / mixed[some])).sum())
    return values
