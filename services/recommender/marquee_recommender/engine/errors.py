"""What can go wrong in the engine, as types a service can map to its own errors."""


class EngineError(Exception):
    """Base of everything the engine raises on purpose."""


class InteractionsInvalid(EngineError):  # noqa: N818  # named after the thing that is wrong
    """Interactions that cannot be read: unequal columns, a malformed file, no rows at all."""


class ParametersInvalid(EngineError):  # noqa: N818
    """A parameter out of its range or unknown by name."""


class ArtifactInvalid(EngineError):  # noqa: N818
    """A stored model that is missing, incomplete, changed after it was written, or too new."""


class TrainingCancelled(EngineError):  # noqa: N818
    """Raised by a progress callback to stop a training; nothing is written before the end."""
