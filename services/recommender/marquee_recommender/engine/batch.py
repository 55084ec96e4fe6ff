"""Many histories scored together: evaluation, tuning and exports in blocks of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marquee_recommender.engine.profiles import averaging

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from marquee_recommender.engine.model import Model
    from marquee_recommender.engine.profiles import History

BLOCK = 256
"""Users per block; a block of part scores takes BLOCK · items · 4 bytes per ranker."""


def part_blocks(
    model: Model, histories: Sequence[History]
) -> Iterator[tuple[slice, dict[str, NDArray[np.float32]]]]:
    """Raw scores of every ranker, [block, items], equal to `Model.part_scores` row by row."""
    for start in range(0, len(histories), BLOCK):
        block = histories[start : start + BLOCK]
        yield slice(start, start + len(block)), part_scores(model, block)


def part_scores(model: Model, histories: Sequence[History]) -> dict[str, NDArray[np.float32]]:
    """Raw scores [histories, items] by ranker."""
    from scipy import sparse  # noqa: PLC0415  # serving one member goes without it

    items = len(model.item_ids)
    shape = (len(histories), items)
    weights = sparse_rows([(h.codes, h.weights) for h in histories], items)
    means = sparse_rows([(h.codes, averaging(h.weights)) for h in histories], items)
    listed, warm = len(model.linear), len(model.factors.items)
    parts = {name: np.zeros(shape, dtype=np.float32) for name in ("linear", "factors")}
    parts["linear"][:, :listed] = weights[:, :listed].toarray() @ model.linear
    vectors = np.stack([model.factors.fold_in(h.codes, h.weights) for h in histories])
    parts["factors"][:, :warm] = vectors @ model.factors.items.T
    for name, neighbours in (("sequence", model.sequence), ("session", model.session)):
        if neighbours is not None:
            parts[name] = (weights @ neighbours.matrix(items)).toarray()
    content = model.content
    features = sparse.csr_matrix(
        (content.item_weights, content.item_features, content.item_starts),
        shape=(items, len(content.names)),
    )
    parts["features"] = ((means @ features) @ features.T).toarray()
    parts["embedding"] = (means @ content.embeddings) @ content.embeddings.T
    parts["popularity"] = np.broadcast_to(model.popularity, shape)
    parts["trending"] = np.broadcast_to(model.trending, shape)
    parts["taste"] = np.stack([model.taste_scores(h.taste) for h in histories])
    return parts


def blend(
    model: Model, parts: dict[str, NDArray[np.float32]], histories: Sequence[History]
) -> NDArray[np.float32]:
    """Blended scores [histories, items], equal to `Model.score_history` row by row."""
    by_length = {len(h.codes): model.coefficients(len(h.codes)) for h in histories}
    total: NDArray[np.float32] = np.zeros(parts["linear"].shape, dtype=np.float32)
    for name, scores in parts.items():
        column = np.array([by_length[len(h.codes)][name] for h in histories], dtype=np.float32)
        if column.any():
            total += column[:, None] * scores
    return total


def top(
    scores: NDArray[np.float32], known: Sequence[NDArray[np.int64]], depth: int
) -> NDArray[np.int64]:
    """Codes [users, depth] of the best items per row, those in `known` left out.

    `scores` is overwritten at the known items. Ties go to the more popular item.
    """
    for row, codes in enumerate(known):
        scores[row, codes] = -np.inf
    depth = min(depth, scores.shape[1])
    best = np.argpartition(-scores, depth - 1, axis=1)[:, :depth]
    best.sort(axis=1)
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)


def sparse_rows(rows: Sequence[tuple[NDArray[np.int64], NDArray[np.float32]]], columns: int) -> Any:
    """A CSR float32 matrix from (columns, values) per row."""
    from scipy import sparse  # noqa: PLC0415  # see above

    lengths = [len(codes) for codes, _ in rows]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    places = np.concatenate([codes for codes, _ in rows]) if rows else np.empty(0, np.int64)
    values = np.concatenate([w for _, w in rows]) if rows else np.empty(0, np.float32)
    return sparse.csr_matrix((values, places, starts), shape=(len(rows), columns), dtype=np.float32)
