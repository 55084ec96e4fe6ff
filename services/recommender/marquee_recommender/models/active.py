"""The model that ranks, in memory: loaded beside the old one, then swapped in one assignment.

A request takes `ActiveModel` once and keeps it to its end, so a swap drops nobody; the arrays are
memory-mapped, so an old model costs address space until its last request is over.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from obstore.store import ObjectStore
from prometheus_client import Counter, Gauge

from marquee_recommender.engine import ArtifactInvalid, Model
from marquee_recommender.models import repository, storage
from marquee_recommender.movies.catalog import Catalog
from marquee_shared.database import Database

logger = logging.getLogger(__name__)

REFUSED = Counter("marquee_recommender_models_refused_total", "Artifacts that did not verify")
LOADED = Gauge("marquee_recommender_model_loaded_timestamp_seconds", "When the model was swapped")


@dataclass(eq=False)
class ActiveModel:
    """A loaded model and its place in the catalog."""

    version: str
    model: Model
    _rows: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    _rows_for: int = -1

    def rows(self, catalog: Catalog) -> NDArray[np.int64]:
        """Return the catalog row of each item of the model, -1 where the catalog has none."""
        if self._rows_for != catalog.size:
            row_of = catalog.row_of
            self._rows = np.array(
                [row_of.get(item, -1) for item in self.model.item_ids.tolist()], dtype=np.int64
            )
            self._rows_for = catalog.size
        return self._rows

    def mask(self, catalog: Catalog, allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Turn a mask over catalog rows into one over the model's items."""
        rows = self.rows(catalog)
        if not catalog.size:
            return np.zeros(len(rows), dtype=bool)
        mask: NDArray[np.bool_] = allowed[rows] & (rows >= 0)
        return mask


def load(models_dir: Path, version: str, checksum: str) -> ActiveModel:
    """Verify, map and warm a model; for a thread, as it reads every byte.

    Raises:
        ArtifactInvalid: it is missing, not what was written, or not what the registry knows.
    """
    model = Model.load(models_dir / version)
    if model.checksum != checksum:
        raise ArtifactInvalid("its checksum is not the registry's")
    # What is computed at first use is computed here, before anybody waits for it.
    _ = model.positions, model.taste_features, model.factor_norms
    return ActiveModel(version, model)


async def obtain(
    models_dir: Path, store: ObjectStore | None, version: str, checksum: str
) -> ActiveModel:
    """Load a model, fetched from the store first where this machine has no copy.

    Raises:
        ArtifactInvalid: see `load` and `storage.fetch`.
    """
    if store is not None and not (models_dir / version).is_dir():
        await storage.fetch(store, models_dir, version)
    return await asyncio.to_thread(load, models_dir, version, checksum)


class ActiveModelHolder:
    """Holds the model that ranks, and follows the registry."""

    def __init__(
        self, database: Database, models_dir: Path, store: ObjectStore | None = None
    ) -> None:
        self._database = database
        self._models_dir = models_dir
        self._store = store
        self._loading = asyncio.Lock()
        self.current: ActiveModel | None = None

    async def follow(self) -> None:
        """Load what the registry says should rank.

        Where that cannot be trusted, what ranks now stays; where nothing does, the last model
        that did and still verifies is taken.
        """
        async with self._loading:
            async with self._database.reading() as session:
                models = await repository.good_versions(session)
            for version, checksum in models:
                if self.current is not None and self.current.version == version:
                    return
                try:
                    active = await obtain(self._models_dir, self._store, version, checksum)
                except ArtifactInvalid as error:
                    REFUSED.inc()
                    logger.error("model refused", extra={"version": version, "why": str(error)})  # noqa: TRY400 - the message says it all
                    if self.current is not None:
                        return
                else:
                    self._swap(active)
                    return

    def _swap(self, active: ActiveModel) -> None:
        before = self.current.version if self.current else None
        self.current = active
        LOADED.set(time.time())
        logger.info("model swapped", extra={"version": active.version, "before": before})
