"""From what the registry and the settings say to an encoder in memory."""

import asyncio
import logging

from marquee_recommender.embeddings import repository
from marquee_recommender.embeddings.encoders import LEXICAL, Encoder, EncoderUnavailable
from marquee_recommender.embeddings.huggingface import HuggingFaceEncoder
from marquee_recommender.embeddings.lexical import LexicalEncoder
from marquee_recommender.embeddings.repository import EncoderRow
from marquee_recommender.settings import RecommenderSettings
from marquee_shared.database import Database, ReadSession

logger = logging.getLogger(__name__)


async def load_encoder(session: ReadSession, row: EncoderRow) -> LexicalEncoder:
    """Return an encoder that was fitted here; raises `EncoderUnavailable` if it is gone."""
    state = await repository.encoder_state(session, row.id)
    if state is None:
        raise EncoderUnavailable(f"{row.name} is no longer in the registry.")
    return await asyncio.to_thread(LexicalEncoder.from_bytes, row.name, state)


async def load_named(settings: RecommenderSettings, threads: int) -> HuggingFaceEncoder:
    """Return the Hub's encoder that the settings name; raises `EncoderUnavailable`."""
    token = settings.hf_token.get_secret_value() if settings.hf_token else None
    return await asyncio.to_thread(
        HuggingFaceEncoder.load, settings.hf_model_repo or "", token, threads
    )


class Meaning:
    """The active encoder in an API process, so that texts can be held against films."""

    def __init__(self, database: Database, settings: RecommenderSettings) -> None:
        self._database = database
        self._settings = settings
        self._loading = asyncio.Lock()
        self._refused: str | None = None
        self._held: Encoder | None = None

    async def of(self, row: EncoderRow) -> Encoder | None:
        """Return an encoder of the registry; None where this process cannot have it.

        A model that is still being loaded for somebody else is not waited for.
        """
        if self._held is not None and self._held.name == row.name:
            return self._held
        if row.name == self._refused or self._loading.locked():
            return None
        async with self._loading:
            try:
                self._held = await self._load(row)
            except EncoderUnavailable as error:
                self._refused = row.name
                logger.warning("no search by meaning: %s", error)
                return None
        return self._held

    async def _load(self, row: EncoderRow) -> Encoder:
        if row.source == LEXICAL:
            async with self._database.reading() as session:
                return await load_encoder(session, row)
        if row.source != self._settings.hf_model_repo:
            raise EncoderUnavailable(f"this process is not set to {row.source}")
        loaded = await load_named(self._settings, threads=1)
        if loaded.name != row.name:
            raise EncoderUnavailable(f"{loaded.name} is here, the vectors are of {row.name}")
        return loaded
