"""Every dial of training and serving in one typed, serialisable place."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from marquee_recommender.engine.errors import ParametersInvalid

PARTS = (
    "linear",
    "factors",
    "sequence",
    "session",
    "features",
    "embedding",
    "popularity",
    "trending",
    "taste",
)
"""The rankers of the blend, in the order their scores are stacked."""


def default_weights() -> dict[str, float]:
    """Weights of the blend for a long profile where nothing was learned."""
    return {
        "linear": 1.0,
        "factors": 0.5,
        "sequence": 0.2,
        "session": 0.5,
        "features": 0.05,
        "embedding": 0.05,
        "popularity": 0.0,
        "trending": 0.02,
        "taste": 0.2,
    }


def default_cold_weights() -> dict[str, float]:
    """Weights of the blend for an empty profile where nothing was learned."""
    return {
        "linear": 1.0,
        "factors": 1.0,
        "sequence": 0.1,
        "session": 0.3,
        "features": 0.1,
        "embedding": 0.1,
        "popularity": 0.2,
        "trending": 0.1,
        "taste": 1.5,
    }


def warmth_of(films: Any, cold_films: float) -> Any:
    """Share (0 to 1) that the weights for long profiles have at so many films."""
    return films**2 / (films**2 + cold_films**2)


@dataclass(frozen=True, slots=True)
class Parameters:
    """Settings of one training; `metrics` and `manifest.json` quote them back.

    Interactions count by a preference between -1 and 1: a rating of `like_from` or more is 1, of
    `neutral` 0, below it negative down to `-dislike_weight`. With `graded=False` every
    interaction is 1, which is the convention of the published benchmarks.
    """

    seed: int = 7
    threads: int = 2

    graded: bool = True
    like_from: float = 3.5
    neutral: float = 2.5
    dislike_weight: float = 0.5
    seen_weight: float = 0.5

    recency: bool = True
    recency_decay: float = 0.8
    """Weight lost per step back in a profile (1 = every film counts alike)."""
    recency_floor: float = 0.02
    """What the oldest film still weighs."""
    history: int = 1000
    """The newest films of a profile that are folded in; older ones are only excluded."""

    factors: int = 128
    iterations: int = 15
    confidence: float = 4.0
    """`alpha` in the convention of `implicit`: c = confidence · value."""
    regularization: float = 20.0
    frequency_power: float = 1.0
    """nu of Rendle et al. (2021): regularisation grows with (count + n / (c - 1))^nu."""

    spark_alpha: float = 3.0
    """Only on Spark: c = 1 + alpha."""
    spark_regularization: float = 0.1
    """Only on Spark, which multiplies it by each row's count."""

    linear_items: int = 4000
    """Items of the item-item model, the most popular ones: its matrix is quadratic in this."""
    linear_l2: float = 150.0
    """Ridge at 1000 users; it grows with the root of their number."""
    linear_dropout: float = 0.5
    """p of EDLAE (Steck 2020); 0 is EASE."""
    linear_user_power: float = 0.4
    """Users count by their number of films to minus this power."""
    linear_near_share: float = 0.8
    """How much of what films have in common is counted by how near in time they were met."""
    linear_near_decay: float = 0.95
    """Nearness lost per film between two."""

    sequence_lags: int = 10
    sequence_decay: float = 0.8
    sequence_power: float = 0.5
    """Successors' weights are divided by the target's total to this power."""
    session_lags: int = 5
    session_decay: float = 0.5
    session_power: float = 0.7
    """The same for films met close together, in either order."""
    neighbours: int = 200
    """Entries kept per film in both."""

    embedding_dimensions: int = 64
    half_life_days: float = 30.0
    """Half-life of trending."""

    exhaustive_items: int = 50_000
    """Catalogs up to this size are scored whole, larger ones by a shortlist of candidates."""

    weights: dict[str, float] = field(default_factory=default_weights)
    cold_weights: dict[str, float] = field(default_factory=default_cold_weights)
    cold_films: float = 4.0
    """Films at which a profile is ranked half by the one, half by the other weights."""
    diversity: float = 0.15
    """Default of the MMR dial: 0 is pure score, 1 pure variety."""

    def __post_init__(self) -> None:
        unknown = {*self.weights, *self.cold_weights} - set(PARTS)
        if unknown:
            raise ParametersInvalid(f"unknown rankers in weights: {sorted(unknown)}")
        if self.confidence <= 1:
            raise ParametersInvalid("confidence must be above 1, the weight of the unobserved")
        if not 0 <= self.linear_dropout < 1:
            raise ParametersInvalid("linear_dropout must be in [0, 1)")
        if not 0 <= self.linear_near_share <= 1 or not 0 < self.linear_near_decay < 1:
            raise ParametersInvalid("linear_near_share must be in [0, 1], its decay in (0, 1)")
        if not 0 < self.recency_decay <= 1 or not 0 <= self.recency_floor <= 1:
            raise ParametersInvalid("recency_decay and recency_floor must be in (0, 1]")
        if min(self.factors, self.iterations, self.history, self.embedding_dimensions) < 1:
            raise ParametersInvalid("factors, iterations, history, dimensions must be positive")

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Parameters:
        """Inverse of `to_dict`; raises `ParametersInvalid` for a name that does not exist."""
        unknown = set(values) - {item.name for item in fields(cls)}
        if unknown:
            raise ParametersInvalid(f"unknown parameters: {sorted(unknown)}")
        return cls(**values)

    def but(self, **changes: Any) -> Parameters:
        """A copy with some values changed."""
        return replace(self, **changes)
