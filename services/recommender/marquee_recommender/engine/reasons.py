"""Why an item stands where it stands, read off the scoring itself.

Every ranker is linear in the profile once the normal equations are set up, so its part of an
item's score is a sum over the films (item-item, factors, sequence, embedding) or over the shared
features. Nothing here is a second model: the numbers are the summands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marquee_recommender.engine.profiles import averaging

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from marquee_recommender.engine.model import Model
    from marquee_recommender.engine.profiles import History

    Boosted = Sequence[tuple["Boost", NDArray[np.int64], NDArray[np.float32]]]

SHOWN = 3
FILMS_SHOWN = 2
SMALLEST_SHARE = 0.03
FILM_PARTS = ("linear", "factors", "sequence", "session", "embedding")
NAMED_FEATURES = ("genre", "tag", "director", "actor")


@dataclass(frozen=True, slots=True)
class Boost:
    """An addition to some items' scores that is a reason of its own.

    `kind` and `subject` come back in the reason (for example `friends` with their usernames, or
    `director` with the slug of one the member follows); amounts are in units of the score, where
    1 is about the spread of one ranker over all items.
    """

    kind: str
    subject: Any
    items: Mapping[Hashable, float]


@dataclass(frozen=True, slots=True)
class Reason:
    """One summand of a score, or a group of them.

    `kind` is because_you_rated (subject: item id), genre, tag, director, actor (subject: the name
    in `Items`), popular, trending, taste (subject: None), or a boost's own. `contribution` is in
    units of the score, `share` is of the positive score, 0 to 1.
    """

    kind: str
    subject: Any
    contribution: float
    share: float


@dataclass(frozen=True, slots=True)
class FilmContribution:
    """What one film of the profile adds to an item, in all and by ranker."""

    item: Any
    total: float
    parts: dict[str, float]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole score of one item.

    `parts` sum to `score`. For each of `FILM_PARTS` the films' contributions sum to that part; the
    features' contributions sum to the part `features`.
    """

    item: Any
    score: float
    parts: dict[str, float]
    films: list[FilmContribution]
    features: list[tuple[str, str, float]]
    explained: float
    reasons: list[Reason]


def film_contributions(
    model: Model, history: History, pool: NDArray[np.int64]
) -> dict[str, NDArray[np.float32]]:
    """Per ranker, [films, pool]: the weighted summands of each pool item's score."""
    codes, weights = history.codes, history.weights
    shape = (len(codes), len(pool))
    found = {name: np.zeros(shape, dtype=np.float32) for name in FILM_PARTS}
    if not len(codes) or not len(pool):
        return found
    rows, columns = codes < len(model.linear), pool < len(model.linear)
    found["linear"][np.ix_(rows, columns)] = (
        weights[rows, None] * model.linear[np.ix_(codes[rows], pool[columns])]
    )
    warm = len(model.factors.items)
    rows, columns = codes < warm, pool < warm
    matrix, sides = model.factors.system(codes[rows], weights[rows])
    vectors = np.linalg.solve(matrix, model.factors.items[pool[columns]].T)
    found["factors"][np.ix_(rows, columns)] = sides @ vectors
    for name, neighbours in (("sequence", model.sequence), ("session", model.session)):
        if neighbours is not None:
            found[name] = neighbours.contributions(codes, weights, pool)
    vectors = model.content.embeddings
    found["embedding"] = averaging(weights)[:, None] * (vectors[codes] @ vectors[pool].T)
    blend = model.coefficients(len(codes))
    return {name: np.float32(blend[name]) * summands for name, summands in found.items()}


def reasons_of(
    model: Model, history: History, pool: NDArray[np.int64], boosted: Boosted
) -> list[tuple[float, list[Reason]]]:
    """For each pool item the share its reasons explain, and the reasons, largest first."""
    by_part = film_contributions(model, history, pool)
    films = sum(by_part.values(), np.zeros((len(history.codes), len(pool)), np.float32))
    interest = model.content.interest(history.codes, averaging(history.weights))
    weight = model.coefficients(len(history.codes))
    taste = model.taste_scores(history.taste)[pool] * weight["taste"]
    answers = []
    for column, item in enumerate(pool.tolist()):
        summands: list[tuple[float, str, Any]] = []
        gains = films[:, column]
        positive = float(gains[gains > 0].sum())
        top = np.argsort(-gains)[:FILMS_SHOWN]
        summands += [
            (float(gains[row]), "because_you_rated", int(history.codes[row])) for row in top
        ]
        own, shared = model.content.feature_contributions(*interest, item)
        for feature, amount in zip(own.tolist(), shared.tolist(), strict=True):
            amount *= weight["features"]  # noqa: PLW2901  # raw to weighted
            positive += max(amount, 0)
            if model.content.kinds[feature] in NAMED_FEATURES:
                summands.append(
                    (amount, model.content.kinds[feature], model.content.names[feature])
                )
        everyone = [
            (float(model.popularity[item]) * weight["popularity"], "popular", None),
            (float(model.trending[item]) * weight["trending"], "trending", None),
            (float(taste[column]), "taste", None),
        ]
        for boost, codes, amounts in boosted:
            amount = float(amounts[codes == item].sum())
            everyone.append((amount, boost.kind, boost.subject))
        positive += sum(max(amount, 0) for amount, _, _ in everyone)
        answers.append(_shown(model, summands + everyone, positive))
    return answers


def _shown(
    model: Model, summands: list[tuple[float, str, Any]], positive: float
) -> tuple[float, list[Reason]]:
    """The largest summands as reasons with shares of all that is positive."""
    ranked = sorted((s for s in summands if s[0] > 0), key=lambda s: -s[0])
    reasons = [
        Reason(
            kind,
            model.item_ids[subject].item() if kind == "because_you_rated" else subject,
            amount,
            amount / positive,
        )
        for amount, kind, subject in ranked[:SHOWN]
        if amount >= SMALLEST_SHARE * positive
    ]
    return min(1.0, sum(reason.share for reason in reasons)), reasons


def explain(model: Model, history: History, code: int, boosted: Boosted) -> Explanation:
    """Take one item's score apart completely."""
    pool = np.array([code], dtype=np.int64)
    by_part = film_contributions(model, history, pool)
    weight = model.coefficients(len(history.codes))
    own, shared = model.content.feature_contributions(
        *model.content.interest(history.codes, averaging(history.weights)), code
    )
    features = sorted(
        (
            (model.content.kinds[f], model.content.names[f], amount * weight["features"])
            for f, amount in zip(own.tolist(), shared.tolist(), strict=True)
        ),
        key=lambda feature: -abs(feature[2]),
    )
    parts = {name: float(summands.sum()) for name, summands in by_part.items()}
    parts["features"] = sum(amount for _, _, amount in features)
    parts["popularity"] = float(model.popularity[code]) * weight["popularity"]
    parts["trending"] = float(model.trending[code]) * weight["trending"]
    parts["taste"] = float(model.taste_scores(history.taste)[code]) * weight["taste"]
    parts["boosts"] = float(sum(amounts[codes == code].sum() for _, codes, amounts in boosted))
    films = [
        FilmContribution(
            item=model.item_ids[film].item(),
            total=float(sum(summands[row, 0] for summands in by_part.values())),
            parts={name: float(summands[row, 0]) for name, summands in by_part.items()},
        )
        for row, film in enumerate(history.codes.tolist())
    ]
    explained, reasons = reasons_of(model, history, pool, boosted)[0]
    return Explanation(
        item=model.item_ids[code].item(),
        score=sum(parts.values()),
        parts=parts,
        films=sorted(films, key=lambda film: -film.total),
        features=features,
        explained=explained,
        reasons=reasons,
    )
