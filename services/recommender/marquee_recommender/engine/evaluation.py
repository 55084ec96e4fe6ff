"""How good is a model on given cases: accuracy, and what lies beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marquee_recommender.engine import metrics
from marquee_recommender.engine.batch import blend, part_blocks, top

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from marquee_recommender.engine.cases import Cases
    from marquee_recommender.engine.metrics import Estimate
    from marquee_recommender.engine.model import Model
    from marquee_recommender.engine.parameters import Parameters

BEYOND_AT = 20
"""Length of the lists that coverage, novelty and the other list metrics look at."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Top lists of all cases by one ranker.

    Attributes:
        codes: int64 [cases, depth].
        scores: float32 [cases, depth].
    """

    codes: NDArray[np.int64]
    scores: NDArray[np.float32]


def rankings(
    model: Model, cases: Cases, depth: int, parameters: Parameters | None = None
) -> dict[str, Ranking]:
    """Top lists by `blend` and by each single ranker that has anything to say."""
    histories = cases.histories(parameters or model.parameters)
    codes: dict[str, list[NDArray[np.int64]]] = {}
    scores: dict[str, list[NDArray[np.float32]]] = {}
    for rows, parts in part_blocks(model, histories):
        known = cases.codes[rows]
        rankers = {"blend": blend(model, parts, histories[rows])}
        rankers |= {name: np.array(part) for name, part in parts.items()}
        for name, ranked in rankers.items():
            best = top(ranked, known, depth)
            codes.setdefault(name, []).append(best)
            scores.setdefault(name, []).append(np.take_along_axis(ranked, best, axis=1))
    found = {
        name: Ranking(np.concatenate(codes[name]), np.concatenate(scores[name])) for name in codes
    }
    return {name: ranking for name, ranking in found.items() if _speaks(ranking)}


def _speaks(ranking: Ranking) -> bool:
    """Whether a ranker tells any items apart."""
    finite = ranking.scores[np.isfinite(ranking.scores)]
    return bool(len(finite)) and float(finite.max()) > float(finite.min())


def accuracy(ranking: Ranking, cases: Cases, at: Sequence[int]) -> dict[str, Estimate]:
    """recall, recall_capped and ndcg at each depth, with intervals over users."""
    found = metrics.hits(ranking.codes, cases.relevant)
    measured = {}
    for name, function in (
        ("recall", metrics.recall),
        ("recall_capped", metrics.recall_capped),
        ("ndcg", metrics.ndcg),
    ):
        for k in at:
            measured[f"{name}@{k}"] = metrics.estimate(function(found, cases.sizes, k))
    return measured


def beyond_accuracy(model: Model, ranking: Ranking, cases: Cases) -> dict[str, Estimate]:
    """Coverage, novelty, diversity, popularity bias and genre calibration of the lists."""
    listed = ranking.codes[:, :BEYOND_AT]
    users = max(int(model.data.get("users") or 0), 1)
    measured = {
        f"coverage@{BEYOND_AT}": metrics.coverage(listed, len(model.item_ids)),
        f"novelty@{BEYOND_AT}": metrics.estimate(metrics.novelty(listed, model.counts, users)),
        f"popularity_bias@{BEYOND_AT}": metrics.estimate(
            metrics.popularity_bias(listed, cases.codes, model.counts)
        ),
    }
    if model.content.embeddings.any():
        measured[f"diversity@{BEYOND_AT}"] = metrics.estimate(
            metrics.intra_list_diversity(listed, model.content.embeddings)
        )
    genres = genre_shares(model)
    if genres.any():
        measured[f"calibration@{BEYOND_AT}"] = metrics.estimate(
            metrics.calibration(listed, cases.codes, genres)
        )
    return measured


def genre_shares(model: Model) -> NDArray[np.float32]:
    """[items, genres] with each item's genres in equal shares."""
    content = model.content
    genres = list(model.taste_features.values())
    shares = np.zeros((len(model.item_ids), len(genres)), dtype=np.float32)
    for column, feature in enumerate(genres):
        members = content.items[content.starts[feature] : content.starts[feature + 1]]
        shares[members, column] = 1
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1)
    return shares


def cold_start_curve(
    model: Model, cases: Cases, lengths: Sequence[int] = (0, 1, 3, 5, 10), k: int = 20
) -> dict[str, dict[str, float]]:
    """nDCG@k of the blend for histories cut to so many films, by length."""
    curve = {}
    for length in lengths:
        short = cases.shortened([length], seed=length)
        lists = rankings(model, short, k)
        curve[str(length)] = accuracy(lists["blend"], short, [k])[f"ndcg@{k}"].to_dict()
    return curve


def evaluate(model: Model, cases: Cases, at: Sequence[int] = (10, 20)) -> dict[str, Any]:
    """Everything the registry keeps beside a model, as plain JSON values.

    `metrics` are of the blend, `rankers` the same accuracies of each ranker alone.
    """
    depth = max(*at, BEYOND_AT)
    lists = rankings(model, cases, depth)
    measured = accuracy(lists["blend"], cases, at)
    measured |= beyond_accuracy(model, lists["blend"], cases)
    return {
        "cases": len(cases),
        "metrics": {name: estimate.to_dict() for name, estimate in measured.items()},
        "rankers": {
            ranker: {
                name: estimate.to_dict() for name, estimate in accuracy(ranking, cases, at).items()
            }
            for ranker, ranking in lists.items()
        },
        "cold_start": cold_start_curve(model, cases),
    }
