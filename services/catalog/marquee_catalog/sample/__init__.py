"""The sample catalogue: several hundred well-known films, their facts in our own words."""

from collections.abc import Iterator
from importlib import resources
from typing import Any

import orjson

FILES = ("films-to-1979.jsonl", "films-1980-1999.jsonl", "films-2000-on.jsonl")


def sample_films() -> Iterator[dict[str, Any]]:
    """Yield the films, oldest files first, always in the same order."""
    for name in FILES:
        for line in resources.files(__name__).joinpath(name).read_bytes().splitlines():
            if line.strip():
                film: dict[str, Any] = orjson.loads(line)
                yield film
