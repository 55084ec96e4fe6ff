"""Histories with what should have been recommended: the questions an evaluation asks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from marquee_recommender.engine.profiles import preferences, weigh

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from marquee_recommender.engine.interactions import Interactions
    from marquee_recommender.engine.parameters import Parameters
    from marquee_recommender.engine.profiles import History


@dataclass(frozen=True, slots=True)
class Cases:
    """One entry per question, at most one user's whole hidden part each.

    Attributes:
        users: ids of the users asked about.
        codes: int64 arrays, the known films, newest first where `ordered`.
        values: float32 arrays, their ratings (NaN where merely positive).
        relevant: int64 arrays, codes of the hidden films the model can rank.
        sizes: int64 [cases], all hidden films, rankable or not.
        ordered: whether histories have an order in time.
    """

    users: NDArray[Any]
    codes: list[NDArray[np.int64]]
    values: list[NDArray[np.float32]]
    relevant: list[NDArray[np.int64]]
    sizes: NDArray[np.int64]
    ordered: bool

    def __len__(self) -> int:
        return len(self.codes)

    def sample(self, limit: int, seed: int) -> Cases:
        """A seeded subset of at most `limit` cases."""
        if len(self) <= limit:
            return self
        kept = np.sort(np.random.default_rng(seed).permutation(len(self))[:limit])
        return self.keep(kept.tolist())

    def keep(self, rows: Sequence[int]) -> Cases:
        """The given cases."""
        return Cases(
            users=self.users[list(rows)],
            codes=[self.codes[row] for row in rows],
            values=[self.values[row] for row in rows],
            relevant=[self.relevant[row] for row in rows],
            sizes=self.sizes[list(rows)],
            ordered=self.ordered,
        )

    def shortened(self, lengths: Sequence[int], seed: int) -> Cases:
        """Each history cut to one of `lengths` random films; the others are to be found."""
        random = np.random.default_rng(seed)
        codes, values, relevant = [], [], []
        for row, own in enumerate(self.codes):
            kept = np.zeros(len(own), dtype=bool)
            kept[random.permutation(len(own))[: lengths[row % len(lengths)]]] = True
            codes.append(own[kept])
            values.append(self.values[row][kept])
            relevant.append(np.concatenate([self.relevant[row], own[~kept]]))
        dropped = np.array([len(own) for own in self.codes]) - [len(left) for left in codes]
        return Cases(self.users, codes, values, relevant, self.sizes + dropped, self.ordered)

    def histories(self, parameters: Parameters) -> list[History]:
        """The known films weighed by preference and recency, as serving does it."""
        return [
            weigh(codes, preferences(values, parameters), parameters, ordered=self.ordered)
            for codes, values in zip(self.codes, self.values, strict=True)
        ]


def build_cases(
    known: Interactions, hidden: Interactions, item_ids: NDArray[Any], *, rolling: int = 1
) -> Cases:
    """One case per user with hidden films, in the order of their ids.

    Args:
        known: what the profiles hold; may have other id maps than `hidden`.
        hidden: what to find.
        item_ids: ids by code of the model that will be asked.
        rolling: with n > 1 each user's n newest hidden films become n cases of one film each,
            the older hidden ones counting as known (leave-one-out at several moments).
    """
    place = {item: code for code, item in enumerate(item_ids.tolist())}
    known_codes = np.array([place.get(item, -1) for item in known.item_ids.tolist()])
    hidden_codes = np.array([place.get(item, -1) for item in hidden.item_ids.tolist()])
    owner = {user: row for row, user in enumerate(known.user_ids.tolist())}
    known_rows = _by_user(known)
    ordered = known.timed and hidden.timed if rolling > 1 else known.timed
    users, codes, values, relevant, sizes = [], [], [], [], []
    for user, rows in sorted(_by_user(hidden).items()):
        target = hidden_codes[hidden.items[rows]]
        own = known_rows.get(owner.get(hidden.user_ids[user].item(), -1), np.empty(0, np.int64))
        own_codes = known_codes[known.items[own]]
        met = own_codes >= 0
        own_codes, own_values = own_codes[met], known.values[own][met]
        steps = range(min(rolling, len(rows))) if rolling > 1 else range(1)
        for step in steps:
            later = slice(step + 1, None) if rolling > 1 else slice(0, 0)
            wanted = target[step : step + 1] if rolling > 1 else target
            users.append(hidden.user_ids[user])
            earlier = target[later][target[later] >= 0]
            codes.append(np.concatenate([earlier, own_codes]).astype(np.int64))
            earlier_values = hidden.values[rows][later][target[later] >= 0]
            values.append(np.concatenate([earlier_values, own_values]).astype(np.float32))
            relevant.append(wanted[wanted >= 0].astype(np.int64))
            sizes.append(len(wanted))
    return Cases(np.array(users), codes, values, relevant, np.array(sizes, dtype=np.int64), ordered)


def _by_user(interactions: Interactions) -> dict[int, NDArray[np.int64]]:
    """Rows of each user position, newest first; of equal times the later row is newer."""
    order = np.lexsort(
        (-np.arange(len(interactions)), -(interactions.times + 1), interactions.users)
    )
    users = interactions.users[order]
    edges = np.flatnonzero(np.append(True, users[1:] != users[:-1])) if len(users) else users
    bounds = [*edges.tolist(), len(users)]
    return {int(users[start]): order[start:end] for start, end in pairwise(bounds)}
