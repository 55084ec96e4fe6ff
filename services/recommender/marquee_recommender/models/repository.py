"""The registry's rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.outbox.relay import advisory_key

COLUMNS = (
    "version, active, revision, engine, code_version, created_at, activated_at, training_id, "
    "parameters, data, metrics, gate, drift, checksum, bytes"
)
LOCK = text("SELECT pg_advisory_xact_lock(:key)")
KEY = advisory_key("recommender:models")


async def lock_models(session: WriteSession) -> None:
    """Let one transaction at a time decide which model ranks."""
    await session.execute(LOCK, {"key": KEY})


async def find_model(session: ReadSession | WriteSession, version: str) -> Any | None:
    """Return a model's row."""
    statement = text(f"SELECT {COLUMNS} FROM models WHERE version = :version")  # noqa: S608 - a constant
    return (await session.execute(statement, {"version": version})).one_or_none()


async def find_active(session: ReadSession | WriteSession) -> Any | None:
    """Return the row of the model that ranks."""
    statement = text(f"SELECT {COLUMNS} FROM models WHERE active")  # noqa: S608 - a constant
    return (await session.execute(statement)).one_or_none()


async def find_trials(session: ReadSession, version: str) -> list[dict[str, Any]]:
    """Return what the tuning of a model tried."""
    statement = text("SELECT trials FROM models WHERE version = :version")
    trials: list[dict[str, Any]] = await session.scalar(statement, {"version": version}) or []
    return trials


async def list_models(
    session: ReadSession | WriteSession, limit: int, after: tuple[datetime, str] | None = None
) -> Sequence[Any]:
    """Return models, newest first."""
    at, version = after or (None, None)
    statement = text(
        f"SELECT {COLUMNS} FROM models "  # noqa: S608 - a constant
        "WHERE CAST(:at AS timestamptz) IS NULL OR (created_at, version) < (:at, :version) "
        "ORDER BY created_at DESC, version DESC LIMIT :limit"
    )
    rows = await session.execute(statement, {"at": at, "version": version, "limit": limit})
    return rows.all()


async def good_versions(session: ReadSession) -> list[tuple[str, str]]:
    """Return (version, checksum) as they are to be tried: the active one, then the last active."""
    rows = await session.execute(
        text(
            "SELECT version, checksum FROM models WHERE activated_at IS NOT NULL "
            "ORDER BY active DESC, activated_at DESC LIMIT 5"
        )
    )
    return [(row.version, row.checksum) for row in rows]


async def add_model(
    session: WriteSession, version: str, manifest: dict[str, Any], size: int, training_id: UUID
) -> None:
    """Add a model that does not rank yet."""
    await session.execute(
        text(
            "INSERT INTO models (version, engine, code_version, training_id, parameters, data, "
            "metrics, trials, checksum, bytes) VALUES (:version, :engine, :code_version, "
            ":training_id, CAST(:parameters AS jsonb), CAST(:data AS jsonb), "
            "CAST(:metrics AS jsonb), CAST(:trials AS jsonb), :checksum, :bytes)"
        ),
        {
            "version": version,
            "engine": manifest["engine"],
            "code_version": manifest["code_version"],
            "training_id": training_id,
            "parameters": orjson.dumps(manifest["parameters"]).decode(),
            "data": orjson.dumps(manifest["data"]).decode(),
            "metrics": orjson.dumps(manifest["metrics"]).decode(),
            "trials": orjson.dumps(manifest["trials"]).decode(),
            "checksum": manifest["checksum"],
            "bytes": size,
        },
    )


async def set_metrics(session: WriteSession, version: str, metrics: dict[str, Any]) -> None:
    """Keep what an evaluation found."""
    await session.execute(
        text("UPDATE models SET metrics = CAST(:metrics AS jsonb) WHERE version = :version"),
        {"version": version, "metrics": orjson.dumps(metrics).decode()},
    )


async def set_gate(session: WriteSession, version: str, gate: dict[str, Any]) -> None:
    """Keep why a model was let to rank, or was not."""
    await session.execute(
        text("UPDATE models SET gate = CAST(:gate AS jsonb) WHERE version = :version"),
        {"version": version, "gate": orjson.dumps(gate).decode()},
    )


async def set_drift(session: WriteSession, version: str, drift: dict[str, Any]) -> None:
    """Keep how far what happens now is from what a model learned from."""
    await session.execute(
        text("UPDATE models SET drift = CAST(:drift AS jsonb) WHERE version = :version"),
        {"version": version, "drift": orjson.dumps(drift).decode()},
    )


async def set_active(session: WriteSession, version: str) -> int:
    """Let a model rank in place of the one that does; return its new revision."""
    await session.execute(text("UPDATE models SET active = false WHERE active"))
    revision: int = (
        await session.execute(
            text(
                "UPDATE models SET active = true, revision = revision + 1, activated_at = now() "
                "WHERE version = :version RETURNING revision"
            ),
            {"version": version},
        )
    ).scalar_one()
    return revision


async def drop_old(session: WriteSession, keep: int) -> list[str]:
    """Delete all but the newest models and the last two that ranked; return what went."""
    rows = await session.execute(
        text(
            "DELETE FROM models WHERE NOT active AND version NOT IN "
            "(SELECT version FROM models ORDER BY created_at DESC, version DESC LIMIT :keep) "
            "AND version NOT IN (SELECT version FROM models WHERE activated_at IS NOT NULL "
            "ORDER BY activated_at DESC LIMIT 2) "
            "RETURNING version"
        ),
        {"keep": keep},
    )
    return list(rows.scalars())


async def all_versions(session: ReadSession) -> set[str]:
    """Return every version in the registry."""
    return set((await session.execute(text("SELECT version FROM models"))).scalars())
