"""What runs, as an API process holds it, and which way of ranking each member gets by it."""

import logging
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marquee_recommender.experiments import repository
from marquee_recommender.experiments.assignment import Variant, assign
from marquee_recommender.experiments.ranking import vary
from marquee_recommender.models.active import ActiveModel
from marquee_shared.database import Database, is_out_of_reach

logger = logging.getLogger(__name__)

DEFAULT_VARIANT = "default"


@dataclass(frozen=True, slots=True)
class Choice:
    """How one member's list is ranked."""

    variant: str
    active: ActiveModel | None
    experiment: str | None = None

    @property
    def made_by(self) -> tuple[str | None, ...]:
        """Return what tells this way of ranking from all others."""
        version = self.active.version if self.active else None
        return version, self.experiment, self.variant


@dataclass(frozen=True, slots=True)
class Running:
    """The experiment that runs."""

    key: str
    salt: str
    ramp: float
    variants: tuple[Variant, ...]


def variants_of(row: Any) -> tuple[Variant, ...]:
    """Return the variants of an experiment's row."""
    return tuple(Variant(each["key"], each["weight"], each["config"]) for each in row.variants)


class Experiments:
    """Follows which experiment runs; holds its variants of the model that ranks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.running: Running | None = None
        self._varied: dict[str, ActiveModel] = {}
        self._varied_from: ActiveModel | None = None

    async def follow(self) -> None:
        """Read anew what runs."""
        async with self._database.reading() as session:
            row = await repository.find_running(session)
        self._varied_from = None
        self.running = row and Running(row.key, row.salt, row.ramp, variants_of(row))

    async def choose(self, user_id: UUID, active: ActiveModel | None) -> Choice:
        """Return a member's variant of the model and note that they are shown it.

        What cannot be noted is not tried on anybody: then, as for members who keep out, the
        model ranks as it is.
        """
        default = Choice(DEFAULT_VARIANT, active)
        running = self.running
        if running is None or active is None:
            return default
        assigned = assign(running.salt, running.variants, running.ramp, user_id)
        variant = assigned.variant
        try:
            async with self._database.transaction() as session:
                if assigned.counted:
                    taken = await repository.expose(session, running.key, user_id, variant.key)
                else:
                    taken = await repository.find_opt_out(session, user_id) is None
        except Exception as error:
            if not is_out_of_reach(error):
                raise
            logger.warning("not exposed to the experiment: %s", error)
            return default
        if not taken:
            return default
        return Choice(variant.key, self._vary(running, variant, active), running.key)

    def pinned(self, name: str, active: ActiveModel) -> ActiveModel | None:
        """Return the model as a named variant of what runs ranks with it; None without one."""
        if self.running is not None:
            for variant in self.running.variants:
                if variant.key == name:
                    return self._vary(self.running, variant, active)
        return active if name == DEFAULT_VARIANT else None

    def _vary(self, running: Running, variant: Variant, active: ActiveModel) -> ActiveModel:
        """Return a variant's model, made once per model and experiment."""
        if self._varied_from is not active:
            self._varied_from = active
            self._varied = {each.key: vary(active, each.config) for each in running.variants}
        return self._varied[variant.key]
