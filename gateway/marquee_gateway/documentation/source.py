"""Fetches the services' own documents and keeps the merged one for a while."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

import orjson

from marquee_gateway.documentation.merge import merge
from marquee_gateway.problems import Problem
from marquee_gateway.routes import Service
from marquee_gateway.routing import RouteTable
from marquee_gateway.upstream.calls import ServiceClient
from marquee_gateway.upstream.connection import UpstreamError

logger = logging.getLogger(__name__)

FRESH_SECONDS: Final = 30.0
FETCH_TIMEOUT: Final = 5.0
SILENCE: Final = 5.0


class ApiDocument:
    """The public OpenAPI document. A service that is away is shown as it was last seen."""

    def __init__(
        self, services: Mapping[Service, ServiceClient], table: RouteTable, public_url: str
    ) -> None:
        self._services = services
        self._table = table
        self._public_url = public_url
        self._known: dict[Service, dict[str, Any]] = {}
        self._merged: dict[str, Any] = {}
        self._fresh_until = 0.0
        self._lock = asyncio.Lock()

    async def get(self) -> dict[str, Any]:
        """Return the merged document, at most half a minute old."""
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if now >= self._fresh_until:
                complete = all(await asyncio.gather(*map(self._refresh, self._services)))
                self._merged = merge(self._known, self._table, self._public_url)
                self._fresh_until = now + FRESH_SECONDS if complete else now
            return self._merged

    async def _refresh(self, service: Service) -> bool:
        try:
            answer = await self._services[service].call(
                b"GET /openapi.json HTTP/1.1\r\naccept: application/json\r\n",
                b"",
                timeout=FETCH_TIMEOUT,
                idempotent=True,
            )
            body = b"".join([piece async for piece in answer.pieces(SILENCE)])
            document = orjson.loads(body) if answer.status == 200 else None  # noqa: PLR2004 - ok
        except (Problem, UpstreamError, orjson.JSONDecodeError) as error:
            logger.warning("no OpenAPI document from %s: %s", service, error)
            return False
        if not isinstance(document, dict):
            logger.warning("no OpenAPI document from %s", service)
            return False
        self._known[service] = document
        return True
