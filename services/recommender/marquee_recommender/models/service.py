"""Rules of the registry."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from obstore.store import ObjectStore

from marquee_recommender.engine import ArtifactInvalid
from marquee_recommender.models import repository
from marquee_recommender.models.active import obtain
from marquee_recommender.models.errors import ModelBroken, ModelNotFound
from marquee_recommender.models.report import render
from marquee_recommender.models.schemas import Artifact, DataWindow, ModelRead
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.recommender import ModelActivated
from marquee_shared.outbox import publish


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def as_read(row: Any) -> ModelRead:
    """Return a registry row as the API shows it."""
    return ModelRead(
        version=row.version,
        active=row.active,
        engine=row.engine,
        code_version=row.code_version,
        created_at=row.created_at,
        parameters=row.parameters,
        data=DataWindow.model_validate(
            {**row.data, "from": _moment(row.data["from"]), "to": _moment(row.data["to"])}
        ),
        metrics=row.metrics,
        gate=row.gate,
        drift=row.drift,
        report=f"/v1/recommender/models/{row.version}/report",
        artifact=Artifact(checksum=row.checksum, bytes=row.bytes),
    )


def as_columns(row: Any) -> dict[str, Any]:
    """Return a registry row by the names of its columns."""
    columns: dict[str, Any] = row._asdict()
    return columns


async def get_model(session: ReadSession | WriteSession, version: str) -> ModelRead:
    """Return a model; raises `ModelNotFound`."""
    row = await repository.find_model(session, version)
    if row is None:
        raise ModelNotFound(version=version)
    return as_read(row)


async def render_report(session: ReadSession, version: str) -> str:
    """Return a model's report as HTML; raises `ModelNotFound`."""
    row = await repository.find_model(session, version)
    if row is None:
        raise ModelNotFound(version=version)
    return render(as_columns(row), await repository.find_trials(session, version))


async def list_models(
    session: ReadSession, limit: int, after: Sequence[Any] | None
) -> list[ModelRead]:
    """Return models, newest first."""
    place = (datetime.fromisoformat(after[0]), after[1]) if after else None
    return [as_read(row) for row in await repository.list_models(session, limit, place)]


async def activate(
    session: WriteSession, models_dir: Path, version: str, store: ObjectStore | None = None
) -> ModelRead:
    """Let a model rank from the commit on; to ask again for the active one changes nothing.

    Raises:
        ModelNotFound: the registry has none of this version.
        ModelBroken: its artifact does not verify; what ranks now stays.
    """
    await repository.lock_models(session)
    row = await repository.find_model(session, version)
    if row is None:
        raise ModelNotFound(version=version)
    try:
        await obtain(models_dir, store, version, row.checksum)
    except ArtifactInvalid as error:
        raise ModelBroken(version=version, why=str(error)) from error
    if not row.active:
        before = await repository.find_active(session)
        revision = await repository.set_active(session, version)
        previous = before.version if before else None
        await publish(session, ModelActivated(version=version, previous=previous), revision)
    return await get_model(session, version)


async def announce_active(session: WriteSession) -> int:
    """Tell anew which model ranks; return how many events that took."""
    await repository.lock_models(session)
    row = await repository.find_active(session)
    if row is None:
        return 0
    await publish(session, ModelActivated(version=row.version), row.revision)
    return 1
