"""Requests that are tried again, and are still done once."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import SystemRandom
from typing import Any, Final

import httpx

from marquee_recommender_client.errors import raise_for_problem

LATER: Final = frozenset({429, 502, 503, 504})
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
Sleep = Callable[[float], None]


class Sender:
    """Sends requests with a token; tries again what was lost or refused for a moment."""

    def __init__(self, http: httpx.Client, retries: int, sleep: Sleep = time.sleep) -> None:
        self._http = http
        self._retries = retries
        self._sleep = sleep
        self._random = SystemRandom()

    def json(self, method: str, path: str, **options: Any) -> Any:
        """Return the answer's JSON, None where it has no body.

        Raises:
            ApiError: the server has refused.
            httpx.TransportError: it could not be reached in so many tries.
        """
        with self.stream(method, path, **options) as response:
            body = response.read()
            return response.json() if body else None

    @contextmanager
    def stream(self, method: str, path: str, **options: Any) -> Iterator[httpx.Response]:
        """Open an answer; raises as `json` does."""
        if method == "POST":
            options["headers"] = {"Idempotency-Key": str(uuid.uuid4())}
        request = self._http.build_request(method, path, **options)
        response = self._send(request)
        try:
            raise_for_problem(response)
            yield response
        finally:
            response.close()

    def _send(self, request: httpx.Request) -> httpx.Response:
        for attempt in range(self._retries + 1):
            last = attempt == self._retries
            try:
                response = self._http.send(request, stream=True)
            except httpx.TransportError:
                if last:
                    raise
                asked = None
            else:
                if last or response.status_code not in LATER:
                    return response
                asked = response.headers.get("Retry-After")
                response.close()
            self._sleep(self._pause(attempt, asked))
        raise AssertionError  # the last attempt returns or raises

    def _pause(self, attempt: int, asked: str | None) -> float:
        """Return the seconds to wait: what the server asked for, else longer each time."""
        if asked is not None and asked.isdigit():
            return min(float(asked), LONGEST_PAUSE)
        longest: float = min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE)
        return longest * self._random.uniform(0.5, 1)
