"""Jobs, schedules and queues as operators read them."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from marquee_shared.jobs import JobRead
from marquee_shared.schemas import ResponseModel


class OperatedJob(JobRead):
    """A job as operators see it."""

    attempts: int = Field(description="How often it was begun; a lost worker's job begins again.")
    requested_by: UUID | None = Field(description="The member who asked for it; null: nobody did.")


class KindCounts(ResponseModel):
    """How the jobs of one kind stand; ended ones of the last 24 hours."""

    kind: str
    queued: int
    running: int
    succeeded: int
    failed: int
    cancelled: int
    oldest_waiting: datetime | None = Field(description="Since when the first of them is queued.")


class Overview(ResponseModel):
    """What a service has to do and whether anybody does it."""

    service: str
    worker_alive: bool = Field(description="A worker gave a sign of life within five seconds.")
    kinds: list[KindCounts]
    events_waiting: int = Field(description="Events of its own that are not sent yet.")
    dead_letters: int = Field(description="Events of others that it could not handle.")


class ScheduleRead(ResponseModel):
    """A task that runs by the clock; times are UTC."""

    name: str
    description: str
    cron: str = Field(description="Minute, hour, day, month, weekday.", examples=["20 4 * * *"])
    next_run: datetime
    last_run: OperatedJob | None


class Schedule(ResponseModel):
    """All tasks of a service that run by the clock."""

    items: list[ScheduleRead]
