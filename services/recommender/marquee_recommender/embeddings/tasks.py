"""The job that embeds films: those that changed, or all of them for another encoder.

An encoder answers only once every film has its vector; until then the one before does. Whoever is
killed in between leaves a queue, and the next job goes on with it.
"""

import asyncio
import time
from typing import Any

from sqlalchemy.exc import IntegrityError

from marquee_recommender.embeddings import repository
from marquee_recommender.embeddings.documents import digest_of, document_of
from marquee_recommender.embeddings.encoders import LEXICAL, Encoder, EncoderUnavailable
from marquee_recommender.embeddings.lexical import LexicalEncoder
from marquee_recommender.embeddings.loading import load_encoder, load_named
from marquee_recommender.embeddings.repository import EncoderRow
from marquee_recommender.settings import RecommenderSettings
from marquee_recommender.tables import encoders
from marquee_recommender.trainings.triggers import LOOK_SECONDS, Watch, failed_lately
from marquee_shared.jobs import JobFailed, JobRun, Jobs, create_job
from marquee_shared.service import Context

CHUNK = 200
DIMENSIONS = 64
REFIT_SHARE = 0.5
"""A fitted encoder learns anew when so much of what it knew has changed since."""
REFIT_LEAST = 100
MEMORY = "embedding_watch"


def register(jobs: Jobs) -> None:
    """Add this module's job."""
    jobs.job(repository.KIND)(embed_films)


async def on_drained(context: Context[RecommenderSettings]) -> None:
    """Start embedding when films wait, or another encoder is asked for; called by the consumer."""
    settings, now = context.settings, time.monotonic()
    watch: Watch = context.state.setdefault(MEMORY, Watch())
    if now - watch.looked < LOOK_SECONDS:
        return
    watch.looked = now
    async with context.database.reading() as session:
        state = await repository.read_state(session)
    other = state.films and state.source != (settings.hf_model_repo or LEXICAL)
    quiet = watch.is_quiet(state.queued, now, settings, due=bool(state.queued) or other)
    if state.busy or not quiet or failed_lately(state.failed_at, settings):
        return
    try:
        async with context.database.transaction() as session:
            await create_job(session, context, repository.KIND, {})
    except IntegrityError:
        return  # another worker was faster, and it is what was asked for


async def embed_films(job: JobRun) -> dict[str, Any]:
    """Embed what waits; return the encoder and how many films got a new vector."""
    context: Context[RecommenderSettings] = job.context
    try:
        row, encoder = await _encoder_for(context)
    except EncoderUnavailable as error:
        raise JobFailed(str(error)) from error
    embedded = 0
    async with context.database.reading() as session:
        waiting = (await repository.read_state(session)).queued
    while (taken := await _embed_some(context, row, encoder)) is not None:
        embedded += taken
        await job.progress(min(embedded, waiting), waiting)
    if not row.active:
        await repository.create_index(context.settings.database_url, row)
        async with context.database.transaction() as session:
            await repository.activate_encoder(session, row)
    return {"encoder": row.name, "embedded": embedded}


async def _encoder_for(context: Context[RecommenderSettings]) -> tuple[EncoderRow, Encoder]:
    """Return the encoder that is wanted now; films are queued for one that is not complete."""
    repo = context.settings.hf_model_repo or None
    async with context.database.reading() as session:
        known = await repository.find_encoder(session, encoders.c.source == (repo or LEXICAL))
        fitted = None
        if repo is None and known is not None and not _is_outdated(known):
            fitted = await load_encoder(session, known)
    if known is not None and fitted is not None:
        if not known.active:
            async with context.database.transaction() as writing:
                await repository.queue_all(writing)
        return known, fitted
    if repo is not None:
        loaded = await load_named(context.settings, context.settings.training_threads)
        return await _added(context, repo, loaded, None, 0), loaded
    async with context.database.reading() as session:
        films = await repository.read_films(session)
    texts = [document_of(film) for film in films]
    fitted = await asyncio.to_thread(LexicalEncoder.fit, texts, DIMENSIONS)
    return await _added(context, LEXICAL, fitted, fitted.to_bytes(), len(texts)), fitted


def _is_outdated(row: EncoderRow) -> bool:
    """Whether so many films changed since an encoder was fitted that it misses their words."""
    return row.active and row.taken >= max(REFIT_LEAST, REFIT_SHARE * row.films)


async def _added(
    context: Context[Any], source: str, encoder: Encoder, state: bytes | None, films: int
) -> EncoderRow:
    async with context.database.transaction() as session:
        return await repository.add_encoder(
            session, source, encoder.name, encoder.dimensions, state, films
        )


async def _embed_some(context: Context[Any], row: EncoderRow, encoder: Encoder) -> int | None:
    """Embed a chunk of the queue; return how many vectors changed, None when nothing waits."""
    async with context.database.reading() as session:
        films = await repository.read_queue(session, CHUNK)
        if not films:
            return None
        gone = [film.movie_id for film in films if film.title is None]
        there = [film for film in films if film.title is not None]
        known = await repository.known_digests(session, row.id, [film.movie_id for film in there])
    documents = {film.movie_id: document_of(film) for film in there}
    digests = {movie_id: digest_of(document) for movie_id, document in documents.items()}
    changed = {movie: digest for movie, digest in digests.items() if known.get(movie) != digest}
    texts = [documents[movie_id] for movie_id in changed]
    vectors = await asyncio.to_thread(encoder.encode, texts)
    queued = {film.movie_id: film.mark for film in films}
    async with context.database.transaction() as session:
        await repository.forget_films(session, gone)
        await repository.store_vectors(session, row.id, changed, vectors, queued)
    return len(changed)
