"""Asks TMDB: no faster than allowed, again where that may help, and never without an end."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Final, Self

import httpx
import orjson

from marquee_catalog.settings import CatalogSettings

logger = logging.getLogger(__name__)
# It writes down whole addresses, and these may hold the key.
logging.getLogger("httpx").setLevel(logging.WARNING)

TRIES: Final = 5
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
LONGEST_WAIT: Final = 300.0
"""How many seconds `Retry-After` may ask for; for more, the import goes on later."""
SHORTEST_WAIT: Final = 1e-6
"""Less is a rounding of fractions."""
ANSWER_LIMIT: Final = 20_000_000
CONNECTIONS: Final = 10
KEY_LENGTH: Final = 32
"""Of a version 3 key; what is longer is a token, which goes in a header."""


class TmdbError(Exception):
    """No usable answer; the message is the reason, for people."""


class NotThere(TmdbError):  # noqa: N818 - an outcome
    """TMDB has no such thing."""


class NoAnswer(TmdbError):  # noqa: N818 - an outcome
    """It failed as often as was tried; it may work later."""


class KeyRefused(TmdbError):  # noqa: N818 - an outcome
    """TMDB does not take our key."""


class TokenBucket:
    """Lets a steady number through a second, and as many at once after a rest."""

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rate = rate
        self._most = max(1.0, rate)
        self._tokens = self._most
        self._clock = clock
        self._sleep = sleep
        self._at = clock()
        self._held_until = self._at
        self._turn = asyncio.Lock()

    def hold(self, seconds: float) -> None:
        """Let nothing through for so long."""
        self._held_until = max(self._held_until, self._clock() + seconds)

    async def take(self) -> None:
        """Wait for one's turn."""
        async with self._turn:
            while (wait := self._wait()) > 0:
                await self._sleep(wait)
            self._tokens -= 1

    def _wait(self) -> float:
        now = self._clock()
        self._tokens = min(self._most, self._tokens + (now - self._at) * self._rate)
        self._at = now
        wait = max(self._held_until - now, (1 - self._tokens) / self._rate)
        return wait if wait > SHORTEST_WAIT else 0.0


def retry_after(value: str | None) -> float | None:
    """Return the seconds that a `Retry-After` header asks for, given as such or as a date."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


class Tmdb:
    """An open connection to TMDB."""

    def __init__(self, settings: CatalogSettings) -> None:
        if settings.tmdb_api_key is None:
            raise KeyRefused("TMDB_API_KEY is not set")
        key = settings.tmdb_api_key.get_secret_value()
        as_token = len(key) > KEY_LENGTH
        self._bucket = TokenBucket(settings.tmdb_rate)
        self._seconds = settings.tmdb_timeout
        self._key = {} if as_token else {"api_key": key}
        self._http = httpx.AsyncClient(
            base_url=settings.tmdb_url,
            headers={"Accept": "application/json"}
            | ({"Authorization": f"Bearer {key}"} if as_token else {}),
            limits=httpx.Limits(max_connections=CONNECTIONS),
            timeout=httpx.Timeout(settings.tmdb_timeout, pool=None),
            follow_redirects=False,
        )

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        await self._http.aclose()

    async def get(self, path: str, **parameters: str | int) -> dict[str, Any]:
        """Return what TMDB has at a path.

        Raises:
            NotThere: nothing.
            KeyRefused: it does not take our key.
            NoAnswer: it did not answer usably, however often it was asked.
            TmdbError: it does not take the question.
        """
        reason = ""
        for turn in range(TRIES):
            await self._bucket.take()
            try:
                return await self._ask(path, {**parameters, **self._key})
            except NoAnswer as error:
                reason = str(error)
            except TimeoutError:
                reason = "TMDB took too long to answer"
            except httpx.HTTPError as error:
                reason = f"TMDB could not be reached ({type(error).__name__})"
            logger.info("asking TMDB again: %s", reason, extra={"path": path, "turn": turn})
            if turn < TRIES - 1:
                pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**turn)
                await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - only spreads
        raise NoAnswer(f"{reason}, asked {TRIES} times")

    async def _ask(self, path: str, parameters: dict[str, str | int]) -> dict[str, Any]:
        async with (
            asyncio.timeout(2 * self._seconds),
            self._http.stream("GET", path, params=parameters) as answer,
        ):
            self._check(answer)
            body = bytearray()
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > ANSWER_LIMIT:
                    raise TmdbError("TMDB's answer is larger than is plausible")
        try:
            content = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise NoAnswer("TMDB's answer is not JSON") from None
        if not isinstance(content, dict):
            raise NoAnswer("TMDB's answer is not a JSON object")
        return content

    def _check(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status == httpx.codes.OK:
            return
        if status == httpx.codes.NOT_FOUND:
            raise NotThere("TMDB has no such film any more")
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise KeyRefused("TMDB does not take TMDB_API_KEY")
        if status == httpx.codes.TOO_MANY_REQUESTS:
            seconds = retry_after(answer.headers.get("retry-after")) or FIRST_PAUSE
            self._bucket.hold(min(seconds, LONGEST_WAIT))
            raise NoAnswer("TMDB asked us to wait")
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise NoAnswer(f"TMDB answered {status}")
        raise TmdbError(f"TMDB answered {status}")
