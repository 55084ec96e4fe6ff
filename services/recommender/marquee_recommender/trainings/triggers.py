"""Trainings that start by themselves: after enough changes, and at night."""

import logging
import time
from datetime import UTC, datetime
from typing import Any

from marquee_recommender.settings import RecommenderSettings
from marquee_recommender.trainings import repository, service
from marquee_recommender.trainings.errors import TrainingRunning
from marquee_recommender.trainings.repository import Progress
from marquee_recommender.trainings.schemas import TrainingCreate, Trigger
from marquee_shared.service import Context

logger = logging.getLogger(__name__)

NIGHT_HOUR = 3
NIGHT_TUNING_SECONDS = 300
LOOK_SECONDS = 0.5
MEMORY = "training_watch"


class Watch:
    """What the consumer's process remembers between two looks; times are monotonic seconds."""

    def __init__(self) -> None:
        self.looked = float("-inf")
        self.changes = -1
        self.changed = 0.0
        self.due_since: float | None = None

    def is_quiet(
        self, changes: int, now: float, settings: RecommenderSettings, *, due: bool
    ) -> bool:
        """Whether enough changes are followed by a pause, or have waited for one too long.

        Args:
            changes: a number that differs after every change.
            now: the present, in monotonic seconds.
            settings: how long a pause is, and how long at most to wait for one.
            due: whether the changes are enough.
        """
        if changes != self.changes:
            self.changes, self.changed = changes, now
        if not due:
            self.due_since = None
            return False
        if self.due_since is None:
            self.due_since = now
        return (
            now - self.changed >= settings.training_quiet_seconds
            or now - self.due_since >= settings.training_longest_wait
        )


def threshold(progress: Progress, settings: RecommenderSettings) -> float:
    """Return how many changes make a training due."""
    share = settings.training_change_share * progress.interactions
    return max(settings.training_min_changes, share)


def failed_lately(failed_at: datetime | None, settings: RecommenderSettings) -> bool:
    """Whether the last one failed so short a time ago that the next would fail as well."""
    if failed_at is None:
        return False
    return (datetime.now(UTC) - failed_at).total_seconds() < settings.training_retry_seconds


async def on_drained(context: Context[RecommenderSettings]) -> None:
    """Start a training when enough has changed and the events pause; called by the consumer."""
    settings = context.settings
    now = time.monotonic()
    watch: Watch = context.state.setdefault(MEMORY, Watch())
    if not settings.training_automatic or now - watch.looked < LOOK_SECONDS:
        return
    watch.looked = now
    async with context.database.reading() as session:
        progress = await repository.read_progress(session)
    due = progress.pending >= threshold(progress, settings)
    quiet = watch.is_quiet(progress.changes, now, settings, due=due)
    if progress.busy or not quiet or failed_lately(progress.failed_at, settings):
        return
    await _start(context, "changes", progress, TrainingCreate())


async def train_nightly(context: Context[Any]) -> None:
    """Train with tuned dials at night, if anything has changed."""
    async with context.database.reading() as session:
        progress = await repository.read_progress(session)
    if progress.pending > 0:
        tuned = TrainingCreate(tune_seconds=NIGHT_TUNING_SECONDS)
        await _start(context, "schedule", progress, tuned)


async def _start(
    context: Context[Any], trigger: Trigger, progress: Progress, wanted: TrainingCreate
) -> None:
    try:
        async with context.database.transaction() as session:
            training = await service.create_training(session, context, trigger, wanted)
    except TrainingRunning:
        logger.info("no training was started: one runs already", extra={"trigger": trigger})
        return
    logger.info(
        "training started",
        extra={"training": str(training), "trigger": trigger, "changes": progress.pending},
    )
