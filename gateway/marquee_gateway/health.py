"""Whether the whole platform can serve: asked of every part, and of replicas in the background."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from marquee_gateway.redis_batch import RedisBatch, RedisGone
from marquee_gateway.routes import SERVICES, Service
from marquee_gateway.upstream.connection import UpstreamError
from marquee_gateway.upstream.replicas import Replica, Replicas

logger = logging.getLogger(__name__)

PROBE: Final = b"GET /health/ready HTTP/1.1\r\naccept: application/json\r\nhost: %b\r\n\r\n"
PROBE_TIMEOUT: Final = 2.0
PROBE_INTERVAL: Final = 2.0


async def is_ready(replica: Replica) -> bool:
    """Ask one replica."""
    replica.outstanding += 1
    try:
        connection = await replica.connection()
    except UpstreamError:
        replica.outstanding -= 1
        return False
    try:
        answer = await connection.request(PROBE % replica.authority, PROBE_TIMEOUT)
    except UpstreamError:
        return False
    except asyncio.CancelledError:
        connection.close()
        raise
    answer.discard()
    return answer.status == 200  # noqa: PLR2004 - ready


class Health:
    """Asks every part of the platform."""

    def __init__(self, services: Mapping[Service, Replicas], redis: RedisBatch) -> None:
        self._services = services
        self._redis = redis

    async def watch(self) -> None:
        """Probe replicas of services that have several, so that calls avoid the sick ones."""
        while True:
            several = [r for replicas in self._services.values() for r in replicas.all
                       if len(replicas.all) > 1]  # fmt: skip
            await asyncio.gather(*map(self._probe, several))
            await asyncio.sleep(PROBE_INTERVAL)

    async def report(self) -> tuple[bool, dict[str, object]]:
        """Return whether every part is ready, and each part's state."""
        services, workers = await asyncio.gather(self._service_states(), self._worker_states())
        ready = all(s["ready"] for s in services.values()) and all(workers.values())
        return ready, {
            "status": "ready" if ready else "unready",
            "services": services,
            "workers": workers,
        }

    async def _service_states(self) -> dict[str, dict[str, object]]:
        states: dict[str, dict[str, object]] = {}
        for service, replicas in self._services.items():
            answers = await asyncio.gather(*map(self._probe, replicas.all))
            states[service] = {
                "ready": any(answers),
                "replicas": f"{sum(answers)}/{len(answers)}",
            }
        return states

    async def _worker_states(self) -> dict[str, bool]:
        keys = [f"heartbeat:{service}:worker" for service in SERVICES]
        try:
            beats = await self._redis.call("MGET", *keys)
        except RedisGone:
            beats = [None] * len(keys)
        return {service: beat is not None for service, beat in zip(SERVICES, beats, strict=True)}

    async def _probe(self, replica: Replica) -> bool:
        ready = await is_ready(replica)
        if ready is not replica.healthy:
            logger.warning("replica %s is %s", replica.url, "ready again" if ready else "not ready")
        replica.healthy = ready
        return ready
