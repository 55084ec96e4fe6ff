"""Training jobs with what triggered them, and how much has changed since the last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from marquee_shared.database import ReadSession, WriteSession

KIND = "training"

COLUMNS = (
    "id, kind, state, done, total, result, error, created_at, started_at, finished_at, "
    "coalesce(parameters->>'trigger', 'request') AS trigger"
)


async def find_training(session: ReadSession | WriteSession, training_id: UUID) -> Any | None:
    """Return a training's row."""
    statement = text(f"SELECT {COLUMNS} FROM jobs WHERE id = :id AND kind = :kind")  # noqa: S608 - a constant
    return (await session.execute(statement, {"id": training_id, "kind": KIND})).one_or_none()


async def list_trainings(session: ReadSession, limit: int, before: UUID | None) -> Sequence[Any]:
    """Return trainings, newest first."""
    statement = text(
        f"SELECT {COLUMNS} FROM jobs WHERE kind = :kind "  # noqa: S608 - a constant
        "AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
    )
    rows = await session.execute(statement, {"kind": KIND, "before": before, "limit": limit})
    return rows.all()


@dataclass(frozen=True, slots=True)
class Progress:
    """How much has changed, and what came of the last training.

    `changes` counts ever applied interactions; `trained` is what it was for the newest model,
    which learned from `interactions` of them (0 without a model).
    """

    changes: int
    trained: int
    interactions: int
    busy: bool
    failed_at: datetime | None

    @property
    def pending(self) -> int:
        """Return how many changes no model has seen."""
        return self.changes - self.trained


async def read_progress(session: ReadSession | WriteSession) -> Progress:
    """Return what decides whether a training is due."""
    row = (
        await session.execute(
            text(
                "SELECT coalesce(max(s.changes), 0) AS changes, "
                "coalesce(max(s.trained_changes), 0) AS trained, "
                "(SELECT (data->>'interactions')::bigint FROM models "
                " ORDER BY created_at DESC LIMIT 1) AS interactions, "
                "EXISTS (SELECT FROM jobs WHERE kind = :kind AND state IN ('queued', 'running')) "
                "AS busy, "
                "(SELECT CASE WHEN state IN ('failed', 'cancelled') THEN finished_at END FROM jobs "
                " WHERE kind = :kind ORDER BY id DESC LIMIT 1) AS failed_at "
                "FROM training_state s"
            ),
            {"kind": KIND},
        )
    ).one()
    return Progress(row.changes, row.trained, row.interactions or 0, row.busy, row.failed_at)


async def set_trained(session: WriteSession, changes: int) -> None:
    """Note up to which change the newest model has seen everything."""
    await session.execute(
        text(
            "INSERT INTO training_state (id, trained_changes) VALUES (1, :changes) "
            "ON CONFLICT (id) DO UPDATE SET trained_changes = excluded.trained_changes"
        ),
        {"changes": changes},
    )
