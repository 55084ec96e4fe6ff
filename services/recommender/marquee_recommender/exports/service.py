"""An export from its source to its bytes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Final

from marquee_recommender.exports import sources
from marquee_recommender.exports.formats import ENCODERS, Encoder, Format
from marquee_recommender.exports.sources import SCHEMAS, Batches, Place, What
from marquee_recommender.models.active import ActiveModel
from marquee_recommender.models.errors import NoModel
from marquee_shared.problems import Invalid, TooManyRequests

AT_ONCE: Final = 2
"""Exports that one process makes at a time; each holds a connection."""
RETRY_SECONDS: Final = 30


class Exports:
    """The exports that one process is making."""

    def __init__(self) -> None:
        self._running = 0

    def begin(self, batches: Batches, what: What, form: Format) -> AsyncGenerator[bytes, None]:
        """Return an export's bytes.

        Raises:
            TooManyRequests: this process makes as many as it may.
        """
        if self._running >= AT_ONCE:
            raise TooManyRequests(seconds=RETRY_SECONDS)
        return self._counted(encode(batches, ENCODERS[form](SCHEMAS[what])))

    async def _counted(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        self._running += 1
        try:
            async with aclosing(chunks):
                async for chunk in chunks:
                    yield chunk
        finally:
            self._running -= 1


def open_batches(
    place: Place, active: ActiveModel | None, what: What, since: datetime | None, limit: int | None
) -> Batches:
    """Return what to export.

    Raises:
        NoModel: that needs one, and nothing has been trained yet.
        Invalid: a parameter that this export does not have.
    """
    if since is not None and what != "interactions":
        raise Invalid.at("/query/since", "not_here", "Only interactions have a time.")
    if limit is not None and what != "recommendations":
        raise Invalid.at("/query/limit", "not_here", "Only recommendations have a length.")
    if what == "interactions":
        return sources.interactions(place, since)
    if what == "items":
        return sources.items(place)
    if active is None:
        raise NoModel
    if what == "factors":
        return sources.factors(active)
    return sources.recommendations(place, active, limit or 20)


async def encode(batches: Batches, encoder: Encoder) -> AsyncGenerator[bytes, None]:
    """Yield a file's bytes; the next batch is not read before what came before was taken."""
    async with aclosing(batches):
        async for batch in batches:
            if data := await asyncio.to_thread(encoder.add, batch):
                yield data
    if data := await asyncio.to_thread(encoder.end):
        yield data
