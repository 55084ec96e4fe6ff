"""Why an item stands where it stands, read off the scoring itself.

Every ranker is linear in the profile once the normal equations are set up, so its part of an
item's score is a sum over the films (item-item, factors, sequence, embedding) or over the shared
features. Nothing here is a second model: the numbers are the summands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marquee_recommender.engine.dissection import dissect

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from marquee_recommender.engine.dissection import Dissection
    from marquee_recommender.engine.factors import Solved
    from marquee_recommender.engine.model import Model
    from marquee_recommender.engine.profiles import History

    Boosted = Sequence[tuple["Boost", NDArray[np.int64], NDArray[np.float32]]]

SHOWN = 3
FILMS_SHOWN = 2
SMALLEST_SHARE = 0.03
SMALLEST_LOSS = 0.05
"""A film is named only if, without it, the score would lose this much of its contribution."""
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

    `parts` sum to `score`. For each of `dissection.FILM_PARTS` the films' contributions sum to
    that part; the features' contributions sum to the part `features`.
    """

    item: Any
    score: float
    parts: dict[str, float]
    films: list[FilmContribution]
    features: list[tuple[str, str, float]]
    explained: float
    reasons: list[Reason]


@dataclass(frozen=True, slots=True)
class _Summand:
    amount: float
    kind: str
    subject: Any


def reasons_of(
    model: Model,
    history: History,
    pool: NDArray[np.int64],
    scores: NDArray[np.float32],
    boosted: Boosted,
    solved: Solved | None = None,
) -> list[tuple[float, list[Reason]]]:
    """For each pool item the share its reasons explain, and the reasons, largest first.

    `scores` are the pool's, boosts included; `solved` is the fold-in behind them.
    """
    parts = dissect(model, history, pool, solved)
    films = sum(parts.by_film().values(), np.zeros((len(history.codes), len(pool)), np.float32))
    features = parts.by_feature()
    shared = _shared(model, history, pool, boosted)
    added = sum(amounts for amounts, _ in _boost_columns(pool, boosted))
    named = _named_films(parts, films, scores - added)
    answers = []
    for column in range(len(pool)):
        summands = [
            _Summand(float(films[row, column]), "because_you_rated", int(history.codes[row]))
            for row in named[column]
        ]
        for place in np.flatnonzero(features[column] > 0).tolist():
            feature = int(parts.features[place])
            if (kind := model.content.kinds[feature]) in NAMED_FEATURES:
                name = model.content.names[feature]
                summands.append(_Summand(float(features[column, place]), kind, name))
        summands += shared[column]
        positive = (
            float(films[:, column].clip(min=0).sum())
            + float(features[column].clip(min=0).sum())
            + sum(max(summand.amount, 0) for summand in shared[column])
        )
        answers.append(_shown(model, summands, positive))
    return answers


def _boost_columns(
    pool: NDArray[np.int64], boosted: Boosted
) -> list[tuple[NDArray[np.float32], Boost]]:
    """What each boost adds to each pool item."""
    columns = []
    for boost, codes, amounts in boosted:
        added = np.zeros(len(pool), dtype=np.float32)
        for code, amount in zip(codes.tolist(), amounts.tolist(), strict=True):
            added[pool == code] += amount
        columns.append((added, boost))
    return columns


def _shared(
    model: Model, history: History, pool: NDArray[np.int64], boosted: Boosted
) -> list[list[_Summand]]:
    """Per pool item the summands that come from no film: popularity, taste, boosts."""
    blend = model.coefficients(len(history.codes))
    columns = [
        (model.popularity[pool] * blend["popularity"], "popular", None),
        (model.trending[pool] * blend["trending"], "trending", None),
        (model.taste_scores(history.taste)[pool] * blend["taste"], "taste", None),
    ]
    columns += [(added, b.kind, b.subject) for added, b in _boost_columns(pool, boosted)]
    return [
        [_Summand(float(amounts[place]), kind, subject) for amounts, kind, subject in columns]
        for place in range(len(pool))
    ]


def _named_films(
    parts: Dissection, films: NDArray[np.float32], scores: NDArray[np.float32]
) -> list[list[int]]:
    """Per pool item the films with the largest contributions without which it would score less.

    A contribution alone does not show that: taking a film out lets older ones count for more. A
    film that was disliked may speak for its opposite, but is never named as what speaks for it.
    """
    if not len(films):
        return [[] for _ in range(films.shape[1])]
    liked = np.where(parts.history.weights[:, None] > 0, films, -np.inf)
    top = np.argsort(-liked, axis=0, kind="stable")[:FILMS_SHOWN]
    rows = np.unique(top)
    losses = scores - parts.without(rows)
    named: list[list[int]] = []
    for column, candidates in enumerate(top.T.tolist()):
        places = np.searchsorted(rows, candidates)
        named.append(
            [
                row
                for row, loss in zip(candidates, losses[places, column].tolist(), strict=True)
                if liked[row, column] > 0 and loss > SMALLEST_LOSS * liked[row, column]
            ]
        )
    return named


def _shown(model: Model, summands: list[_Summand], positive: float) -> tuple[float, list[Reason]]:
    """The largest summands as reasons with shares of all that is positive."""
    ranked = sorted((s for s in summands if s.amount > 0), key=lambda s: -s.amount)
    reasons = [
        Reason(
            s.kind,
            model.item_ids[s.subject].item() if s.kind == "because_you_rated" else s.subject,
            s.amount,
            s.amount / positive,
        )
        for s in ranked[:SHOWN]
        if s.amount >= SMALLEST_SHARE * positive
    ]
    return min(1.0, sum(reason.share for reason in reasons)), reasons


def explain(model: Model, history: History, code: int, boosted: Boosted) -> Explanation:
    """Take one item's score apart completely."""
    pool = np.array([code], dtype=np.int64)
    dissection = dissect(model, history, pool)
    by_part = dissection.by_film()
    amounts = dissection.by_feature()[0]
    features = sorted(
        (
            (model.content.kinds[feature], model.content.names[feature], amount)
            for feature, amount in zip(dissection.features.tolist(), amounts.tolist(), strict=True)
        ),
        key=lambda feature: -abs(feature[2]),
    )
    parts = {name: float(summands.sum()) for name, summands in by_part.items()}
    parts["features"] = sum(amount for _, _, amount in features)
    shared = _shared(model, history, pool, boosted)[0]
    parts |= dict(
        zip(("popularity", "trending", "taste"), (s.amount for s in shared), strict=False)
    )
    parts["boosts"] = sum(summand.amount for summand in shared[3:])
    films = [
        FilmContribution(
            item=model.item_ids[film].item(),
            total=float(sum(summands[row, 0] for summands in by_part.values())),
            parts={name: float(summands[row, 0]) for name, summands in by_part.items()},
        )
        for row, film in enumerate(history.codes.tolist())
    ]
    score = sum(parts.values())
    explained, reasons = reasons_of(
        model, history, pool, np.array([score], dtype=np.float32), boosted, dissection.solved
    )[0]
    return Explanation(
        item=model.item_ids[code].item(),
        score=score,
        parts=parts,
        films=sorted(films, key=lambda film: -film.total),
        features=features,
        explained=explained,
        reasons=reasons,
    )
