"""A trained model at request time: score, rank, explain.

A score is a weighted sum of the rankers' raw scores, each divided by a constant of the model (its
typical spread over items), so two scores of one model compare across requests, and every
ranker's part splits exactly over the films or features it came from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from marquee_recommender.engine.diversity import rerank
from marquee_recommender.engine.parameters import PARTS, warmth_of
from marquee_recommender.engine.profiles import History, averaging, resolve
from marquee_recommender.engine.reasons import Boost, Explanation, Reason, explain, reasons_of
from marquee_recommender.engine.sequence import spans

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from marquee_recommender.engine.content import Content
    from marquee_recommender.engine.factors import Factors
    from marquee_recommender.engine.parameters import Parameters
    from marquee_recommender.engine.profiles import Profile
    from marquee_recommender.engine.reasons import Boosted
    from marquee_recommender.engine.sequence import Transitions
    from marquee_recommender.engine.shortlist import Cells

PERSONAL = ("linear", "factors", "sequence", "session", "features", "embedding")
"""Rankers that look at the history."""
HEAD = 8_000
"""Most popular items that are always candidates in a large catalog."""
OPENED = 5_000
"""Items opened in each inverted file; see `shortlist`."""
RECENT = 30
"""Films whose neighbours in time are candidates."""
POOL = 5
"""Candidates per place that the diversity stage chooses from."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One recommended item; `score` is before diversity, comparable within a model.

    `explained` is the share (0 to 1) of the positive score that `reasons` account for.
    """

    item: Any
    score: float
    explained: float
    reasons: list[Reason]


@dataclass(eq=False)
class Model:
    """Everything needed to serve; arrays may be memory-mapped and are never written to.

    Attributes:
        item_ids: [items] ids by code, most popular first (int64 or strings).
        counts: int64 [items] interactions per item, falling.
        linear: float32 [s, s], item-item weights of the first s items.
        factors: item factors of the items with interactions, and their fold-in recipe.
        sequence, session: neighbours in time, None when the data had no times.
        content: features and embeddings of all items.
        popularity, trending: float32 [items] in 0..1.
        scales: per ranker, the constant its scores are divided by.
        data: the data window (`from`, `to`, `interactions`, `users`, `items`).
        metrics: evaluation results kept with the model.
        trials: what self-tuning tried.
    """

    item_ids: NDArray[Any]
    counts: NDArray[np.int64]
    linear: NDArray[np.float32]
    factors: Factors
    sequence: Transitions | None
    session: Transitions | None
    content: Content
    popularity: NDArray[np.float32]
    trending: NDArray[np.float32]
    scales: dict[str, float]
    parameters: Parameters
    data: dict[str, Any]
    cells: dict[str, Cells] = field(default_factory=dict)
    """Inverted files `factors` and `content`, only of a large catalog."""
    metrics: dict[str, Any] = field(default_factory=dict)
    trials: list[dict[str, Any]] = field(default_factory=list)
    distributions: dict[str, Any] = field(default_factory=dict)
    """Of the training's data and scores; see `drift`."""
    checksum: str = ""
    """sha256 over the stored files, empty for a model that was never saved."""

    @cached_property
    def positions(self) -> dict[Hashable, int]:
        """Code by item id."""
        return {item: code for code, item in enumerate(self.item_ids.tolist())}

    def coefficients(self, films: int) -> dict[str, float]:
        """Weight of each ranker's raw score for a history of so many films: blend over scale."""
        warmth = warmth_of(films, self.parameters.cold_films)
        cold, warm = self.parameters.cold_weights, self.parameters.weights
        return {
            name: ((1 - warmth) * cold.get(name, 0) + warmth * warm.get(name, 0))
            / self.scales.get(name, 1.0)
            for name in PARTS
        }

    @cached_property
    def taste_features(self) -> dict[str, int]:
        """Feature by genre name."""
        content = self.content
        return {
            name: feature
            for feature, (kind, name) in enumerate(zip(content.kinds, content.names, strict=True))
            if kind == "genre"
        }

    def resolve(self, profile: Profile) -> History:
        """The profile in this model's terms."""
        return resolve(profile, self.positions, self.parameters)

    def part_scores(
        self,
        codes: NDArray[np.int64],
        weights: NDArray[np.float32],
        taste: Sequence[str] = (),
        user: NDArray[np.float32] | None = None,
    ) -> dict[str, NDArray[np.float32]]:
        """Raw scores [items] of every ranker for a history, newest film first.

        `user` is its vector where the fold-in was done already.
        """
        count = len(self.item_ids)
        parts = {name: np.zeros(count, dtype=np.float32) for name in ("linear", "factors")}
        listed = codes < len(self.linear)
        parts["linear"][: len(self.linear)] = weights[listed] @ self.linear[codes[listed]]
        vector = self.factors.fold_in(codes, weights) if user is None else user
        parts["factors"][: len(self.factors.items)] = self.factors.items @ vector
        for name, neighbours in (("sequence", self.sequence), ("session", self.session)):
            if neighbours is not None:
                parts[name] = neighbours.scores(codes, weights, count)
        content, means = self.content, averaging(weights)
        parts["features"] = content.feature_scores(codes, means, count)
        parts["embedding"] = content.embeddings @ (means @ content.embeddings[codes])
        parts["popularity"] = self.popularity
        parts["trending"] = self.trending
        parts["taste"] = self.taste_scores(taste)
        return parts

    def taste_scores(self, taste: Sequence[str]) -> NDArray[np.float32]:
        """Popularity within the chosen genres, [items] in 0..1."""
        scores = np.zeros(len(self.item_ids), dtype=np.float32)
        features = [self.taste_features[name] for name in taste if name in self.taste_features]
        content = self.content
        for feature in features:
            members = content.items[content.starts[feature] : content.starts[feature + 1]]
            scores[members] += (0.2 + 0.8 * self.popularity[members]) / len(features)
        return scores

    def everyone(
        self, codes: NDArray[np.int64] | slice, taste: Sequence[str], blend: dict[str, float]
    ) -> NDArray[np.float32]:
        """The part of some items' scores that no film of a history has a hand in."""
        scores = np.float32(blend["popularity"]) * self.popularity[codes]
        scores += np.float32(blend["trending"]) * self.trending[codes]
        if taste:
            scores += np.float32(blend["taste"]) * self.taste_scores(taste)[codes]
        return scores

    def score_some(
        self, history: History, codes: NDArray[np.int64], user: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """`score_history` for the given items only (ascending), at a cost that follows them."""
        own, weights, means = history.codes, history.weights, averaging(history.weights)
        blend = self.coefficients(len(own))
        total = self.everyone(codes, history.taste, blend)
        if not len(own):
            return total
        listed, warm = (
            int(np.searchsorted(codes, len(part))) for part in (self.linear, self.factors.items)
        )
        rows = own < len(self.linear)
        linear = weights[rows] @ self.linear[own[rows]]
        total[:listed] += np.float32(blend["linear"]) * linear[codes[:listed]]
        total[:warm] += np.float32(blend["factors"]) * (self.factors.items[codes[:warm]] @ user)
        for name, neighbours in (("sequence", self.sequence), ("session", self.session)):
            if neighbours is not None:
                total += np.float32(blend[name]) * neighbours.scores_at(own, weights, codes)
        content = self.content
        interest = np.float32(blend["embedding"]) * (means @ content.embeddings[own])
        total += content.embeddings[codes] @ interest
        total += np.float32(blend["features"]) * content.feature_scores_at(own, means, codes)
        return total

    def candidates(self, history: History, user: NDArray[np.float32]) -> NDArray[np.int64] | None:
        """Codes (ascending) worth scoring, None where the catalog is small enough for all."""
        if not self.cells:
            return None
        found: list[NDArray[Any]] = [np.arange(min(HEAD, len(self.item_ids)))]
        if len(history.codes):
            recent = history.codes[:RECENT]
            found += [
                neighbours.targets[spans(neighbours.starts, recent)[0]]
                for neighbours in (self.sequence, self.session)
                if neighbours is not None
            ]
            found.append(self.cells["factors"].nearest(user, OPENED))
            interest = averaging(history.weights) @ self.content.embeddings[history.codes]
            found.append(self.cells["content"].nearest(interest, OPENED))
        return np.unique(np.concatenate(found)).astype(np.int64)

    def score_history(
        self, history: History, user: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Blended scores [items] of a resolved profile; `user` as in `part_scores`."""
        blend = self.coefficients(len(history.codes))
        total = self.everyone(slice(None), history.taste, blend)
        if len(history.codes):
            parts = self.part_scores(history.codes, history.weights, user=user)
            for name, scores in parts.items():
                if name in PERSONAL and blend[name]:
                    total += np.float32(blend[name]) * scores
        return total

    def score(self, profile: Profile) -> NDArray[np.float32]:
        """Blended scores [items], in the order of `item_ids`."""
        return self.score_history(self.resolve(profile))

    def recommend(
        self,
        profile: Profile,
        limit: int = 20,
        *,
        exclude: Iterable[Hashable] = (),
        allowed_mask: NDArray[np.bool_] | None = None,
        boosts: Sequence[Boost] = (),
        diversity: float | None = None,
        with_reasons: bool = True,
    ) -> list[Recommendation]:
        """The best items for a member, never one of the profile's own.

        Args:
            profile: the member's current interactions and taste.
            limit: how many; fewer only when fewer are allowed.
            exclude: item ids to leave out; unknown ones are ignored.
            allowed_mask: bool [items] in the order of `item_ids`.
            boosts: additions to the score with the reason they stand for.
            diversity: the MMR dial, 0 (score alone) to 1; None takes the model's.
            with_reasons: False skips the explanation, for batches that do not show it.
        """
        history = self.resolve(profile)
        solved = self.factors.solve(history.codes, history.weights)
        boosted = self._boosts(boosts)
        allowed = (
            np.ones(len(self.item_ids), dtype=bool) if allowed_mask is None else allowed_mask.copy()
        )
        allowed[history.known] = False
        allowed[[self.positions[item] for item in exclude if item in self.positions]] = False
        candidates, values = self._scored(history, solved.user, boosted, allowed, limit)
        limit = min(limit, len(candidates))
        if limit <= 0:
            return []
        dial = self.parameters.diversity if diversity is None else diversity
        size = min(len(candidates), limit * POOL if dial > 0 else limit)
        best = np.argpartition(-values, size - 1)[:size]
        best = best[np.lexsort((candidates[best], -values[best]))]
        pool, scores = candidates[best], values[best]
        if dial > 0:
            chosen = rerank(scores, self.content.embeddings[pool], limit, dial)
            pool, scores = pool[chosen], scores[chosen]
        explained = (
            reasons_of(self, history, pool, scores, boosted, solved)
            if with_reasons
            else [(0.0, []) for _ in pool]
        )
        return [
            Recommendation(item, score, share, reasons)
            for item, score, (share, reasons) in zip(
                self.item_ids[pool].tolist(), scores.tolist(), explained, strict=True
            )
        ]

    def _scored(
        self,
        history: History,
        user: NDArray[np.float32],
        boosted: Boosted,
        allowed: NDArray[np.bool_],
        limit: int,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Allowed codes, ascending, and their scores with boosts.

        Of a large catalog only the candidates, unless what is allowed leaves too few of them.
        """
        some = self.candidates(history, user)
        if some is not None:
            some = np.union1d(some, np.concatenate([some[:0], *(codes for _, codes, _ in boosted)]))
            some = some[allowed[some]]
        if some is not None and len(some) >= limit * POOL:
            chosen, values = some, self.score_some(history, some, user)
        else:
            chosen = np.flatnonzero(allowed)
            values = self.score_history(history, user)[chosen]
        for _, codes, amounts in boosted:
            open_ = allowed[codes]
            values[np.searchsorted(chosen, codes[open_])] += amounts[open_]
        return chosen, values

    def reasons(
        self,
        profile: Profile,
        items: Sequence[Hashable],
        scores: Sequence[float],
        boosts: Sequence[Boost] = (),
    ) -> list[tuple[float, list[Reason]]]:
        """For each of these known items the share explained and the reasons, as `recommend` does.

        `scores` are theirs, boosts included.
        """
        codes = np.array([self.positions[item] for item in items], dtype=np.int64)
        values = np.array(scores, dtype=np.float32)
        return reasons_of(self, self.resolve(profile), codes, values, self._boosts(boosts))

    def explain(
        self, profile: Profile, item: Hashable, boosts: Sequence[Boost] = ()
    ) -> Explanation | None:
        """The whole score of one item taken apart; None for an item the model does not know."""
        code = self.positions.get(item)
        if code is None:
            return None
        return explain(self, self.resolve(profile), code, self._boosts(boosts))

    def similar(
        self,
        item: Hashable,
        limit: int = 20,
        *,
        allowed_mask: NDArray[np.bool_] | None = None,
        exclude: Iterable[Hashable] = (),
    ) -> list[tuple[Any, float]]:
        """Neighbours (id, score) by who watches both and by content; [] for an unknown item."""
        code = self.positions.get(item)
        if code is None:
            return []
        scores = 0.6 * self.content.embeddings @ self.content.embeddings[code]
        if code < len(self.factors.items):
            vectors = self.factors.items
            cosine = vectors @ vectors[code] / (self.factor_norms * self.factor_norms[code])
            scores[: len(vectors)] += cosine
        if code < len(self.linear):
            row = self.linear[code]
            scores[: len(row)] += row / max(float(row.max()), 1e-9)
        open_ = np.ones(len(scores), dtype=bool) if allowed_mask is None else allowed_mask.copy()
        open_[[code, *(self.positions[other] for other in exclude if other in self.positions)]] = (
            False
        )
        scores[~open_] = -np.inf
        limit = min(limit, int(open_.sum()))
        if limit <= 0:
            return []
        best = np.argpartition(-scores, limit - 1)[:limit]
        best = best[np.lexsort((best, -scores[best]))]
        return list(zip(self.item_ids[best].tolist(), scores[best].tolist(), strict=True))

    @cached_property
    def factor_norms(self) -> NDArray[np.float32]:
        """Lengths of the item factors, never 0."""
        norms: NDArray[np.float32] = np.linalg.norm(self.factors.items, axis=1)
        return np.maximum(norms, np.float32(1e-9))

    def _boosts(
        self, boosts: Sequence[Boost]
    ) -> list[tuple[Boost, NDArray[np.int64], NDArray[np.float32]]]:
        found = []
        for boost in boosts:
            known: Mapping[int, float] = {
                self.positions[item]: amount
                for item, amount in boost.items.items()
                if item in self.positions
            }
            codes = np.fromiter(known.keys(), dtype=np.int64, count=len(known))
            amounts = np.fromiter(known.values(), dtype=np.float32, count=len(known))
            found.append((boost, codes, amounts))
        return found

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the artifact and return its manifest; see `artifact.save`."""
        from marquee_recommender.engine import artifact  # noqa: PLC0415  # it imports Model

        return artifact.save(self, folder)

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Check and memory-map an artifact; raises `ArtifactInvalid`."""
        from marquee_recommender.engine import artifact  # noqa: PLC0415  # it imports Model

        return artifact.load(folder)
