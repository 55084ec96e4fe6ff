"""What turns texts into vectors: fitted to the catalog, or a model of the Hugging Face Hub."""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

LEXICAL: Final = "tfidf"
"""`source` of encoders that are fitted here; others' is the repository they come from."""
MOST_DIMENSIONS: Final = 2000
"""What pgvector's index takes."""


class EncoderUnavailable(Exception):  # noqa: N818 - an outcome
    """The encoder asked for cannot be had; the message says why."""


class Encoder(Protocol):
    """Two texts about the same thing get vectors that point the same way."""

    @property
    def name(self) -> str:
        """What tells apart encoders whose vectors do not compare."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit rows [texts, dimensions]; 0 for a text that says nothing to it."""
        ...
