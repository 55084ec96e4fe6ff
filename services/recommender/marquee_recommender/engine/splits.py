"""Ways to hide part of what people did, to see whether it would have been found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from marquee_recommender.engine.interactions import UNKNOWN_TIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marquee_recommender.engine.interactions import Interactions

SplitKind = Literal["random", "last_out", "users"]


@dataclass(frozen=True, slots=True)
class Split:
    """`train` is for the model, `known` what a user's profile holds, `hidden` what to find.

    In `random` and `last_out` the known part is the training part of the same users; in `users`
    (strong generalisation) the tested users are not in `train` at all.
    """

    train: Interactions
    known: Interactions
    hidden: Interactions


def split(
    interactions: Interactions, kind: SplitKind, fraction: float = 0.2, seed: int = 0
) -> Split:
    """Hide a seeded part.

    random: `fraction` of each user's rows. last_out: each user's newest row. users: `fraction` of
    the users, of whom a random 80 % of rows stay known. Users with a single row are not tested.
    """
    random = np.random.default_rng(seed)
    count = len(interactions)
    sizes = np.bincount(interactions.users, minlength=len(interactions.user_ids))
    key = random.random(count)
    if kind == "users":
        users = np.flatnonzero(sizes > 1)
        chosen = random.permutation(users)[: max(1, round(fraction * len(users)))]
        tested = np.isin(interactions.users, chosen)
        hidden = tested & _first(interactions.users, key, sizes, 0.2)
        known, train = tested & ~hidden, ~tested
    else:
        if kind == "last_out":
            place = _newest_place(interactions, -np.arange(count, dtype=np.float64))
            hidden = (place == 0) & (sizes[interactions.users] > 1)
        else:
            hidden = _first(interactions.users, key, sizes, fraction)
        train = ~hidden
        known = train
    return Split(*(interactions.keep(mask) for mask in (train, known, hidden)))


def split_newest(interactions: Interactions, depth: int) -> Split:
    """Hide each user's `depth` newest rows, at most a third of them."""
    sizes = np.bincount(interactions.users, minlength=len(interactions.user_ids))
    place = _newest_place(interactions, -np.arange(len(interactions), dtype=np.float64))
    hidden = place < np.minimum(depth, sizes // 3)[interactions.users]
    train = interactions.keep(~hidden)
    return Split(train, train, interactions.keep(hidden))


def _first(
    users: NDArray[np.int32], key: NDArray[np.float64], sizes: NDArray[np.int64], fraction: float
) -> NDArray[np.bool_]:
    """Mask of the `fraction` of each user's rows with the smallest keys, at least one of two."""
    order = np.lexsort((key, users))
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    place = np.empty(len(users), dtype=np.int64)
    place[order] = np.arange(len(users)) - starts[users[order]]
    wanted = np.where(sizes > 1, np.maximum(1, np.round(fraction * sizes)), 0)
    return place < wanted[users]


def _newest_place(interactions: Interactions, key: NDArray[np.float64]) -> NDArray[np.int64]:
    """Each row's place in its user's history, newest 0; of equal times the smaller key is newer."""
    times = np.where(interactions.times == UNKNOWN_TIME, np.iinfo(np.int64).min, interactions.times)
    order = np.lexsort((key, -(times + 1), interactions.users))
    users = interactions.users[order]
    starts = np.searchsorted(users, users, side="left")
    place = np.empty(len(users), dtype=np.int64)
    place[order] = np.arange(len(users)) - starts
    return place
