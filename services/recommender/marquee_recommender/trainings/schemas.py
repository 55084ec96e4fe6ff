"""Trainings as the data team sees them."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from marquee_recommender.models.gate import Activation
from marquee_shared.jobs import JobRead
from marquee_shared.schemas import RequestModel

Trigger = Literal["request", "changes", "schedule", "command_line"]


class TrainingCreate(RequestModel):
    """How to train; everything has a default."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"parameters": {"factors": 64}, "tune_seconds": 60}]}
    )

    parameters: dict[str, Any] = Field(
        default_factory=dict, description="Dials of the engine to set otherwise."
    )
    tune_seconds: int = Field(
        default=0,
        ge=0,
        le=3600,
        description="How long the dials may be tuned before; 0 not at all.",
    )
    activation: Activation = Field(
        default="when_it_holds",
        description="Whether the new model ranks: when its metrics hold against the active "
        "one's, always, or never (until it is activated by hand).",
    )


class TrainingRead(JobRead):
    """A training as a job; its `result` names the model."""

    trigger: Trigger = Field(description="What it was started by.")
