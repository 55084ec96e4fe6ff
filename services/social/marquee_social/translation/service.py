"""Translations: from the cache, else from DeepL in bounded time, else the original."""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from redis.exceptions import RedisError

from marquee_shared.service import Context
from marquee_social.settings import SocialSettings
from marquee_social.translation.deepl_port import DeepL, TranslationFailed

logger = logging.getLogger(__name__)

KEPT_SECONDS: Final = 30 * 24 * 3600
STATE: Final = "translator"


@dataclass(frozen=True, slots=True)
class Translation:
    """Texts and the language they are in now; `translated` False: they are the original."""

    texts: list[str]
    translated: bool
    source_language: str | None


class Translator:
    """Translates for one process; the same text for several readers is asked for once."""

    def __init__(self, context: Context[SocialSettings]) -> None:
        settings = context.settings
        self._redis = context.redis
        self._seconds = settings.translation_seconds
        self._running: dict[str, asyncio.Task[Translation]] = {}
        self._deepl: DeepL | None = None
        if settings.deepl_api_key is not None:
            self._deepl = DeepL(
                settings.deepl_api_key.get_secret_value(),
                settings.deepl_url,
                settings.deepl_seconds,
            )

    async def translate(
        self, texts: Sequence[str], language: str, source: str | None
    ) -> Translation:
        """Return texts in a language, or as they are.

        Who asks waits no longer than `translation_seconds`; a translation that takes longer is
        kept for the next reader.
        """
        original = Translation(list(texts), translated=False, source_language=source)
        same = source is not None and source.split("-", 1)[0] == language
        if self._deepl is None or same or not any(text.strip() for text in texts):
            return original
        digest = hashlib.sha256(orjson.dumps([list(texts), source])).hexdigest()
        key = f"social:translation:{language}:{digest}"
        task = self._running.get(key)
        if task is None:
            task = asyncio.create_task(self._find(self._deepl, key, texts, language, source))
            self._running[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.shield(task)
        except (TimeoutError, TranslationFailed) as error:
            logger.info("shown untranslated: %s", error or "too slow")
            return original

    def _forget(self, key: str, task: asyncio.Task[Translation]) -> None:
        """Drop what has ended; its error is for whoever still waits."""
        del self._running[key]
        if not task.cancelled():
            task.exception()

    async def _find(
        self, port: DeepL, key: str, texts: Sequence[str], language: str, source: str | None
    ) -> Translation:
        if (kept := await self._kept(key)) is not None:
            return kept
        translated, detected = await port.translate(texts, language, source)
        found = Translation(translated, translated=detected != language, source_language=detected)
        try:
            await self._redis.set(key, orjson.dumps(found), ex=KEPT_SECONDS)
        except (RedisError, OSError) as error:
            logger.warning("a translation was not kept: %s", error)
        return found

    async def _kept(self, key: str) -> Translation | None:
        try:
            held = await self._redis.get(key)
        except (RedisError, OSError) as error:
            logger.warning("translations cannot be looked up: %s", error)
            return None
        return Translation(**orjson.loads(held)) if held else None

    async def close(self) -> None:
        """Stop what is under way."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._deepl is not None:
            self._deepl.close()


def translator_of(context: Context[Any]) -> Translator:
    """Return the process's translator."""
    translator: Translator = context.state[STATE]
    return translator
