"""Puts the parts together and runs them until told to stop."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, cast
from uuid import uuid4

from redis.asyncio import Redis

from marquee_gateway.app import Pages, Web, internal_app, public_app
from marquee_gateway.cache.answers import AnswerCache
from marquee_gateway.cache.feed import STREAMS, PurgeFeed
from marquee_gateway.cache.memory import MemoryCache
from marquee_gateway.cache.shared import SharedCache
from marquee_gateway.documentation.source import ApiDocument
from marquee_gateway.edge.cors import Cors
from marquee_gateway.edge.exchange import Exchange
from marquee_gateway.edge.server import EdgeServer, bind
from marquee_gateway.gateway import Gateway
from marquee_gateway.health import Health
from marquee_gateway.limits import RateLimits
from marquee_gateway.metrics import EdgeMetrics
from marquee_gateway.recent_writes import RecentWrites
from marquee_gateway.redis_batch import RedisBatch
from marquee_gateway.routes import ROUTES, SERVICES, Service
from marquee_gateway.routing import RouteTable
from marquee_gateway.settings import GatewaySettings, split
from marquee_gateway.tokens import Tokens
from marquee_gateway.upstream.calls import ServiceClient
from marquee_gateway.upstream.replicas import Replicas
from marquee_gateway.web.api import Api
from marquee_gateway.web.site import Site
from marquee_shared.auth import Revocations
from marquee_shared.auth.revocations import revocation_tail
from marquee_shared.streams import StreamTail

REDIS_PATIENCE: Final = 2.0
"""Seconds a starting gateway waits to hear of purges and revocations before it does without."""

logger = logging.getLogger(__name__)


@asynccontextmanager
async def running(settings: GatewaySettings, listener: socket.socket) -> AsyncIterator[None]:
    """Serve on a bound socket until the end of the block, then drain."""
    redis = cast("Redis", Redis.from_url(settings.redis_url))
    batch = RedisBatch(redis)
    metrics = EdgeMetrics()
    replicas: dict[Service, Replicas] = {
        service: Replicas(service, settings.replicas(service)) for service in SERVICES
    }
    clients: dict[Service, ServiceClient] = {
        service: ServiceClient(each, metrics.upstream_failures)
        for service, each in replicas.items()
    }
    revocations = Revocations()
    health = Health(replicas, batch)
    table = RouteTable(ROUTES)
    document = ApiDocument(clients, table, settings.public_url)
    replica = f"{socket.gethostname()}-{uuid4().hex[:8]}"
    memory = MemoryCache(settings.cache_bytes)
    cache = AnswerCache(memory, SharedCache(batch, replica), metrics)
    feed = PurgeFeed(redis, cache, replica)

    def observe(exchange: Exchange) -> None:
        metrics.observe(exchange, edge.clock())

    def handle(exchange: Exchange) -> None:
        gateway.handle(exchange)

    api = Api(handle, observe)
    gateway = Gateway(
        table=table,
        services=clients,
        tokens=Tokens(
            clients["identity"],
            issuer=settings.token_issuer,
            audience=settings.token_audience,
            revocations=revocations,
        ),
        limits=RateLimits(batch, settings.rate_limit_factor),
        cache=cache,
        recent_writes=RecentWrites(batch),
        own=Pages(public_app(health, document)),
        web=Web(Site(api, redis, settings.public_url, production=settings.is_production)),
    )
    edge = EdgeServer(
        gateway.handle,
        observe,
        cors=Cors(split(settings.cors_origins)),
        hosts=split(settings.allowed_hosts),
        trusted=settings.proxies(),
        https=settings.public_url.startswith("https:"),
        most=settings.max_connections,
    )
    metrics.gauges = {
        "connections": ("Connected clients", lambda: edge.connections),
        "cache_bytes": ("Bytes of answers kept in memory", lambda: memory.bytes),
        "outstanding": (
            "Calls that wait for a service",
            lambda: sum(one.outstanding for each in replicas.values() for one in each.all),
        ),
        "open_circuits": (
            "Replicas left alone for now",
            lambda: sum(not one.breaker.closed for each in replicas.values() for one in each.all),
        ),
    }
    denials = revocation_tail(redis, revocations)
    event_tail = StreamTail(redis, STREAMS, feed.on_events, on_gap=cache.flush)
    background = [
        asyncio.create_task(feed.run()),
        asyncio.create_task(event_tail.run()),
        asyncio.create_task(denials.run()),
        asyncio.create_task(health.watch()),
    ]
    try:
        async with _internal(settings, metrics):
            await _heard(feed, event_tail.started, denials.caught_up)
            await edge.start(listener)
            try:
                yield
            finally:
                await edge.stop(settings.drain_seconds)
    finally:
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await cache.close()
        for each in replicas.values():
            each.close()
        await redis.aclose()


async def _heard(feed: PurgeFeed, *started: asyncio.Event) -> None:
    """Wait until purges and revocations reach us, or Redis turns out to be away."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(REDIS_PATIENCE):
            await feed.settled.wait()
            if feed.listening:
                await asyncio.gather(*(event.wait() for event in started))


@asynccontextmanager
async def _internal(settings: GatewaySettings, metrics: EdgeMetrics) -> AsyncIterator[None]:
    """Serve `/metrics` on its own port, where one is set."""
    if settings.metrics_port is None:
        yield
        return
    pages = Pages(internal_app(metrics))

    def handle(exchange: Exchange) -> None:
        exchange.connection.run(exchange, pages.answer(exchange))

    server = EdgeServer(handle, lambda _: None)
    await server.start(bind(settings.metrics_host, settings.metrics_port))
    try:
        yield
    finally:
        await server.stop(0)


async def serve(settings: GatewaySettings, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT, then drain."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(settings, listener):
        host, port, *_ = listener.getsockname()
        logger.info("listening on %s:%s", host, port)
        await stop.wait()
        logger.info("draining")
    with contextlib.suppress(OSError):
        listener.close()
