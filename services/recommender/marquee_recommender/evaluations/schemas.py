"""Evaluations as the data team sees them."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from marquee_shared.jobs import JobRead
from marquee_shared.schemas import Line, RequestModel, ResponseModel

Version = Annotated[Line, StringConstraints(min_length=1, max_length=64)]


class SplitIn(RequestModel):
    """What is hidden from the training and to be found."""

    kind: Literal["random", "last_out", "users"] = Field(
        default="last_out",
        description="A random part of each member's films; each member's last; or whole members, "
        "of whom a random 80 % of films stay known (strong generalisation).",
    )
    seed: int = Field(default=7, ge=0, le=2**31 - 1, description="The same one, the same split.")
    fraction: float = Field(
        default=0.2,
        gt=0,
        le=0.5,
        description="How much is hidden: of each member's films, or of the members.",
    )


class EvaluationCreate(RequestModel):
    """What to measure; everything has a default."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"split": {"kind": "random", "seed": 1, "fraction": 0.2}, "k": [10, 20]}]
        }
    )

    model: Version | None = Field(default=None, description="A version; the one that ranks.")
    split: SplitIn = Field(default_factory=SplitIn)
    k: list[Annotated[int, Field(ge=1, le=100)]] = Field(
        default=[10, 20], min_length=1, max_length=10, description="Depths of the lists."
    )


class Asked(ResponseModel):
    """What was asked for."""

    model: str
    split: SplitIn
    k: list[int]


class EvaluationRead(JobRead):
    """An evaluation as a job.

    `result` has `metrics` of the blend, each with the 95 % interval over members (`value, low,
    high`), the same of each ranker alone (`rankers`), `cold_start` and how many `cases` there were.
    """

    asked: Asked
    result: dict[str, Any] | None = None
