"""A few items' scores taken apart over the films of a history, and put together without one.

With the weights w of a history every ranker is a kernel: its score of an item is Σ w_i K[i, item],
except the factors, whose normal equations hold w on both sides. So the same arrays give each
film's summand and, with other weights, the score the item would have had: the counterfactual
that decides whether a film may be named as a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from marquee_recommender.engine.profiles import averaging

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marquee_recommender.engine.factors import Solved
    from marquee_recommender.engine.model import Model
    from marquee_recommender.engine.profiles import History

FILM_PARTS = ("linear", "factors", "sequence", "session", "embedding")
"""Rankers whose scores are told apart by film; `features` is told apart by feature."""
REFINEMENTS = 6


@dataclass(frozen=True, slots=True)
class Dissection:
    """Everything about a history and a pool of items that reasons need.

    Attributes:
        kernels: per ranker float32 [films, pool], unweighted.
        solved: the fold-in of the factors.
        targets: float32 [pool, d], item factors of the pool.
        features: int64 [m], the features of the pool, ascending.
        shared: float32 [films, m]; offered: float32 [pool, m], their weights.
    """

    model: Model
    history: History
    pool: NDArray[np.int64]
    kernels: dict[str, NDArray[np.float32]]
    solved: Solved
    targets: NDArray[np.float32]
    features: NDArray[np.int64]
    shared: NDArray[np.float32]
    offered: NDArray[np.float32]

    def by_film(self) -> dict[str, NDArray[np.float32]]:
        """Per ranker of `FILM_PARTS`, [films, pool]: weighted summands of the pool's scores."""
        blend = self.model.coefficients(len(self.history.codes))
        weights = self.history.weights[:, None]
        found = {
            name: np.float32(blend[name]) * weights * self.kernels[name]
            for name in ("linear", "sequence", "session")
        }
        means = averaging(self.history.weights)[:, None]
        found["embedding"] = np.float32(blend["embedding"]) * means * self.kernels["embedding"]
        found["factors"] = np.float32(blend["factors"]) * (
            self.solved.sides @ (self.solved.inverse @ self.targets.T)
        )
        return found

    def by_feature(self) -> NDArray[np.float32]:
        """[pool, m]: weighted summands of the ranker `features`."""
        blend = self.model.coefficients(len(self.history.codes))
        strengths = averaging(self.history.weights) @ self.shared
        return np.float32(blend["features"]) * self.offered * strengths

    def without(self, films: NDArray[np.int64]) -> NDArray[np.float32]:
        """[len(films), pool]: the scores (boosts aside) had each film not been in the history."""
        history, model = self.history, self.model
        weights = np.stack([history.without(film, model.parameters) for film in films.tolist()])
        means = averaging(weights)
        blend = model.coefficients(len(history.codes) - 1)
        scores = np.float32(blend["factors"]) * (self._users(weights) @ self.targets.T)
        for name in ("linear", "sequence", "session"):
            scores += np.float32(blend[name]) * (weights @ self.kernels[name])
        scores += np.float32(blend["embedding"]) * (means @ self.kernels["embedding"])
        scores += np.float32(blend["features"]) * ((means @ self.shared) @ self.offered.T)
        return scores + np.float32(model.everyone(self.pool, history.taste, blend))

    def _users(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """User vectors [k, d] under other weights [k, films].

        Iterative refinement with the inverse at hand: (A + Δ) x' = b + δ is solved by repeating
        x' = A⁻¹ (b + δ - Δ x'), which converges since Δ is small against A.
        """
        factors, rows = self.model.factors, self.solved.rows
        warm = self.history.codes < len(factors.items)
        before, after = self.history.weights * warm, weights * warm
        confidence = np.float32(factors.confidence)
        right = confidence * (after @ rows)
        change = (confidence - 1) * (np.abs(after) - np.abs(before))
        scale = factors.scale(np.abs(after).sum(axis=1)) - factors.scale(np.abs(before).sum())
        ridge = (factors.regularization * scale)[:, None].astype(np.float32)
        users = np.repeat(self.solved.user[None], len(weights), axis=0)
        for _ in range(REFINEMENTS):
            moved = (change * (users @ rows.T)) @ rows + ridge * users
            users = (right - moved) @ self.solved.inverse
        return users


def dissect(
    model: Model, history: History, pool: NDArray[np.int64], solved: Solved | None = None
) -> Dissection:
    """Gather the kernels of a history and a pool; `solved` saves folding in once more."""
    codes = history.codes
    if solved is None:
        solved = model.factors.solve(codes, history.weights)
    shape = (len(codes), len(pool))
    kernels = {name: np.zeros(shape, dtype=np.float32) for name in FILM_PARTS}
    rows, columns = codes < len(model.linear), pool < len(model.linear)
    kernels["linear"][np.ix_(rows, columns)] = model.linear[np.ix_(codes[rows], pool[columns])]
    for name, neighbours in (("sequence", model.sequence), ("session", model.session)):
        if neighbours is not None:
            kernels[name] = neighbours.between(codes, pool)
    vectors = model.content.embeddings
    kernels["embedding"] = vectors[codes] @ vectors[pool].T
    items = model.factors.items
    targets = np.zeros((len(pool), items.shape[1]), dtype=np.float32)
    targets[pool < len(items)] = items[pool[pool < len(items)]]
    features, shared, offered = model.content.between(codes, pool)
    return Dissection(
        model=model,
        history=history,
        pool=pool,
        kernels=kernels,
        solved=solved,
        targets=targets,
        features=features,
        shared=shared,
        offered=offered,
    )
