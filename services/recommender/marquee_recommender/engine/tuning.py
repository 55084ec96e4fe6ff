"""Self-tuning: every dial is set on validation users, within a budget, with every trial kept.

The order: fold-in recency, item-item model, factors, neighbours in time, weights of the blend.
Each stage climbs from its present settings along one dial at a time and keeps what helps.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from marquee_recommender.engine import metrics
from marquee_recommender.engine.batch import sparse_rows, top
from marquee_recommender.engine.blending import learn_weights
from marquee_recommender.engine.cases import build_cases
from marquee_recommender.engine.factors import train_factors
from marquee_recommender.engine.items import Items
from marquee_recommender.engine.linear import (
    gram_matrix,
    mixed,
    near_gram,
    solve_linear,
    train_linear,
    weighted,
)
from marquee_recommender.engine.parameters import Parameters
from marquee_recommender.engine.sequence import timeline, train_sequence, train_session
from marquee_recommender.engine.splits import split, split_newest
from marquee_recommender.engine.training import arrange, preference_matrix, silent, train

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from marquee_recommender.engine.cases import Cases
    from marquee_recommender.engine.factors import Factors
    from marquee_recommender.engine.interactions import Interactions
    from marquee_recommender.engine.linear import Timeline
    from marquee_recommender.engine.sequence import Transitions
    from marquee_recommender.engine.splits import SplitKind
    from marquee_recommender.engine.training import Progress

DEPTHS = (10, 20, 100)
"""The objective is the mean of nDCG at these depths."""
PATIENCE = 1.5
CASES = 2000
ROLLING = 3
BUDGET_SHARES = {"recency": 0.1, "linear": 0.35, "factors": 0.75, "session": 0.85}
"""Share of the budget spent when a stage must end; the blend has the rest."""
LINEAR_DIALS: dict[str, Sequence[float]] = {
    "linear_l2": (5, 10, 20, 40, 75, 150, 300, 600, 1200),
    "linear_dropout": (0.0, 0.3, 0.5, 0.7),
    "linear_user_power": (0.0, 0.4, 0.8),
}
TIMED_LINEAR_DIALS: dict[str, Sequence[float]] = {
    "linear_near_share": (0.0, 0.5, 0.8, 0.9, 1.0),
    "linear_l2": LINEAR_DIALS["linear_l2"],
    "linear_dropout": LINEAR_DIALS["linear_dropout"],
    "linear_near_decay": (0.8, 0.9, 0.95, 0.98),
    "linear_user_power": LINEAR_DIALS["linear_user_power"],
}
FACTOR_DIALS: dict[str, Sequence[float]] = {
    "regularization": (1, 2, 4, 7, 12, 20, 30, 45, 70, 110, 170),
    "confidence": (1.5, 2, 3, 4, 6, 9, 14),
    "frequency_power": (0.0, 0.5, 1.0),
    "factors": (64, 96, 128, 192, 256),
}
RECENCY_DIALS: dict[str, Sequence[float]] = {
    "recency_decay": (0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0),
    "recency_floor": (0.0, 0.01, 0.03, 0.06, 0.1, 0.2, 0.4),
}
SESSION_DIALS: dict[str, Sequence[float]] = {
    "session_power": (0.4, 0.55, 0.7, 0.85),
    "session_decay": (0.3, 0.5, 0.7, 0.85),
}
SEQUENCE_DIALS: dict[str, Sequence[float]] = {
    "sequence_power": (0.3, 0.5, 0.7),
    "sequence_decay": (0.5, 0.8),
}
SESSION_AMOUNTS = (0.7, 1.5)
SEQUENCE_AMOUNTS = (0.3, 0.8)
QUICK_ITERATIONS = 10
Measure = Callable[[Parameters], float]


@dataclass(frozen=True, slots=True)
class Trial:
    """One setting that was tried: what changed, and the objective it reached."""

    stage: str
    settings: dict[str, Any]
    objective: float
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "stage": self.stage,
            "settings": self.settings,
            "objective": round(self.objective, 6),
            "seconds": round(self.seconds, 2),
        }


@dataclass(slots=True)
class Tuned:
    """The chosen parameters and the record of how they were found."""

    parameters: Parameters
    trials: list[Trial] = field(default_factory=list)
    objective: float = 0.0


class BudgetSpent(Exception):  # noqa: N818  # a signal, not a failure
    """Ends a stage."""


@dataclass(slots=True)
class _Study:
    """A tuning under way."""

    train: Interactions
    matrix: Any
    """CSR [users, items with interactions] of the training part."""
    met: Timeline | None
    """What was met in which order, None without times."""
    width: int
    """All items."""
    cases: Cases
    items: Items | None
    parameters: Parameters
    started: float
    cpu_started: float
    budget: float
    progress: Progress
    trials: list[Trial] = field(default_factory=list)

    def spent(self) -> float:
        """Share of the budget used: CPU seconds, so that a busy machine does not tune worse.

        On a machine so busy that this takes too long, the clock on the wall ends it.
        """
        wall = (time.monotonic() - self.started) / PATIENCE
        return max(time.process_time() - self.cpu_started, wall) / self.budget

    def attempt(self, stage: str, settings: dict[str, Any], measure: Measure) -> float:
        """Measure one setting and record it; raises `BudgetSpent` past the stage's share."""
        share = BUDGET_SHARES[stage]
        if self.spent() > share and any(trial.stage == stage for trial in self.trials):
            raise BudgetSpent
        started = time.monotonic()
        objective = measure(self.parameters.but(**settings))
        self.trials.append(Trial(stage, settings, objective, time.monotonic() - started))
        self.progress("tuning", min(99, int(self.spent() * 100)), 100)
        return objective

    def climb(
        self,
        stage: str,
        dials: dict[str, Sequence[float]],
        measure: Measure,
    ) -> None:
        """Walk each dial up, else down, while that helps, until no dial moves."""
        seen: dict[tuple[float, ...], float] = {}
        present = {name: getattr(self.parameters, name) for name in dials}

        def reach(settings: dict[str, float]) -> float:
            key = tuple(settings.values())
            if key not in seen:
                seen[key] = self.attempt(stage, dict(settings), measure)
            return seen[key]

        try:
            best, moved = reach(present), True
            while moved:
                moved = False
                for name, values in dials.items():
                    for direction in (1, -1):
                        walked = False
                        while (value := _step(present[name], values, direction)) is not None:
                            if (objective := reach({**present, name: value})) <= best:
                                break
                            best, present = objective, {**present, name: value}
                            walked = moved = True
                        if walked:
                            break
        except BudgetSpent:
            self.progress("tuning", min(99, int(self.spent() * 100)), 100)
        self.parameters = self.parameters.but(**present)


def _step(value: float, values: Sequence[float], direction: int) -> float | None:
    """The next larger or smaller setting of a dial, None at its end."""
    beyond = [v for v in values if (v > value if direction > 0 else v < value)]
    if not beyond:
        return None
    return min(beyond) if direction > 0 else max(beyond)


def tune(
    interactions: Interactions,
    items: Items | None = None,
    parameters: Parameters | None = None,
    *,
    kind: SplitKind = "random",
    fraction: float = 0.2,
    budget_seconds: float = 120.0,
    cells: int = 8_000_000,
    progress: Progress = silent,
) -> Tuned:
    """Choose parameters for this data; train with them afterwards on all of it.

    Args:
        interactions: the data; a seeded part of it is hidden for validation.
        items: features, as for `train`.
        parameters: where to start; recency is tuned for `last_out` and off for the others, whose
            hidden films lie between the known ones in time.
        kind: what the validation imitates, see `splits.split`.
        fraction: of rows or users to hide.
        budget_seconds: CPU seconds; stages end early past their share of it, each runs at least
            one trial, and the clock on the wall may show `PATIENCE` times as much.
        cells: users times items looked at; bounds memory at about 20 bytes per cell.
        progress: called with stage `tuning`.
    """
    start = parameters or Parameters()
    start = start.but(recency=start.recency and kind == "last_out" and interactions.timed)
    study = _Study(
        **_questions(interactions, items, start, kind=kind, fraction=fraction, cells=cells),
        items=items,
        parameters=start,
        started=time.monotonic(),
        cpu_started=time.process_time(),
        budget=budget_seconds,
        progress=progress,
    )
    if study.parameters.recency:
        _tune_recency(study)
    _tune_linear(study)
    study.climb("factors", FACTOR_DIALS, lambda tried: _factors_objective(study, tried))
    if study.train.timed:
        _tune_neighbours(study)
    model = train(study.train, study.items, study.parameters)
    weights = learn_weights(model, study.cases, study.parameters, lambda: study.spent() >= 1)
    study.trials += [
        Trial(
            "blend", {"weights": found.weights, "cold": found.cold}, found.objective, found.seconds
        )
        for found in weights
    ]
    best = weights[-1]
    progress("tuning", 100, 100)
    return Tuned(
        study.parameters.but(weights=best.weights, cold_weights=best.cold, recency=start.recency),
        study.trials,
        best.objective,
    )


def _questions(
    interactions: Interactions,
    items: Items | None,
    parameters: Parameters,
    *,
    kind: SplitKind,
    fraction: float,
    cells: int,
) -> dict[str, Any]:
    """The first fields of a study."""
    if kind == "last_out":
        parts = split_newest(interactions, ROLLING)
    else:
        parts = split(interactions, kind, fraction, parameters.seed)
    catalog = items if items is not None else Items(ids=interactions.item_ids)
    item_ids, codes, _ = arrange(parts.train, catalog)
    matrix = preference_matrix(parts.train, codes, len(item_ids))
    rolling = ROLLING if kind == "last_out" else 1
    cases = build_cases(parts.known, parts.hidden, item_ids, rolling=rolling)
    limit = max(100, min(CASES, cells // len(item_ids)))
    warm = int((np.bincount(matrix.indices, minlength=len(item_ids)) > 0).sum())
    chosen = cases.sample(limit, parameters.seed)
    return {
        "train": parts.train,
        "matrix": matrix[:, :warm],
        "met": timeline(parts.train, codes) if parts.train.timed else None,
        "width": len(item_ids),
        "cases": chosen,
    }


def objective(scores: NDArray[np.float32], cases: Cases) -> float:
    """Mean over cases and `DEPTHS` of nDCG; `scores` [cases, items] is overwritten."""
    found = metrics.hits(top(scores, cases.codes, max(DEPTHS)), cases.relevant)
    return float(np.mean([metrics.ndcg(found, cases.sizes, k).mean() for k in DEPTHS]))


def _linear_scores(
    study: _Study, weights: NDArray[np.float32], tried: Parameters
) -> NDArray[np.float32]:
    """Scores [cases, items] of an item-item model."""
    rows = sparse_rows([(h.codes, h.weights) for h in study.cases.histories(tried)], study.width)
    scores = np.zeros((len(study.cases), study.width), dtype=np.float32)
    listed = len(weights)
    scores[:, :listed] = rows[:, :listed].toarray() @ weights
    return scores


def _factor_scores(study: _Study, factors: Factors, tried: Parameters) -> NDArray[np.float32]:
    """Scores [cases, items] of a factorisation."""
    histories = study.cases.histories(tried)
    vectors = np.stack([factors.fold_in(h.codes, h.weights) for h in histories])
    scores = np.zeros((len(study.cases), study.width), dtype=np.float32)
    scores[:, : len(factors.items)] = vectors @ factors.items.T
    return scores


def _factors_objective(study: _Study, tried: Parameters) -> float:
    quick = tried.but(iterations=min(tried.iterations, QUICK_ITERATIONS))
    return objective(_factor_scores(study, train_factors(study.matrix, quick), tried), study.cases)


def _tune_linear(study: _Study) -> None:
    items = min(study.parameters.linear_items, study.matrix.shape[1])
    grams: dict[float, NDArray[np.float32]] = {}
    nears: dict[float, NDArray[np.float32]] = {}

    def measure(tried: Parameters) -> float:
        power, decay = tried.linear_user_power, tried.linear_near_decay
        if power not in grams:
            grams.clear()
            grams[power] = gram_matrix(weighted(study.matrix, power), items)
        gram = grams[power]
        if study.met is not None and decay not in nears:
            nears.clear()
            nears[decay] = near_gram(study.met, items, decay)
        gram = mixed(gram, nears[decay], tried) if nears else gram.copy(order="F")
        solved = solve_linear(gram, tried, study.matrix.shape[0])
        return objective(_linear_scores(study, solved, tried), study.cases)

    study.climb("linear", LINEAR_DIALS if study.met is None else TIMED_LINEAR_DIALS, measure)


def _tune_recency(study: _Study) -> None:
    linear = train_linear(study.matrix, study.parameters, study.met)
    quick = study.parameters.but(iterations=QUICK_ITERATIONS, factors=64)
    factors = train_factors(study.matrix, quick)

    def measure(tried: Parameters) -> float:
        scores = _unit(_linear_scores(study, linear, tried))
        scores += _unit(_factor_scores(study, factors, tried))
        return objective(scores, study.cases)

    study.climb("recency", RECENCY_DIALS, measure)


def _tune_neighbours(study: _Study) -> None:
    """Powers and reach of session and sequence, each by what it adds to the two main rankers."""
    tried = study.parameters
    base = _unit(_linear_scores(study, train_linear(study.matrix, tried, study.met), tried))
    quick = tried.but(iterations=QUICK_ITERATIONS)
    base += _unit(_factor_scores(study, train_factors(study.matrix, quick), tried))
    _, codes, _ = arrange(study.train, study.items or Items(ids=study.train.item_ids))
    items = study.width

    def added(neighbours: Transitions, tried: Parameters, amounts: Sequence[float]) -> float:
        rows = sparse_rows([(h.codes, h.weights) for h in study.cases.histories(tried)], items)
        scores = _unit((rows @ neighbours.matrix(items)).toarray())
        reached = [objective(base + np.float32(a) * scores, study.cases) for a in amounts]
        return max(reached)

    study.climb(
        "session",
        SESSION_DIALS,
        lambda tried: added(
            train_session(study.train, codes, items, tried), tried, SESSION_AMOUNTS
        ),
    )
    study.climb(
        "session",
        SEQUENCE_DIALS,
        lambda tried: added(
            train_sequence(study.train, codes, items, tried), tried, SEQUENCE_AMOUNTS
        ),
    )


def _unit(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores over their mean spread, so that rankers add up."""
    return scores / max(float(scores.std(axis=1).mean()), 1e-9)
