"""Signals in and out."""

from datetime import datetime

from pydantic import Field

from marquee_shared.events.social import SignalKind
from marquee_shared.schemas import RequestModel, ResponseModel
from marquee_social.movies.schemas import MovieSummary


class SignalWrite(RequestModel):
    """What the caller says of a film."""

    kind: SignalKind = Field(description="A new signal takes the place of the one before.")


class SignalRead(ResponseModel):
    """The caller's signal about a film."""

    kind: SignalKind
    movie: MovieSummary
    created_at: datetime
    updated_at: datetime
