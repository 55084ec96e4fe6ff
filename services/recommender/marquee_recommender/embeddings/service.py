"""Films near a text or a film, by what they are about."""

import asyncio
from collections.abc import Sequence

import numpy as np

from marquee_recommender.embeddings import repository
from marquee_recommender.embeddings.loading import Meaning
from marquee_recommender.engine.content import unit_rows
from marquee_shared.database import ReadSession, WriteSession


async def near_text(
    session: WriteSession,
    meaning: Meaning,
    text: str,
    like: Sequence[int],
    among: Sequence[int] | None = None,
) -> dict[int, float]:
    """Return films and how near they are (0 to 1) to a text and to the films it names.

    None where nothing has been embedded yet, or the text says nothing to the encoder.
    """
    row = await repository.active_encoder(session)
    encoder = await meaning.of(row) if row is not None else None
    if row is None or encoder is None:
        return {}
    sought = (await asyncio.to_thread(encoder.encode, [text]))[0]
    named = await repository.vectors_of(session, row, like)
    if named:
        sought = sought + np.mean(list(named.values()), axis=0)
    if not sought.any():
        return {}
    found = await repository.nearest(session, row, unit_rows(sought[None])[0], among)
    return {movie: min(max(cosine, 0.0), 1.0) for movie, cosine in found}


async def near_film(session: ReadSession, movie_id: int) -> list[tuple[int, float]]:
    """Return other films (id, cosine) by how near they are to one, nearest first."""
    row = await repository.active_encoder(session)
    if row is None:
        return []
    vectors = await repository.vectors_of(session, row, [movie_id])
    if movie_id not in vectors:
        return []
    found = await repository.nearest(session, row, vectors[movie_id])
    return [(movie, cosine) for movie, cosine in found if movie != movie_id]
