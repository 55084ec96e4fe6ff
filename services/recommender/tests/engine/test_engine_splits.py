from __future__ import annotations

import numpy as np
import pytest

from marquee_recommender.engine import Interactions, Parameters
from marquee_recommender.engine.cases import build_cases
from marquee_recommender.engine.splits import SplitKind, split, split_newest


@pytest.mark.parametrize("kind", ["random", "last_out", "users"])
def test_nothing_is_lost_or_in_two_parts(interactions: Interactions, kind: SplitKind) -> None:
    parts = split(interactions, kind, 0.25, seed=1)
    names = ("train", "known", "hidden") if kind == "users" else ("train", "hidden")
    seen = [getattr(parts, name) for name in names]
    pairs = [set(zip(p.users.tolist(), p.items.tolist(), strict=True)) for p in seen]
    assert sum(map(len, pairs)) == len(interactions)
    assert len(set.union(*pairs)) == len(interactions)


def test_the_hidden_one_is_the_newest(interactions: Interactions) -> None:
    parts = split(interactions, "last_out")
    assert len(parts.hidden) == len(interactions.user_ids)
    for user, time in zip(parts.hidden.users, parts.hidden.times, strict=True):
        assert time > parts.train.times[parts.train.users == user].max()


def test_tested_users_are_not_trained_on(interactions: Interactions) -> None:
    parts = split(interactions, "users", 0.25)
    assert not set(parts.train.users.tolist()) & set(parts.hidden.users.tolist())
    assert set(parts.known.users.tolist()) == set(parts.hidden.users.tolist())


def test_the_seed_decides(interactions: Interactions) -> None:
    first, again, other = (split(interactions, "random", 0.2, seed=s).hidden for s in (1, 1, 2))
    assert first.items.tolist() == again.items.tolist()
    assert first.items.tolist() != other.items.tolist()


def test_cases_know_the_past_newest_first_and_ask_for_the_future() -> None:
    data = Interactions.load([1] * 9, range(10, 19), None, range(9))
    parts = split_newest(data, 3)
    asked = build_cases(parts.known, parts.hidden, data.item_ids, rolling=3)
    ids = data.item_ids
    assert [ids[codes].tolist() for codes in asked.relevant] == [[18], [17], [16]]
    assert ids[asked.codes[0]].tolist() == [17, 16, 15, 14, 13, 12, 11, 10]
    assert ids[asked.codes[2]].tolist() == [15, 14, 13, 12, 11, 10]
    newest = asked.histories(Parameters(recency_decay=0.5, recency_floor=0))[0]
    assert newest.weights[:3].tolist() == [1, 0.5, 0.25]


def test_hidden_films_nobody_can_rank_still_count_as_missed() -> None:
    known = Interactions.load([1], [5])
    hidden = Interactions.load([1, 1], [6, 7])
    cases = build_cases(known, hidden, np.array([5, 6]))
    assert cases.sizes.tolist() == [2]
    assert cases.relevant[0].tolist() == [1]
