"""Exports, out."""

from datetime import datetime

from pydantic import Field

from marquee_shared.jobs import JobRead


class ExportRead(JobRead):
    """An export under way or done; `result` has its rows per service and data set."""

    download: str | None = Field(description="Where its archive is, once it has succeeded.")
    expires_at: datetime | None = Field(description="When the archive goes.")
