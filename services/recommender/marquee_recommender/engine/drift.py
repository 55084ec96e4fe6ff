"""How what happens now differs from what a model learned from.

A model keeps the distributions of its training: ratings, how popular the films met were, their
genres, and the scores of the lists it makes. The population stability index of the same ones
measured later, Σ (now - then) · ln(now / then), tells how far they have moved: below .1 nothing,
from .25 on the model no longer knows these people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marquee_recommender.engine.cases import build_cases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from marquee_recommender.engine.interactions import Interactions
    from marquee_recommender.engine.model import Model
    from marquee_recommender.engine.profiles import Profile

VALUES = np.arange(0.5, 5.01, 0.5)
GROUPS = 10
SAMPLE = 200
DEPTH = 20
SMOOTHING = 0.5
"""Counts added to every bin, so that an empty one does not make the index infinite."""

Counts = dict[str, dict[str, int]]
"""Per distribution (`ratings, popularity, genres, scores`) the count of each named bin."""


def psi(then: dict[str, int], now: dict[str, int]) -> float:
    """The population stability index of two counts of the same bins; 0 where one is empty."""
    names = sorted({*then, *now})
    before = np.array([then.get(name, 0) for name in names], dtype=np.float64)
    after = np.array([now.get(name, 0) for name in names], dtype=np.float64)
    if not before.sum() or not after.sum():
        return 0.0
    p = (before + SMOOTHING) / (before + SMOOTHING).sum()
    q = (after + SMOOTHING) / (after + SMOOTHING).sum()
    return float(((q - p) * np.log(q / p)).sum())


def describe_data(model: Model, codes: NDArray[np.int64], values: NDArray[np.float32]) -> Counts:
    """Distributions of interactions; `codes` are positions in the model, -1 for films it lacks."""
    rated = values[~np.isnan(values)]
    places = np.clip(np.round(rated * 2).astype(np.int64) - 1, 0, len(VALUES) - 1)
    ratings = np.bincount(places, minlength=len(VALUES))
    edges = np.searchsorted(
        np.cumsum(model.counts), np.linspace(0, model.counts.sum(), GROUPS + 1)[1:-1], "right"
    )
    known = codes[codes >= 0]
    groups = np.bincount(np.searchsorted(edges, known, "right"), minlength=GROUPS)
    found: Counts = {
        "ratings": {f"{v:.1f}": int(n) for v, n in zip(VALUES, ratings, strict=True)},
        "popularity": {f"tenth {place + 1}": int(n) for place, n in enumerate(groups)}
        | {"unknown film": int((codes < 0).sum())},
    }
    counts = np.bincount(known, minlength=len(model.item_ids)).astype(np.float64)
    content = model.content
    found["genres"] = {
        name: int(counts[content.items[content.starts[f] : content.starts[f + 1]]].sum())
        for name, f in model.taste_features.items()
    }
    return found


def list_scores(model: Model, profiles: Sequence[Profile]) -> NDArray[np.float64]:
    """Scores of the profiles' top lists, one after another."""
    scores = [
        found.score
        for profile in profiles
        for found in model.recommend(profile, DEPTH, diversity=0, with_reasons=False)
    ]
    return np.array(scores, dtype=np.float64)


def bins(scores: NDArray[np.float64], edges: Sequence[float]) -> dict[str, int]:
    """Counts of scores between edges."""
    counts = np.bincount(np.searchsorted(edges, scores, "right"), minlength=len(edges) + 1)
    return {f"tenth {place + 1}": int(n) for place, n in enumerate(counts)}


def describe(model: Model, interactions: Interactions) -> dict[str, Any]:
    """What a model keeps of its training: `counts` by distribution and the `score_edges`."""
    place = model.positions
    codes = np.array([place[item] for item in interactions.item_ids.tolist()], dtype=np.int64)
    counts = describe_data(model, codes[interactions.items], interactions.values)
    random = np.random.default_rng(model.parameters.seed)
    users = random.permutation(len(interactions.user_ids))[:SAMPLE]
    some = interactions.keep(np.isin(interactions.users, users))
    cases = build_cases(some, some, model.item_ids)
    scores = []
    for history in cases.histories(model.parameters):
        total = model.score_history(history)
        total[history.known] = -np.inf
        best = np.partition(total, -min(DEPTH, len(total)))[-DEPTH:]
        scores.append(best[np.isfinite(best)])
    flat = np.concatenate(scores).astype(np.float64) if scores else np.empty(0)
    edges = [float(edge) for edge in np.quantile(flat, np.linspace(0, 1, GROUPS + 1)[1:-1])]
    return {"counts": {**counts, "scores": bins(flat, edges)}, "score_edges": edges}


def compare(then: Counts, now: Counts) -> dict[str, float]:
    """The index of each distribution that both have."""
    return {name: round(psi(then[name], now[name]), 4) for name in then if name in now}
