"""Tasks that run by the clock. Each run is a job of the kind `scheduled:<name>`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from marquee_shared.jobs import JobRun, Jobs

if TYPE_CHECKING:
    from marquee_shared.service import Context

Cron = Callable[["Context[Any]"], Awaitable[dict[str, Any] | None]]

KIND_PREFIX = "scheduled:"


@dataclass(frozen=True)
class ScheduledTask:
    """A task run at set times (UTC) by one worker; `hour` None means every hour, `minute` a set.

    What `run` returns is the result of its job. `run` has to be safe to run again after it was
    killed halfway.
    """

    run: Cron
    hour: int | None
    minute: frozenset[int]

    @property
    def name(self) -> str:
        """What operators call it: `train_nightly` → `train-nightly`."""
        name: str = self.run.__name__
        return name.replace("_", "-")

    @property
    def kind(self) -> str:
        """The kind of its jobs."""
        return f"{KIND_PREFIX}{self.name}"

    @property
    def description(self) -> str:
        """The first line of the function's documentation."""
        return (self.run.__doc__ or "").strip().partition("\n")[0]

    @property
    def cron(self) -> str:
        """When it runs, as a cron expression."""
        hour = "*" if self.hour is None else str(self.hour)
        return f"{','.join(map(str, sorted(self.minute)))} {hour} * * *"

    def next_run(self, now: datetime) -> datetime:
        """Return the first time after `now`."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        while True:
            if self.hour is None or hour.hour == self.hour:
                for minute in sorted(self.minute):
                    moment = hour.replace(minute=minute)
                    if moment > now:
                        return moment
            hour += timedelta(hours=1)

    def register(self, jobs: Jobs) -> None:
        """Let its runs be jobs."""

        async def run(job: JobRun) -> dict[str, Any] | None:
            return await self.run(job.context)

        jobs.job(self.kind)(run)
