"""Weights of the blend, learned by climbing on nDCG over validation cases.

Only each ranker's best candidates are looked at, since what no ranker puts forward cannot reach
the top of a sum; this makes a step cheap enough to try hundreds.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from marquee_recommender.engine.batch import part_blocks, top
from marquee_recommender.engine.parameters import PARTS, warmth_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from marquee_recommender.engine.cases import Cases
    from marquee_recommender.engine.model import Model
    from marquee_recommender.engine.parameters import Parameters

CANDIDATES = 100
"""Per ranker and case."""
DEPTHS = (10, 20, 100)
COLD_LENGTHS = (0, 1, 2, 3, 5, 10)
FACTORS = (0.0, 0.5, 0.8, 1.25, 2.0)
PUSHES = (-0.1, 0.1)
EITHER_SIGN = ("popularity", "trending")
"""Rankers that may count against an item; the personal ones only ever speak for it."""
LARGEST = 3.0
ROUNDS = 5
MEANINGFUL = 1e-5


@dataclass(frozen=True, slots=True)
class Weights:
    """Blend weights of a stage of the learning, and the objective they reach."""

    weights: dict[str, float]
    cold: dict[str, float]
    objective: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the rankers put forward.

    Attributes:
        parts: float32 [rankers, cases, width], scores over the model's scales.
        relevant: bool [cases, width]; absent: bool [cases, width], padding.
        ideal: float64 [depths, cases], the discounted gain of a perfect list.
        warmth: float32 [cases], share of the weights for long profiles.
    """

    parts: NDArray[np.float32]
    relevant: NDArray[np.bool_]
    absent: NDArray[np.bool_]
    ideal: NDArray[np.float64]
    warmth: NDArray[np.float32]

    def total(self, weights: NDArray[np.float32], cold: NDArray[np.float32]) -> NDArray[np.float32]:
        """Blended scores [cases, width]."""
        scores = np.tensordot(weights, self.parts, axes=1) * self.warmth[:, None]
        scores += np.tensordot(cold, self.parts, axes=1) * (1 - self.warmth)[:, None]
        scores[self.absent] = -np.inf
        return scores

    def objective(self, scores: NDArray[np.float32]) -> float:
        """Mean nDCG over cases and `DEPTHS`."""
        depth = min(max(DEPTHS), scores.shape[1])
        best = np.argpartition(-scores, depth - 1, axis=1)[:, :depth]
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
        best = np.take_along_axis(best, order, axis=1)
        gains = np.take_along_axis(self.relevant, best, axis=1) / np.log2(np.arange(2, depth + 2))
        reached = [gains[:, :k].sum(axis=1) / self.ideal[row] for row, k in enumerate(DEPTHS)]
        return float(np.mean(reached))


def learn_weights(
    model: Model, cases: Cases, parameters: Parameters, over: Callable[[], bool]
) -> list[Weights]:
    """Learn the weights for long profiles, then those for short ones; the last entry is final.

    The scores of a model trained without the hidden films decide; weights for short profiles are
    learned on the same cases cut to a few films. `over` tells when to stop climbing.
    """
    started = time.monotonic()
    warm, cold = _vector(parameters.weights), _vector(parameters.cold_weights)
    full = gather(model, cases, parameters)
    warm, reached = _climb([_Question(full, full.warmth, full.total(warm, cold), 1)], warm, over)
    stages = [Weights(_named(warm), _named(cold), reached, time.monotonic() - started)]
    short = gather(model, cases.shortened(COLD_LENGTHS, parameters.seed), parameters)
    # A weight for short profiles must not cost the long ones anything worth having.
    cold, _ = _climb(
        [
            _Question(short, 1 - short.warmth, short.total(warm, cold), 0.25),
            _Question(full, 1 - full.warmth, full.total(warm, cold), 0.75),
        ],
        cold,
        over,
    )
    reached = full.objective(full.total(warm, cold))
    return [*stages, Weights(_named(warm), _named(cold), reached, time.monotonic() - started)]


@dataclass(slots=True)
class _Question:
    """Candidates under present scores, and how much the weights under change count in each case."""

    candidates: Candidates
    shares: NDArray[np.float32]
    scores: NDArray[np.float32]
    importance: float

    def moved(self, place: int, change: float) -> NDArray[np.float32]:
        """The scores with one weight changed."""
        amounts = (np.float32(change) * self.shares)[:, None]
        scores: NDArray[np.float32] = self.candidates.parts[place] * amounts + self.scores
        return scores


def gather(model: Model, cases: Cases, parameters: Parameters) -> Candidates:
    """Score the cases by every ranker and keep the union of the best of each."""
    histories = cases.histories(parameters)
    codes: list[NDArray[np.int64]] = []
    values: list[NDArray[np.float32]] = []
    for rows, parts in part_blocks(model, histories):
        known = cases.codes[rows]
        stacked = np.stack(
            [
                parts[name] / np.float32(model.scales.get(name, 1.0))
                if name in parts
                else np.zeros(parts["linear"].shape, dtype=np.float32)
                for name in PARTS
            ]
        )
        best = np.concatenate([top(part.copy(), known, CANDIDATES) for part in stacked], axis=1)
        for row in range(len(known)):
            chosen = np.setdiff1d(best[row], known[row])
            codes.append(chosen)
            values.append(stacked[:, row, chosen])
    width = max(len(chosen) for chosen in codes)
    shape = (len(cases), width)
    packed = np.zeros((len(PARTS), *shape), dtype=np.float32)
    relevant, absent = np.zeros(shape, dtype=bool), np.ones(shape, dtype=bool)
    for row, (chosen, scores) in enumerate(zip(codes, values, strict=True)):
        packed[:, row, : len(chosen)] = scores
        relevant[row, : len(chosen)] = np.isin(chosen, cases.relevant[row])
        absent[row, : len(chosen)] = False
    gains = np.cumsum(1 / np.log2(np.arange(2, max(DEPTHS) + 2)))
    ideal = np.stack([gains[np.minimum(k, np.maximum(cases.sizes, 1)) - 1] for k in DEPTHS])
    films = np.array([len(history.codes) for history in histories], dtype=np.float32)
    warmth = warmth_of(films, parameters.cold_films).astype(np.float32)
    return Candidates(packed, relevant, absent, ideal, warmth)


def _climb(
    questions: list[_Question], start: NDArray[np.float32], over: Callable[[], bool]
) -> tuple[NDArray[np.float32], float]:
    """Coordinate ascent with multiplicative and additive steps; moves the questions' scores."""
    present = start.copy()
    best = sum(q.importance * q.candidates.objective(q.scores) for q in questions)
    for _ in range(ROUNDS):
        before = best
        for place, name in enumerate(PARTS):
            if name == "taste" or over():
                continue
            value = float(present[place])
            for tried in [*(value * f for f in FACTORS), *(value + p for p in PUSHES)]:
                change = tried - float(present[place])
                if tried > LARGEST or not change or (tried < 0 and name not in EITHER_SIGN):
                    continue
                moved = [question.moved(place, change) for question in questions]
                reached = sum(
                    q.importance * q.candidates.objective(scores)
                    for q, scores in zip(questions, moved, strict=True)
                )
                if reached > best + MEANINGFUL:
                    best, present[place] = reached, tried
                    for question, scores in zip(questions, moved, strict=True):
                        question.scores = scores
        if best - before < MEANINGFUL * 10:
            break
    return present, best


def _vector(weights: dict[str, float]) -> NDArray[np.float32]:
    return np.array([weights.get(name, 0.0) for name in PARTS], dtype=np.float32)


def _named(weights: NDArray[np.float32]) -> dict[str, float]:
    return {name: round(float(w), 4) for name, w in zip(PARTS, weights, strict=True)}
