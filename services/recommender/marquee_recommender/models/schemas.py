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
    artifact: Artifact
