"""Impressions and clicks."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from marquee_shared.schemas import Line, RequestModel, ResponseModel

EXAMPLE: JsonDict = {
    "events": [
        {
            "type": "click",
            "movie": "heat-1995",
            "request_id": "0d9f2c6a1b7e4f53",
            "position": 1,
            "at": "2026-11-20T18:00:00Z",
        }
    ]
}


class FeedbackEvent(RequestModel):
    """A film was seen in a list, or clicked."""

    type: Literal["impression", "click"]
    movie: Annotated[Line, StringConstraints(min_length=1, max_length=300)] = Field(
        description="Its slug."
    )
    request_id: Annotated[Line, StringConstraints(min_length=1, max_length=200)] = Field(
        description="`request_id` of the answer it was in."
    )
    position: int | None = Field(default=None, ge=0, le=10_000)
    at: AwareDatetime | None = Field(
        default=None, description="When; now by default, and never later than now."
    )


class FeedbackBatch(RequestModel):
    """What happened, in any order; safe to send twice."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    events: list[FeedbackEvent] = Field(min_length=1, max_length=500)


class Rejected(ResponseModel):
    """An event that was not taken."""

    index: int
    code: Literal["movie_not_found"]


class FeedbackTaken(ResponseModel):
    """What came of a batch."""

    accepted: int
    rejected: list[Rejected]
