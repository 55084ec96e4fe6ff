"""The drift monitor: what members do now against what the model that ranks was trained on.

Once an hour the newest interactions since the training, and the lists that members active in
them would get, are described as `engine.drift` describes the training. The index of each
distribution is a gauge and kept with the model; one that passes `THRESHOLD` is told once.
"""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
from prometheus_client import Gauge
from sqlalchemy import text

from marquee_recommender.engine import Model, Profile
from marquee_recommender.engine.drift import bins, compare, describe_data, list_scores
from marquee_recommender.interactions.repository import load_profiles
from marquee_recommender.models import repository
from marquee_recommender.models.active import obtain
from marquee_recommender.models.storage import open_artifacts
from marquee_recommender.settings import RecommenderSettings
from marquee_shared.database import ReadSession
from marquee_shared.events.recommender import DriftDetected
from marquee_shared.outbox import publish
from marquee_shared.service import Context

logger = logging.getLogger(__name__)

THRESHOLD = 0.25
FEWEST = 200
"""Interactions below which a distribution is mostly chance, and nothing is measured."""
MOST = 20_000
MEMBERS = 200
INDEX = Gauge(
    "marquee_recommender_drift_psi",
    "Population stability index against the training of the model that ranks",
    ["distribution"],
)
NEWEST = text("""
SELECT user_id, movie_id, coalesce(value, 'NaN'::real) AS value
FROM interactions
WHERE NOT removed AND kind IN ('rating', 'like', 'seen') AND at > to_timestamp(:since)
ORDER BY at DESC LIMIT :most
""")


async def watch_drift(context: Context[RecommenderSettings]) -> None:
    """Measure and keep the drift of the model that ranks; nothing without one."""
    settings = context.settings
    async with context.database.reading() as session:
        row = await repository.find_active(session)
        if row is None or row.data["to"] is None:
            return
        happened = await _newest(session, row.data["to"])
        if len(happened) < FEWEST:
            return
        members = list(dict.fromkeys(user for user, _, _ in happened))[:MEMBERS]
        profiles = [
            found.for_engine() for found in (await load_profiles(session, members)).values()
        ]
    store = open_artifacts(settings)
    active = await obtain(settings.models_dir, store, row.version, row.checksum)
    found = await asyncio.to_thread(measure, active.model, happened, profiles)
    for name, index in found.items():
        INDEX.labels(name).set(index)
    await _keep(context, row.version, found, len(happened))


async def _newest(session: ReadSession, since: int) -> list[tuple[UUID, int, float]]:
    rows = await session.execute(NEWEST, {"since": since, "most": MOST})
    return [(row.user_id, row.movie_id, row.value) for row in rows]


def measure(
    model: Model, happened: list[tuple[UUID, int, float]], profiles: list[Profile]
) -> dict[str, float]:
    """Return the index of each distribution that the model kept of its training."""
    if not model.distributions:
        return {}
    place = model.positions
    codes = np.array([place.get(movie, -1) for _, movie, _ in happened], dtype=np.int64)
    values = np.array([value for _, _, value in happened], dtype=np.float32)
    now = describe_data(model, codes, values)
    edges = model.distributions["score_edges"]
    now["scores"] = bins(list_scores(model, profiles), edges)
    return compare(model.distributions["counts"], now)


async def _keep(
    context: Context[RecommenderSettings], version: str, found: dict[str, float], rows: int
) -> None:
    """Store the indices with the model, and tell of those that pass the threshold anew."""
    async with context.database.transaction() as session:
        await repository.lock_models(session)
        row = await repository.find_model(session, version)
        if row is None:
            return
        before: dict[str, Any] = row.drift
        checks = int(before.get("checks", 0)) + 1
        drift = {
            "checks": checks,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "interactions": rows,
            "threshold": THRESHOLD,
            "psi": found,
        }
        await repository.set_drift(session, version, drift)
        for name, index in found.items():
            if index >= THRESHOLD > before.get("psi", {}).get(name, 0.0):
                logger.warning("drift", extra={"distribution": name, "psi": index})
                told = DriftDetected(
                    version=version, distribution=name, psi=index, threshold=THRESHOLD
                )
                await publish(session, told, checks)
