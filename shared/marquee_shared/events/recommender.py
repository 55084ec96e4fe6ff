"""What the recommender tells: which model ranks now."""

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
