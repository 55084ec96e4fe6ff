"""Experiments as the data team and members see them."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from marquee_shared.schemas import Line, RequestModel, ResponseModel

State = Literal["draft", "running", "paused", "ended"]
Outcome = Literal["click", "rating", "like", "watch"]
OUTCOMES: tuple[Outcome, ...] = ("click", "rating", "like", "watch")
Ranker = Literal[
    "linear",
    "factors",
    "sequence",
    "session",
    "features",
    "embedding",
    "popularity",
    "trending",
    "taste",
]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,49}$")]
Weight = Annotated[float, Field(ge=-10, le=10, allow_inf_nan=False)]
Salt = Annotated[Line, StringConstraints(min_length=1, max_length=100)]
Description = Annotated[Line, StringConstraints(max_length=1000)]
Ramp = Annotated[
    float, Field(ge=0, le=1, allow_inf_nan=False, description="Share of members who take part.")
]
WindowHours = Annotated[
    int,
    Field(ge=1, le=24 * 90, description="How long after first being shown an outcome counts."),
]


class VariantConfig(RequestModel):
    """What a variant sets; the rest is as the model that ranks has it. Empty: as it is."""

    ranker: Literal["blend"] | Ranker | None = Field(
        default=None, description="One ranker alone, or the blend."
    )
    weights: dict[Ranker, Weight] | None = Field(
        default=None, description="Weights of the blend for members with a history."
    )
    cold_weights: dict[Ranker, Weight] | None = Field(
        default=None, description="Weights of the blend for members without one."
    )
    diversity: float | None = Field(
        default=None, ge=0, le=1, allow_inf_nan=False, description="0: score alone, 1: variety."
    )


class VariantIn(RequestModel):
    """One way of ranking."""

    key: Key
    weight: float = Field(default=1.0, gt=0, le=1e6, allow_inf_nan=False)
    config: VariantConfig = Field(default_factory=VariantConfig)


Variants = Annotated[list[VariantIn], Field(min_length=2, max_length=10)]

EXAMPLE: JsonDict = {
    "key": "more-variety",
    "description": "Does a livelier list get more clicks?",
    "variants": [
        {"key": "control", "weight": 1, "config": {}},
        {"key": "varied", "weight": 1, "config": {"diversity": 0.4}},
    ],
    "ramp": 0.2,
    "metric": "click",
}


class _Distinct(RequestModel):
    @model_validator(mode="after")
    def _keys_differ(self) -> Self:
        variants: list[VariantIn] = getattr(self, "variants", None) or []
        if len({variant.key for variant in variants}) < len(variants):
            message = "two variants have one key"
            raise ValueError(message)
        return self


class ExperimentCreate(_Distinct):
    """A new experiment. The variant called `control`, else the first, is what is compared with."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    key: Key
    description: Description = ""
    variants: Variants
    ramp: Ramp = 1.0
    state: Literal["draft", "running"] = "draft"
    metric: Outcome = Field(default="click", description="The outcome that decides.")
    window_hours: WindowHours = 24 * 7
    salt: Salt | None = Field(
        default=None, description="Members are assigned by it; the key by default."
    )


class ExperimentUpdate(_Distinct):
    """What to change. `variants` and `salt` only of a draft."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "running"}]})

    description: Description | None = None
    variants: Variants | None = None
    ramp: Ramp | None = None
    state: State | None = None
    metric: Outcome | None = None
    window_hours: WindowHours | None = None
    salt: Salt | None = None


class VariantRead(ResponseModel):
    """One way of ranking."""

    key: str
    weight: float
    config: VariantConfig


class ExperimentRead(ResponseModel):
    """An experiment."""

    key: str
    description: str
    variants: list[VariantRead]
    ramp: float
    state: State
    metric: Outcome
    window_hours: int
    salt: str
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class AssignmentRead(ResponseModel):
    """What a member gets, or would get once it runs."""

    experiment: str
    user: str
    variant: str
    counted: bool = Field(description="Whether they take part in the comparison.")
    reason: Literal["assigned", "outside_ramp", "opted_out"]


class Difference(ResponseModel):
    """A value against control's, with its 95 % interval."""

    value: float
    interval: tuple[float, float] | None = Field(description="Null where it cannot be told yet.")


class OutcomeRead(ResponseModel):
    """One outcome among a variant's members."""

    members: int = Field(description="Members with at least one within the window.")
    rate: float
    rate_interval: tuple[float, float] = Field(description="Wilson.")
    difference: Difference | None = Field(description="Rate minus control's; Newcombe.")
    lift: Difference | None = Field(description="Rate over control's, minus 1; Katz.")
    p_value: float | None = Field(description="Of equal rates, two-sided.")
    per_member: float = Field(description="How many each member had on average.")
    per_member_difference: Difference | None = Field(description="Against control's; Welch.")


class VariantReport(ResponseModel):
    """How a variant fares."""

    key: str
    control: bool
    weight: float
    members: int = Field(description="Members it was shown to.")
    exposures: int = Field(description="How often it was shown.")
    outcomes: int = Field(description="Members with the experiment's metric within the window.")
    rate: float
    lift: float | None
    interval: tuple[float, float] | None = Field(description="Of the lift, 95 %.")
    by_outcome: dict[Outcome, OutcomeRead]


class Guardrail(ResponseModel):
    """What must not get worse."""

    name: Literal["rejections", "ratings_low"]
    variant: str
    rate: float
    difference: Difference | None
    ok: bool = Field(description="False once the interval lies wholly above control's.")


class ExperimentReport(ResponseModel):
    """What came of an experiment so far."""

    experiment: str
    state: State
    metric: Outcome
    window_hours: int
    variants: list[VariantReport]
    sample_ratio_ok: bool = Field(
        description="False where members were not split by the weights: trust nothing then."
    )
    sample_ratio_p: float | None
    guardrails: list[Guardrail]


class MemberExperiment(ResponseModel):
    """An experiment the caller takes part in."""

    experiment: str
    description: str
    variant: str
    counted: bool
    since: datetime | None = Field(description="When it was first shown to them.")


class MemberExperiments(ResponseModel):
    """What is tried on the caller."""

    opted_out: bool
    items: list[MemberExperiment]


class OptOut(ResponseModel):
    """The caller takes part in no experiment."""

    opted_out: Literal[True] = True
    since: datetime
