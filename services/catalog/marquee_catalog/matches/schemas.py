"""Questions for films, and the films that answer them."""

from typing import Annotated

from pydantic import Field, StringConstraints

from marquee_catalog.movies.schemas import MovieSummary
from marquee_shared.schemas import RequestModel, ResponseModel

MOST_ROWS = 500
MOST_CANDIDATES = 5

ForeignId = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class MatchRow(RequestModel):
    """What somebody else says of a film; all that is given is tried."""

    id: int | None = Field(default=None, ge=1, le=2**63 - 1)
    slug: Annotated[str, StringConstraints(max_length=200)] | None = None
    imdb: ForeignId | None = None
    tmdb: ForeignId | None = None
    movielens: ForeignId | None = None
    title: Annotated[str, StringConstraints(max_length=500)] | None = None
    year: int | None = Field(default=None, ge=0, le=10_000)


class MatchesWrite(RequestModel):
    """Rows to find the films of."""

    rows: Annotated[list[MatchRow], Field(max_length=MOST_ROWS)]


class Candidate(ResponseModel):
    """A film that a row may mean; `confidence` is at most 1, which only an id gives."""

    movie: MovieSummary
    external_ids: dict[str, str]
    confidence: float


class Match(ResponseModel):
    """The films that one row may mean, the surest first, at most five."""

    candidates: list[Candidate]


class Matches(ResponseModel):
    """One answer for each row, in their order."""

    items: list[Match]
