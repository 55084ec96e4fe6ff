"""The figures of experiments against published examples, scipy, and what chance should do."""

import math

import numpy as np
import pytest
from scipy import stats

from marquee_recommender.experiments.statistics import (
    Sample,
    katz,
    newcombe,
    sample_ratio,
    two_shares,
    welch,
    wilson,
)


@pytest.mark.parametrize(("hits", "members"), [(0, 10), (3, 10), (10, 10), (81, 263), (15, 148)])
def test_wilson_is_scipys(hits: int, members: int) -> None:
    theirs = stats.binomtest(hits, members).proportion_ci(method="wilson")
    assert wilson(hits, members) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [  # Newcombe 1998, table II, method 10
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((10, 10, 0, 20), 0.6791, 1.0000),
        ((5, 56, 0, 29), -0.0381, 0.1926),
    ],
)
def test_newcombe_is_newcombes(counts: tuple[int, int, int, int], low: float, high: float) -> None:
    assert newcombe(*counts) == pytest.approx((low, high), abs=5e-5)


def test_the_ratio_is_scipys() -> None:
    theirs = stats.contingency.relative_risk(120, 1000, 100, 1000).confidence_interval(0.95)
    assert katz(120, 1000, 100, 1000) == pytest.approx((theirs.low - 1, theirs.high - 1))
    assert katz(0, 1000, 100, 1000) is None


def test_welch_is_scipys() -> None:
    random = np.random.default_rng(1)
    one, other = random.poisson(2.0, 90).astype(float), random.poisson(1.5, 40).astype(float)

    def sample(values: np.ndarray) -> Sample:
        return Sample(len(values), float(values.sum()), float((values**2).sum()))

    theirs = stats.ttest_ind(one, other, equal_var=False).confidence_interval()
    assert welch(sample(one), sample(other)) == pytest.approx((theirs.low, theirs.high))
    assert welch(Sample(5, 5, 5), Sample(5, 5, 5)) is None


def test_the_pooled_test_is_the_chi_square_without_correction() -> None:
    table = [[120, 880], [90, 910]]
    assert two_shares(120, 1000, 90, 1000) == pytest.approx(
        stats.chi2_contingency(table, correction=False).pvalue
    )
    assert two_shares(0, 10, 0, 10) is None


def test_the_split_is_scipys_chi_square() -> None:
    theirs = stats.chisquare([480, 520, 300], [520, 520, 260]).pvalue
    assert sample_ratio([480, 520, 300], [2, 2, 1]) == pytest.approx(theirs)
    assert sample_ratio([0, 0], [1, 1]) is None
    assert (sample_ratio([5000, 5400], [1, 1]) or 0) < 0.001


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """A/A: two groups of one kind are called different about one time in twenty."""
    random = np.random.default_rng(7)
    runs, members, share = 4000, 600, 0.12
    hits = random.binomial(members, share, (runs, 2))
    wrong = {"newcombe": 0, "katz": 0, "p": 0}
    for own, base in hits.tolist():
        low, high = newcombe(own, members, base, members) or (0, 0)
        wrong["newcombe"] += not low <= 0 <= high
        low, high = katz(own, members, base, members) or (0, 0)
        wrong["katz"] += not low <= 0 <= high
        wrong["p"] += (two_shares(own, members, base, members) or 1) < 0.05
    spread = 4 * math.sqrt(0.05 * 0.95 / runs)
    for count in wrong.values():
        assert abs(count / runs - 0.05) < spread


def test_a_real_difference_is_found_and_covered() -> None:
    random = np.random.default_rng(8)
    runs, members = 1000, 2000
    own, base = random.binomial(members, 0.15, runs), random.binomial(members, 0.10, runs)
    covered = found = 0
    for a, b in zip(own.tolist(), base.tolist(), strict=True):
        low, high = newcombe(a, members, b, members) or (0, 0)
        covered += low <= 0.05 <= high
        found += low > 0
    assert 0.93 < covered / runs < 0.97
    assert found / runs > 0.98


def test_a_fair_split_is_seldom_called_broken() -> None:
    random = np.random.default_rng(9)
    ones = random.binomial(1000, 0.5, 5000).tolist()
    alarms = sum((sample_ratio([one, 1000 - one], [1, 1]) or 0) < 0.05 for one in ones)
    assert abs(alarms / 5000 - 0.05) < 0.015
