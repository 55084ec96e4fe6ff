"""What the recommender tells: which model ranks now, and which experiment runs."""

from typing import ClassVar

from marquee_shared.events.envelope import EventData


class ModelActivated(EventData):
    """Another model ranks from now on; everything computed by the old one is stale."""

    type: ClassVar[str] = "recommender.model.activated"

    version: str
    previous: str | None = None

    def subject(self) -> str:
        """Return `model:<version>`."""
        return f"model:{self.version}"

    def cache_tags(self) -> tuple[str, ...]:
        """Similar and trending films are the model's."""
        return ("recommendations",)


class DriftDetected(EventData):
    """What members do now, or the scores they get, has moved away from the model's training.

    `distribution` is one of `ratings, popularity, genres, scores`; `psi` its population stability
    index, which reached `threshold`.
    """

    type: ClassVar[str] = "recommender.drift.detected"

    version: str
    distribution: str
    psi: float
    threshold: float

    def subject(self) -> str:
        """Return `drift:<version>:<distribution>`."""
        return f"drift:{self.version}:{self.distribution}"


class ExperimentChanged(EventData):
    """An experiment was changed: whoever ranks reads anew which one runs."""

    type: ClassVar[str] = "recommender.experiment.changed"

    key: str
    state: str

    def subject(self) -> str:
        """Return `experiment:<key>`."""
        return f"experiment:{self.key}"
