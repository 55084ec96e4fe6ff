"""The replicas of a service: where they are, how they fare, and which one takes the next call."""

import asyncio
import random
from collections.abc import Collection, Iterable
from typing import Final
from urllib.parse import urlsplit

from marquee_gateway.problems import Unavailable
from marquee_gateway.upstream.breaker import Breaker
from marquee_gateway.upstream.connection import UpstreamConnection, UpstreamError

CONNECT_TIMEOUT: Final = 1.0
IDLE_LIMIT: Final = 4.0
"""Seconds an unused connection is kept: below the 5 s after which uvicorn closes its end."""

OUTSTANDING_LIMIT: Final = 512
"""Calls that may wait for one replica; beyond it the edge sheds load with 503."""


class Replica:
    """One process of a service and the connections kept to it.

    Attributes:
        outstanding: Calls sent and not yet answered in full.
        healthy: What its last probe said; unknown counts as healthy.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"a replica needs an address such as http://host:port, not {url!r}")
        self.url = url
        self.host = parts.hostname
        self.port = parts.port or 80
        self.authority = parts.netloc.encode()
        self.outstanding = 0
        self.healthy = True
        self.breaker = Breaker()
        self._idle: list[UpstreamConnection] = []
        self._open: set[UpstreamConnection] = set()
        self._loop = asyncio.get_running_loop()

    def ready_connection(self) -> UpstreamConnection | None:
        """Return the free connection used last, if there is one."""
        while self._idle:
            kept = self._idle.pop()
            if not kept.closed:
                if self._loop.time() - kept.idle_since < IDLE_LIMIT:
                    return kept
                kept.close()
        return None

    async def connection(self) -> UpstreamConnection:
        """Return a free connection or a new one.

        Raises:
            UpstreamError: it could not be made; nothing was sent.
        """
        kept = self.ready_connection()
        if kept is not None:
            return kept
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                _, made = await self._loop.create_connection(
                    lambda: UpstreamConnection(self._freed, self._open.discard),
                    self.host,
                    self.port,
                )
        except (OSError, TimeoutError) as error:
            raise UpstreamError(f"{self.url} cannot be reached: {error}", sent=False) from error
        self._open.add(made)
        return made

    def close(self) -> None:
        """Close every connection."""
        for connection in list(self._open):
            connection.close()
        self._idle.clear()
        self._open.clear()

    def _freed(self, connection: UpstreamConnection) -> None:
        self.outstanding -= 1
        if not connection.closed:
            self._idle.append(connection)


class Replicas:
    """All replicas of one service."""

    def __init__(self, service: str, urls: Iterable[str]) -> None:
        self.service = service
        self.all = [Replica(url) for url in urls]
        self._clock = asyncio.get_running_loop().time

    def pick(self, tried: Collection[Replica] = ()) -> Replica:
        """Return the less busy of two random replicas in good standing not tried yet.

        Where those in good standing have failed this very call, one with an open circuit is better
        than none: it may have come back since.

        Raises:
            Unavailable: there is none.
        """
        now = self._clock()
        if len(self.all) == 1:
            able = self.all if self.all[0].breaker.allows(now) and not tried else []
        else:
            untried = [replica for replica in self.all if replica not in tried]
            standing = [replica for replica in untried if replica.breaker.allows(now)]
            able = [replica for replica in standing if replica.healthy] or standing
            if tried and not able:
                able = untried
        if len(able) > 1:
            one, other = random.sample(able, 2)
            chosen = one if one.outstanding <= other.outstanding else other
        elif able:
            chosen = able[0]
        else:
            raise Unavailable
        if chosen.outstanding >= OUTSTANDING_LIMIT:
            raise Unavailable
        chosen.breaker.try_once(now)
        return chosen

    @property
    def untroubled(self) -> bool:
        """Whether every replica is in good standing."""
        return all(replica.breaker.closed for replica in self.all)

    def has_another(self, tried: Collection[Replica]) -> bool:
        """Whether a call could be tried elsewhere."""
        if len(self.all) == 1:
            return False
        now = self._clock()
        return any(r not in tried and r.breaker.allows(now) for r in self.all)

    def close(self) -> None:
        """Close every connection."""
        for replica in self.all:
            replica.close()
