from __future__ import annotations

import numpy as np

from marquee_recommender.engine import Interactions, Parameters
from marquee_recommender.engine.sequence import (
    steps,
    strongest,
    train_sequence,
    train_session,
)


def timelines() -> Interactions:
    """Two users watch 0, 1, 2, 3 in this order; rows are given out of order."""
    users = [1, 1, 1, 1, 2, 2, 2, 2]
    items = [3, 1, 0, 2, 0, 2, 1, 3]
    times = [40, 20, 10, 30, 1, 3, 2, 4]
    return Interactions.load(users, items, None, times)


def test_steps_are_counted_forward_and_discounted() -> None:
    counted = steps(timelines(), np.arange(4, dtype=np.int32), 4, lags=2, decay=0.5).toarray()
    expected = np.zeros((4, 4))
    for first in range(3):
        expected[first, first + 1] = 2
        if first < 2:
            expected[first, first + 2] = 1
    np.testing.assert_array_equal(counted, expected)


def test_sequence_leads_forward_and_session_both_ways() -> None:
    codes, settings = np.arange(4, dtype=np.int32), Parameters()
    one = np.ones(1, np.float32)
    forward = train_sequence(timelines(), codes, 4, settings).scores(np.array([1]), one, 4)
    both = train_session(timelines(), codes, 4, settings).scores(np.array([1]), one, 4)
    assert forward[0] == 0
    assert forward[2] > forward[3] > 0
    assert both[0] > 0
    assert both[2] > 0


def test_scores_are_the_sum_of_what_lies_between() -> None:
    session = train_session(timelines(), np.arange(4, dtype=np.int32), 4, Parameters())
    codes, weights = np.array([2, 0]), np.array([1.0, -0.5], np.float32)
    pool = np.array([3, 1, 0])
    summed = weights @ session.between(codes, pool)
    np.testing.assert_allclose(session.scores(codes, weights, 4)[pool], summed, rtol=1e-6)
    np.testing.assert_allclose(
        session.matrix(4).toarray()[codes][:, pool], session.between(codes, pool)
    )


def test_only_the_heaviest_neighbours_stay() -> None:
    kept = strongest(np.array([0, 3, 4]), np.array([0, 1, 2, 1]), np.array([0.1, 0.3, 0.2, 0.5]), 2)
    assert kept.starts.tolist() == [0, 2, 3]
    assert kept.targets.tolist() == [1, 2, 1]
