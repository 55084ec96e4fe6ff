from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest

from marquee_recommender.engine import UNKNOWN_TIME, Interactions, InteractionsInvalid


def test_the_newest_row_of_a_pair_wins() -> None:
    loaded = Interactions.load([1, 1, 1], [5, 5, 6], [2.0, 4.0, 3.0], [100, 200, 50])
    assert len(loaded) == 2
    assert dict(zip(loaded.items.tolist(), loaded.values.tolist(), strict=True)) == {0: 4.0, 1: 3.0}


def test_uuid_users_become_strings_and_integer_items_stay() -> None:
    member = UUID(int=7)
    loaded = Interactions.load([member, member], [3, 9])
    assert loaded.user_ids.tolist() == [str(member)]
    assert loaded.item_ids.tolist() == [3, 9]
    assert not loaded.timed
    assert not loaded.rated


def test_a_missing_time_is_unknown_not_zero() -> None:
    loaded = Interactions.load([1, 2], [1, 1], None, [10.0, float("nan")])
    assert loaded.times.tolist() == [10, int(UNKNOWN_TIME)]
    assert not loaded.timed


@pytest.mark.parametrize(
    ("users", "items", "values"), [([1, 2], [1], None), ([], [], None), ([1], [1], [1.0, 2.0])]
)
def test_unequal_or_empty_columns_are_refused(
    users: list[int], items: list[int], values: list[float] | None
) -> None:
    with pytest.raises(InteractionsInvalid):
        Interactions.load(users, items, values)


def test_kept_rows_keep_their_id_maps() -> None:
    loaded = Interactions.load(["b", "a"], [2, 1])
    kept = loaded.keep(np.array([False, True]))
    assert kept.user_ids[kept.users].tolist() == ["a"]
    assert kept.item_ids.tolist() == [1, 2]
