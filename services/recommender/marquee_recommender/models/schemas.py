"""Models as the data team sees them."""

from datetime import datetime
from typing import Any

from pydantic import Field

from marquee_shared.schemas import ResponseModel


class DataWindow(ResponseModel):
    """What a model was trained on."""

    from_: datetime | None = Field(alias="from", description="Time of the oldest interaction.")
    to: datetime | None = Field(description="Time of the newest interaction.")
    interactions: int
    users: int
    items: int


class Artifact(ResponseModel):
    """The stored model."""

    checksum: str = Field(description="sha256 over the manifest, which holds those of all files.")
    bytes: int


class ModelRead(ResponseModel):
    """A trained model."""

    version: str
    active: bool = Field(description="Whether this one ranks now.")
    engine: str
    code_version: str
    created_at: datetime
    parameters: dict[str, Any]
    data: DataWindow
    metrics: dict[str, Any] = Field(
        description="What the evaluation after its training found, with confidence intervals."
    )
    gate: dict[str, Any] = Field(
        description="What was decided after its training, and its figures against those of the "
        "model that ranked then: `decision` (`activated, refused, kept`) and `findings`."
    )
    drift: dict[str, Any] = Field(
        description="Population stability index of what members do now, and of the scores they "
        "get, against this model's training; from 0.25 on a distribution has drifted."
    )
    report: str = Field(description="Where its report is, a page with plots.")
    artifact: Artifact
