"""What the API answers; fields that are not known here are ignored."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Movie(_Answer):
    """A film."""

    id: int
    slug: str
    title: str
    year: int | None


class Reason(_Answer):
    """Why a film is there."""

    kind: str
    text: str
    weight: float


class Recommendation(_Answer):
    """A recommended film."""

    movie: Movie
    score: float
    explained: float | None = None
    reasons: list[Reason] | None = None


class UserRecommendations(_Answer):
    """What to recommend to a member, or to a profile (`user` None)."""

    user: str | None
    model: str
    recommendations: list[Recommendation]


class MovieScore(_Answer):
    """A film's score; None where the model does not know it."""

    movie: Movie
    score: float | None


class Neighbour(_Answer):
    """A film like another."""

    movie: Movie
    score: float


class Neighbours(_Answer):
    """A film and those like it."""

    movie: Movie
    similar: list[Neighbour]


class Estimate(_Answer):
    """A mean over members and its 95 % interval."""

    value: float
    low: float
    high: float


class DataWindow(_Answer):
    """What a model was trained on."""

    from_: datetime | None = Field(alias="from")
    to: datetime | None
    interactions: int
    users: int
    items: int


def _estimates(found: dict[str, Any]) -> dict[str, Estimate]:
    return {name: Estimate.model_validate(value) for name, value in found.items()}


class Model(_Answer):
    """A trained model; `evaluation` is what was found after its training."""

    version: str
    active: bool
    engine: str
    code_version: str
    created_at: datetime
    parameters: dict[str, Any]
    data: DataWindow
    evaluation: dict[str, Any] = Field(alias="metrics")
    gate: dict[str, Any] = {}
    drift: dict[str, Any] = {}

    @property
    def metrics(self) -> dict[str, Estimate]:
        """The blend's figures by name; empty where none were taken."""
        return _estimates(self.evaluation.get("metrics", {}))


class Progress(_Answer):
    """How far a job is."""

    done: int
    total: int | None


class Job(_Answer):
    """A training or an evaluation."""

    id: UUID
    kind: str
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    progress: Progress
    result: dict[str, Any] | None
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    trigger: str | None = None

    @property
    def finished(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.state in ("succeeded", "failed", "cancelled")

    @property
    def metrics(self) -> dict[str, Estimate]:
        """The figures it has found by name; empty before its end."""
        return _estimates((self.result or {}).get("metrics", {}))


class Variant(BaseModel):
    """One way of ranking: `config` may set `ranker, weights, cold_weights, diversity`."""

    key: str
    weight: float = 1.0
    config: dict[str, Any] = {}


class Experiment(_Answer):
    """An experiment."""

    key: str
    description: str
    variants: list[Variant]
    ramp: float
    state: Literal["draft", "running", "paused", "ended"]
    metric: str
    window_hours: int
    salt: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class Assignment(_Answer):
    """What a member gets."""

    experiment: str
    user: str
    variant: str
    counted: bool
    reason: str


class VariantReport(_Answer):
    """How a variant fares."""

    key: str
    control: bool
    members: int
    exposures: int
    outcomes: int
    rate: float
    lift: float | None
    interval: tuple[float, float] | None
    by_outcome: dict[str, dict[str, Any]]


class Guardrail(_Answer):
    """What must not get worse."""

    name: str
    variant: str
    rate: float
    ok: bool


class Report(_Answer):
    """What came of an experiment so far."""

    experiment: str
    state: str
    metric: str
    variants: list[VariantReport]
    sample_ratio_ok: bool
    sample_ratio_p: float | None
    guardrails: list[Guardrail]
