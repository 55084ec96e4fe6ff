"""From interactions and item features to a model."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from marquee_recommender.engine.content import train_content
from marquee_recommender.engine.factors import Factors, train_factors
from marquee_recommender.engine.interactions import UNKNOWN_TIME
from marquee_recommender.engine.items import Items
from marquee_recommender.engine.linear import train_linear
from marquee_recommender.engine.model import Model
from marquee_recommender.engine.parameters import Parameters
from marquee_recommender.engine.popularity import popularity, trending
from marquee_recommender.engine.sequence import timeline, train_sequence, train_session
from marquee_recommender.engine.shortlist import train_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marquee_recommender.engine.interactions import Interactions
    from marquee_recommender.engine.shortlist import Cells


class Progress(Protocol):
    """Told how far a training is; may raise `TrainingCancelled` to end it."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """`stage` is one of content, sequence, linear, factors, shortlist, tuning."""


Factorise = Callable[..., Factors]
"""Takes the matrix, the parameters and a callback (done, total); see `train_factors`."""


def silent(stage: str, done: int, total: int) -> None:
    """The progress callback of someone who does not look."""


def train(
    interactions: Interactions,
    items: Items | None = None,
    parameters: Parameters | None = None,
    progress: Progress = silent,
    factorise: Factorise = train_factors,
) -> Model:
    """Train every ranker; the same input and seed give the same model.

    `factorise` is the engine of the factorisation, `train_factors` or one of `spark`.
    Items without interactions are part of the model and reached by content; items that have
    interactions and are missing in `items` are ranked without features.
    """
    settings = parameters or Parameters()
    started = time.time()
    catalog = items if items is not None else Items(ids=interactions.item_ids)
    item_ids, codes, rows = arrange(interactions, catalog)
    matrix = preference_matrix(interactions, codes, len(item_ids))
    counts = np.bincount(codes[interactions.items], minlength=len(item_ids)).astype(np.float64)
    warm = int((counts > 0).sum())
    progress("content", 0, 1)
    content = train_content(catalog, rows, settings)
    progress("content", 1, 1)
    sequence = session = None
    if interactions.timed:
        progress("sequence", 0, 2)
        sequence = train_sequence(interactions, codes, len(item_ids), settings)
        progress("sequence", 1, 2)
        session = train_session(interactions, codes, len(item_ids), settings)
        progress("sequence", 2, 2)
    progress("linear", 0, 1)
    met = timeline(interactions, codes) if interactions.timed else None
    linear = train_linear(matrix[:, :warm], settings, met)
    progress("linear", 1, 1)
    factors = factorise(
        matrix[:, :warm], settings, lambda done, total: progress("factors", done, total)
    )
    model = Model(
        item_ids=item_ids,
        counts=counts.astype(np.int64),
        linear=linear,
        factors=factors,
        sequence=sequence,
        session=session,
        content=content,
        popularity=popularity(counts),
        trending=trending(
            codes[interactions.items], interactions.times, len(item_ids), settings.half_life_days
        ),
        scales={},
        parameters=settings,
        data=data_window(interactions),
    )
    if len(item_ids) > settings.exhaustive_items:
        progress("shortlist", 0, 1)
        model.cells = large_catalog_cells(model, settings)
        progress("shortlist", 1, 1)
    model.scales = part_scales(model, matrix, settings)
    model.data["seconds"] = round(time.time() - started, 3)
    return model


def large_catalog_cells(model: Model, parameters: Parameters) -> dict[str, Cells]:
    """The inverted files by which a large catalog is searched."""
    return {
        "factors": train_cells(model.factors.items, parameters.seed),
        "content": train_cells(model.content.embeddings, parameters.seed),
    }


def arrange(
    interactions: Interactions, items: Items
) -> tuple[NDArray[Any], NDArray[np.int32], NDArray[np.int64]]:
    """Order all items by falling count, ties by id.

    Returns:
        ids by code; the code of each position in `interactions.item_ids`; the row in `items` by
        code, -1 where there is none.
    """
    known = items.id_array()
    seen = interactions.item_ids
    if known.dtype.kind != seen.dtype.kind:
        known, seen = known.astype(np.str_), seen.astype(np.str_)
    every = np.union1d(known, seen)
    seen_place = np.searchsorted(every, seen)
    counts = np.zeros(len(every), dtype=np.int64)
    counts[seen_place] = np.bincount(interactions.items, minlength=len(seen))
    order = np.argsort(-counts, kind="stable")
    code_of = np.empty(len(every), dtype=np.int32)
    code_of[order] = np.arange(len(every))
    rows = np.full(len(every), -1, dtype=np.int64)
    rows[code_of[np.searchsorted(every, known)]] = np.arange(len(known))
    return every[order], code_of[seen_place], rows


def preference_matrix(interactions: Interactions, codes: NDArray[np.int32], count: int) -> Any:
    """CSR float32 [users, items] of ones where a user met an item, liked or not.

    What people choose to watch says more about kinship of films than how they liked them; how
    they liked them counts in the fold-in.
    """
    from scipy import sparse  # noqa: PLC0415  # serving never builds it

    ones = np.ones(len(interactions), dtype=np.float32)
    shape = (len(interactions.user_ids), count)
    return sparse.csr_matrix((ones, (interactions.users, codes[interactions.items])), shape=shape)


def part_scales(model: Model, matrix: Any, parameters: Parameters) -> dict[str, float]:
    """Typical spread over items of each ranker's scores, over a seeded sample of users."""
    random = np.random.default_rng(parameters.seed)
    active = np.flatnonzero(np.diff(matrix.indptr) > 0)
    sample = random.choice(active, size=min(200, len(active)), replace=False)
    spreads: dict[str, list[float]] = {}
    for user in np.sort(sample):
        codes = matrix.indices[matrix.indptr[user] : matrix.indptr[user + 1]].astype(np.int64)
        codes = random.permutation(codes)[: parameters.history]
        weights = np.ones(len(codes), dtype=np.float32)
        for name, scores in model.part_scores(codes, weights).items():
            spreads.setdefault(name, []).append(float(scores.std()))
    measured = {name: float(np.mean(values)) for name, values in spreads.items()}
    return {name: spread if spread > 0 else 1.0 for name, spread in measured.items()}


def data_window(interactions: Interactions) -> dict[str, Any]:
    """What the model was trained on: first and last second, rows, users, items."""
    dated = interactions.times[interactions.times != UNKNOWN_TIME]
    return {
        "from": int(dated.min()) if len(dated) else None,
        "to": int(dated.max()) if len(dated) else None,
        "interactions": len(interactions),
        "users": len(np.unique(interactions.users)),
        "items": len(np.unique(interactions.items)),
    }
