"""Synthetic interactions with the skew of real ones, of any size."""

import numpy as np

from marquee_recommender.engine import Interactions

TASTES = 40
"""Groups of members who mostly draw from the same films."""
OWN = 0.6
"""Share of a member's films that are of their own taste."""
DAY = 86_400


def shape_for(interactions: int) -> tuple[int, int]:
    """Return users and items in the proportions of MovieLens 20M (138k x 27k)."""
    share = interactions / 20_000_000
    return max(200, int(138_000 * share**0.8)), max(200, int(27_000 * share**0.5))


def zipf_interactions(count: int, users: int, items: int, seed: int = 0) -> Interactions:
    """Draw distinct pairs: both sides Zipf-like, tastes shared by groups, times over ten years."""
    random = np.random.default_rng(seed)
    weight = np.cumsum(1 / np.arange(1, users + 1) ** 0.6)
    popular = np.cumsum(1 / np.arange(1, items + 1) ** 0.9)
    # Within a taste the same popularity holds over another order of the films.
    orders = np.stack([random.permutation(items) for _ in range(TASTES)])
    pairs = np.empty(0, dtype=np.int64)
    while len(pairs) < count:
        drawn = count - len(pairs) + count // 10
        user = np.searchsorted(weight, random.random(drawn) * weight[-1])
        rank = np.searchsorted(popular, random.random(drawn) * popular[-1])
        own = random.random(drawn) < OWN
        item = np.where(own, orders[user % TASTES, rank], rank)
        pairs = np.union1d(pairs, user * items + item)
    pairs = pairs[np.sort(random.permutation(len(pairs))[:count])]
    times = random.integers(0, 3650 * DAY, count) + 1_300_000_000
    values = random.choice(np.array([2.0, 3.0, 4.0, 5.0], np.float32), count)
    return Interactions.load(pairs // items, pairs % items, values, times)
