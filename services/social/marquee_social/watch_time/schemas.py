"""Watch time in and out. Durations and positions are seconds."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from marquee_shared.schemas import RequestModel, ResponseModel
from marquee_social.movies.schemas import MovieSummary

LONGEST = 200_000
"""Seconds: no film has a position beyond it."""


def _text_only(value: Any) -> Any:
    if not isinstance(value, str):
        message = "give the time as RFC 3339 text"
        raise ValueError(message)  # noqa: TRY004 - pydantic reports ValueErrors
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_text_only)]
SessionId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]


class PlayerEventWrite(BaseModel):
    """What a player did: send `progress` every ten seconds or so, and at every change."""

    model_config = ConfigDict(extra="forbid")  # the batch has been searched for NUL as a whole

    session_id: SessionId = Field(description="One playback of one film, as the client names it.")
    sequence: int = Field(
        ge=0,
        le=2**31 - 1,
        description="Counts up by one in a session; an event sent again keeps its number.",
    )
    movie: str = Field(max_length=200, description="The movie's slug.")
    type: Literal["start", "progress", "pause", "stop"]
    position: float = Field(ge=0, le=LONGEST, description="Where in the film, in seconds.")
    at: Moment = Field(description="When, by the player's clock.")
    speed: float = Field(
        default=1.0,
        ge=0.25,
        le=4,
        description="How fast the film runs from here. A position that goes on faster is a seek.",
    )


class WatchEventsWrite(RequestModel):
    """A batch of player events, in any order; what was sent before may be sent again."""

    events: list[PlayerEventWrite] = Field(min_length=1, max_length=500)


class RejectedEvent(ResponseModel):
    """An event that was not taken."""

    index: int
    code: Literal["movie_not_found", "at_out_of_range"]


class WatchEventsAccepted(ResponseModel):
    """What became of a batch; what was accepted is stored."""

    accepted: int
    rejected: list[RejectedEvent]


class WatchFigures(ResponseModel):
    """How much of a film was watched."""

    seconds_watched: float = Field(
        description="By the clock; replays count again, two devices at once do not."
    )
    coverage_seconds: float = Field(description="Of the film, each second once.")
    last_position: float
    progress: float | None = Field(
        description="0 to 1: coverage over runtime; null where no runtime is known."
    )
    completed: bool = Field(description="Nine tenths of the film have been seen.")
    last_watched_at: datetime | None


class WatchedMovieRead(WatchFigures):
    """A film somebody has watched."""

    movie: MovieSummary


class WatchTotals(ResponseModel):
    """How much a member has watched."""

    seconds_watched: float = Field(description="Each second of the clock once.")
    movies: int
    completed: int
    last_watched_at: datetime | None


class MovieWatchTotals(ResponseModel):
    """How much all members have watched of a film."""

    seconds_watched: float
    viewers: int
    completions: int
