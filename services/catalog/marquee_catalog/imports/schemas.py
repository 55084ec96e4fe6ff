"""Imports as editors read them."""

from pydantic import Field

from marquee_shared.jobs import JobRead
from marquee_shared.schemas import ResponseModel


class RejectionRead(ResponseModel):
    """A row that was not taken."""

    file: str
    line: int
    reason: str


class ImportRead(JobRead):
    """An import: a job, and the rows it refused."""

    rejected: list[RejectionRead] = Field(
        description="The first thousand; `result.rejected` counts them all."
    )
