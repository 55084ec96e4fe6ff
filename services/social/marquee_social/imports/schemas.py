"""Imports in and out."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from marquee_shared.jobs import Progress, State
from marquee_shared.schemas import RequestModel, ResponseModel
from marquee_social.imports.sources import Source
from marquee_social.movies.schemas import MovieSummary

RowState = Literal["matched", "ambiguous", "unmatched", "invalid"]
MOST_CHOICES = 500

Line = Annotated[int, Field(ge=1, le=2**31 - 1)]
MovieSlug = Annotated[str, Field(pattern=r"^[\w-]{1,200}$")]


class ImportCounts(ResponseModel):
    """How many films of an import are where; `waiting` have not been looked for yet."""

    rows: int
    waiting: int
    matched: int
    ambiguous: int
    unmatched: int
    invalid: int
    committed: int = Field(description="Of those matched, taken in.")


class ImportRead(ResponseModel):
    """An import and its latest job."""

    id: UUID
    kind: Literal["member_import"] = "member_import"
    source: Source
    file_name: str
    dry_run: bool
    state: State
    progress: Progress
    result: ImportCounts = Field(description="Also while the job runs: as far as it is.")
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    committed_at: datetime | None
    undone_at: datetime | None


class CandidateRead(ResponseModel):
    """A film that a row may mean."""

    movie: MovieSummary
    confidence: float


class ImportRow(ResponseModel):
    """What a file brings about one film."""

    line: int = Field(
        description="The number of its first row, counted from 1 over all files of an archive."
    )
    title: str
    year: int | None
    state: RowState
    confidence: float = Field(description="0 to 1: how sure the film is. Only an id gives 1.")
    movie: MovieSummary | None
    candidates: list[CandidateRead]
    brings: dict[str, Any] = Field(
        description="What is taken in of `rating`, `signal`, `watchlist`, `review`."
    )
    problems: list[str] = Field(
        description="What of the row could not be taken: `rating_invalid`, `review_invalid`, …"
    )
    committed: bool


class ImportCommit(RequestModel):
    """What to take in besides the rows that are sure."""

    choices: dict[Line, MovieSlug] = Field(
        default_factory=dict,
        max_length=MOST_CHOICES,
        description="Which film a row means, by its line: the movie's slug. Also for rows that "
        "are `matched` with another film, until they are taken in.",
    )
