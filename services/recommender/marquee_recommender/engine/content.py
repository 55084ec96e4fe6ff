"""Likeness by content: structured features with exact reasons, and a dense embedding of all.

Features (genre, tag, director, actor, country, decade) are TF-IDF weighted unit rows, so a
profile's score splits exactly over the features it shares with an item. The embedding is the
truncated SVD (randomised: Halko, Martinsson, Tropp 2011) of features and text together; where the
items bring text vectors of a language model, those stand in the place of the words.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marquee_recommender.engine.sequence import spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from marquee_recommender.engine.items import Items
    from marquee_recommender.engine.parameters import Parameters

WORD = re.compile(r"[^\W\d_]{3,}")
STOP = frozenset(
    """
    about after all and are before but can for from has have her his into its not off one
    out own she that the their them they this through two was when where which while who
    will with film movie story directed starring written based produced american
    """.split()  # noqa: SIM905  # a list of sixty quoted words is unreadable
)
"""Words that tell no two films apart."""
VOCABULARY_LIMIT = 20_000
KIND_WEIGHTS = {
    "genre": 1.0,
    "tag": 1.0,
    "director": 1.2,
    "actor": 0.8,
    "country": 0.4,
    "decade": 0.4,
}
TEXT_WEIGHT = 0.7


@dataclass(frozen=True, slots=True)
class Content:
    """Features as postings in both directions, and embeddings.

    Attributes:
        kinds, names: per feature, what a reason says.
        item_starts: int64 [items + 1]; item_features: int32; item_weights: float32 (CSR).
        starts: int64 [features + 1]; items: int32; weights: float32 (the same, by feature).
        embeddings: float32 [items, e], unit rows, zero where nothing is known.
    """

    kinds: list[str]
    names: list[str]
    item_starts: NDArray[np.int64]
    item_features: NDArray[np.int32]
    item_weights: NDArray[np.float32]
    starts: NDArray[np.int64]
    items: NDArray[np.int32]
    weights: NDArray[np.float32]
    embeddings: NDArray[np.float32]

    def feature_scores(
        self, codes: NDArray[np.int64], weights: NDArray[np.float32], items: int
    ) -> NDArray[np.float32]:
        """Scores [items] of the features shared with the given films, two sparse products."""
        strengths = self._strengths(codes, weights)
        wanted = np.flatnonzero(strengths)
        places, lengths = spans(self.starts, wanted)
        amounts = self.weights[places] * np.repeat(strengths[wanted], lengths)
        return np.bincount(self.items[places], weights=amounts, minlength=items).astype(np.float32)

    def feature_scores_at(
        self,
        codes: NDArray[np.int64],
        weights: NDArray[np.float32],
        wanted: NDArray[np.int64],
    ) -> NDArray[np.float32]:
        """`feature_scores` of the wanted items only."""
        strengths = self._strengths(codes, weights)
        places, lengths = spans(self.item_starts, wanted)
        amounts = self.item_weights[places] * strengths[self.item_features[places]]
        rows = np.repeat(np.arange(len(wanted)), lengths)
        return np.bincount(rows, weights=amounts, minlength=len(wanted)).astype(np.float32)

    def _strengths(
        self, codes: NDArray[np.int64], weights: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """The films in feature space, [features]."""
        places, lengths = spans(self.item_starts, codes)
        amounts = self.item_weights[places] * np.repeat(weights, lengths)
        summed = np.bincount(self.item_features[places], weights=amounts, minlength=len(self.names))
        return summed.astype(np.float64, copy=False)

    def between(
        self, codes: NDArray[np.int64], pool: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
        """The pool's features [m], ascending, with the weights of films [n, m] and pool [p, m]."""
        places, lengths = spans(self.item_starts, pool)
        features, columns = np.unique(self.item_features[places], return_inverse=True)
        offered = np.zeros((len(pool), len(features)), dtype=np.float32)
        offered[np.repeat(np.arange(len(pool)), lengths), columns] = self.item_weights[places]
        shared = np.zeros((len(codes), len(features)), dtype=np.float32)
        places, lengths = spans(self.item_starts, codes)
        if len(features) and len(places):
            own = self.item_features[places]
            columns = np.minimum(np.searchsorted(features, own), len(features) - 1)
            hit = features[columns] == own
            rows = np.repeat(np.arange(len(codes)), lengths)[hit]
            shared[rows, columns[hit]] = self.item_weights[places[hit]]
        return features.astype(np.int64), shared, offered


def train_content(items: Items, rows: NDArray[np.int64], parameters: Parameters) -> Content:
    """Features and embeddings; `rows[code]` is the item's row in `items`, -1 if it has none."""
    from scipy import sparse  # noqa: PLC0415  # serving reads the arrays alone

    pairs: list[list[tuple[str, str]]] = [
        sorted(set(items.features(row))) if row >= 0 else [] for row in rows.tolist()
    ]
    counts = Counter(pair for row in pairs for pair in row)
    vocabulary = sorted(pair for pair, n in counts.items() if n > 1)
    matrix = _tfidf(pairs, vocabulary, KIND_WEIGHTS)
    by_feature = matrix.tocsc()
    if items.vectors is None:
        text, _ = text_matrix([items.text(row) if row >= 0 else "" for row in rows.tolist()])
    else:
        known = np.where((rows >= 0)[:, None], items.vectors[rows], np.float32(0))
        text = sparse.csr_matrix(known)
    return Content(
        kinds=[kind for kind, _ in vocabulary],
        names=[name for _, name in vocabulary],
        item_starts=matrix.indptr.astype(np.int64),
        item_features=matrix.indices.astype(np.int32),
        item_weights=matrix.data,
        starts=by_feature.indptr.astype(np.int64),
        items=by_feature.indices.astype(np.int32),
        weights=by_feature.data,
        embeddings=embed(
            sparse.hstack([matrix, text * TEXT_WEIGHT], format="csr"),
            parameters.embedding_dimensions,
            parameters.seed,
        ),
    )


def words_of(text: str) -> list[str]:
    """The words of a text that may tell films apart, in lower case."""
    return [word for word in WORD.findall(text.lower()) if word not in STOP]


def text_matrix(texts: Sequence[str]) -> tuple[Any, list[str]]:
    """TF-IDF rows [texts, words] and the words: the most common that more than one text has."""
    rows = [words_of(text) for text in texts]
    spread = Counter(word for row in rows for word in set(row))
    lexicon = sorted(word for word, n in spread.most_common(VOCABULARY_LIMIT) if n > 1)
    terms = [("text", word) for word in lexicon]
    paired = [[("text", word) for word in row] for row in rows]
    return _tfidf(paired, terms, {"text": 1.0}), lexicon


def _tfidf(
    rows: list[list[tuple[str, str]]],
    vocabulary: list[tuple[str, str]],
    kind_weights: dict[str, float],
) -> Any:
    """Unit rows of weight · sqrt(term count) · log(N / n), CSR float32 [items, terms]."""
    from scipy import sparse  # noqa: PLC0415

    place = {pair: column for column, pair in enumerate(vocabulary)}
    row_index: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for row, pairs in enumerate(rows):
        for pair, n in sorted(Counter(pairs).items()):
            if pair in place:
                row_index.append(row)
                columns.append(place[pair])
                values.append(kind_weights.get(pair[0], 0.6) * n**0.5)
    shape = (len(rows), len(vocabulary))
    matrix = sparse.csr_matrix((values, (row_index, columns)), shape=shape, dtype=np.float32)
    spread = np.bincount(matrix.indices, minlength=shape[1])
    idf = np.log((1 + len(rows)) / (1 + spread)).astype(np.float32) + 0.1
    matrix.data *= idf[matrix.indices]
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    matrix.data /= np.repeat(np.maximum(norms, 1e-12), np.diff(matrix.indptr)).astype(np.float32)
    matrix.sort_indices()
    return matrix


def embed(matrix: Any, dimensions: int, seed: int) -> NDArray[np.float32]:
    """Unit rows [items, min(dimensions, rank)] of the truncated SVD of a sparse matrix."""
    if min(dimensions, *matrix.shape) == 0 or matrix.nnz == 0:
        return np.zeros((matrix.shape[0], dimensions), dtype=np.float32)
    vectors, _ = truncated_svd(matrix, dimensions, seed)
    return unit_rows(vectors)


def truncated_svd(
    matrix: Any, dimensions: int, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Left vectors times singular values [rows, d], and right vectors [d, columns]."""
    size = min(dimensions, *matrix.shape)
    probe = np.random.default_rng(seed).standard_normal(
        (matrix.shape[1], min(size + 10, *matrix.shape))
    )
    basis = np.linalg.qr(matrix @ probe.astype(np.float32))[0]
    for _ in range(4):
        basis = np.linalg.qr(matrix @ np.linalg.qr(matrix.T @ basis)[0])[0]
    left, scale, right = np.linalg.svd((matrix.T @ basis).T, full_matrices=False)
    vectors = (basis @ left[:, :size]) * scale[:size]
    return vectors.astype(np.float32), right[:size].astype(np.float32)


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of length 1; those of nothing stay 0."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = (vectors / np.maximum(norms, 1e-12)).astype(np.float32)
    return unit
