from __future__ import annotations

import numpy as np
import pytest

from marquee_recommender.engine import metrics

RANKING = np.array([[4, 1, 9, 7], [0, 2, 3, 5]])
RELEVANT = [np.array([1, 7, 8]), np.array([6])]
SIZES = np.array([3, 1])


def found() -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return metrics.hits(RANKING, RELEVANT)


def test_recall_is_over_all_relevant_and_capped_over_what_fits() -> None:
    assert metrics.recall(found(), SIZES, 2).tolist() == pytest.approx([1 / 3, 0])
    assert metrics.recall_capped(found(), SIZES, 2).tolist() == pytest.approx([1 / 2, 0])
    assert metrics.recall(found(), SIZES, 4).tolist() == pytest.approx([2 / 3, 0])


def test_ndcg_by_hand() -> None:
    gained = 1 / np.log2(3) + 1 / np.log2(5)
    ideal = 1 + 1 / np.log2(3) + 1 / np.log2(4)
    assert metrics.ndcg(found(), SIZES, 4).tolist() == pytest.approx([gained / ideal, 0])


def test_ndcg_of_a_perfect_list_is_one_even_when_shorter_than_k() -> None:
    perfect = metrics.hits(np.array([[5, 6]]), [np.array([5, 6, 7])])
    assert metrics.ndcg(perfect, np.array([3]), 2).tolist() == pytest.approx([1])


def test_the_interval_holds_the_mean_and_shrinks_with_users() -> None:
    random = np.random.default_rng(0)
    few, many = metrics.estimate(random.random(30)), metrics.estimate(random.random(3000))
    for estimate in (few, many):
        assert estimate.low < estimate.value < estimate.high
    assert many.high - many.low < few.high - few.low
    assert metrics.estimate(np.array([np.nan, 0.5])).value == 0.5


def test_lists_that_repeat_themselves_cover_little_and_are_not_diverse() -> None:
    same = np.array([[0, 1]] * 4)
    apart = np.array([[0, 1], [2, 3]])
    assert metrics.coverage(same, 4).value == 0.5
    assert metrics.coverage(apart, 4).value == 1
    vectors = np.eye(4, dtype=np.float32)
    vectors[1] = vectors[0]
    assert metrics.intra_list_diversity(apart, vectors).tolist() == pytest.approx([0, 1])


def test_popular_lists_are_less_novel_and_biased() -> None:
    counts = np.array([100, 1])
    lists = np.array([[0], [1]])
    novelty = metrics.novelty(lists, counts, 100)
    assert novelty[1] > novelty[0]
    bias = metrics.popularity_bias(lists, [np.array([1]), np.array([], dtype=int)], counts)
    assert bias[0] == 100
    assert np.isnan(bias[1])


def test_calibration_is_zero_for_the_members_own_mix() -> None:
    genres = np.array([[1, 0], [0, 1]], dtype=np.float32)
    own = [np.array([0, 1]), np.array([0, 1])]
    values = metrics.calibration(np.array([[0, 1], [0, 0]]), own, genres)
    assert values[0] == pytest.approx(0, abs=1e-9)
    assert values[1] > 0.5
