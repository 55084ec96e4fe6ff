"""The one place that knows DeepL: its client, its languages, its failures.

The client blocks, so it runs on threads of its own, few and bounded; it does not retry, since
who reads a review does not wait for a second try.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import deepl
from deepl import http_client
from requests.exceptions import RequestException

logger = logging.getLogger(__name__)

THREADS: Final = 4
PAUSE_SECONDS: Final = 60.0
"""How long DeepL is left alone once it has refused for quota, rate or a wrong key."""
TARGETS: Final = {"en": "EN-GB", "es": "ES", "fr": "FR", "de": "DE"}

http_client.max_network_retries = 0


class TranslationFailed(Exception):  # noqa: N818 - a fact, answered with the original
    """DeepL did not translate."""


class DeepL:
    """Translates by DeepL. One per process."""

    def __init__(self, key: str, url: str | None, seconds: float) -> None:
        http_client.min_connection_timeout = seconds
        self._client = deepl.DeepLClient(key, server_url=url, send_platform_info=False)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="deepl")
        self._free = asyncio.Semaphore(THREADS)
        self._paused_until = 0.0

    async def translate(
        self, texts: Sequence[str], language: str, source: str | None
    ) -> tuple[list[str], str]:
        """Return texts in one of our languages, and the language they were in.

        Raises:
            TranslationFailed: DeepL refuses, cannot be reached or answers nonsense.
        """
        if time.monotonic() < self._paused_until:
            message = "DeepL has refused a moment ago"
            raise TranslationFailed(message)
        async with self._free:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, self._translate, list(texts), language, source
            )

    def _translate(
        self, texts: list[str], language: str, source: str | None
    ) -> tuple[list[str], str]:
        try:
            found = self._client.translate_text(
                texts,
                target_lang=TARGETS[language],
                source_lang=source.split("-", 1)[0].upper() if source else None,
                preserve_formatting=True,
            )
            results = found if isinstance(found, list) else [found]
            translated = [str(result.text) for result in results]
            detected = results[0].detected_source_lang.lower()
        except (
            deepl.QuotaExceededException,
            deepl.TooManyRequestsException,
            deepl.AuthorizationException,
        ) as error:
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("DeepL refuses: %s", type(error).__name__)
            raise TranslationFailed(str(error)) from error
        except (
            deepl.DeepLException, RequestException, ValueError, KeyError, TypeError,
            AttributeError, IndexError,
        ) as error:  # fmt: skip
            raise TranslationFailed(str(error)) from error
        if len(translated) != len(texts):
            message = "DeepL answered another number of texts"
            raise TranslationFailed(message)
        return translated, detected

    def close(self) -> None:
        """Let go of the threads and the connection; a call under way ends by its own limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._client.close()  # type: ignore[no-untyped-call]
