"""The way of a request through the edge.

`handle` takes every request as far as memory knows the answer, without a task: route, token,
rate limit, cache. What has to wait for something goes on in `_proceed`, in the same order.
"""

import logging
from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from marquee_gateway.edge.cors import preflight
from marquee_gateway.edge.exchange import Exchange
from marquee_gateway.forwarding import request_head, response_lines
from marquee_gateway.limits import RateLimits, network_of
from marquee_gateway.metrics import EdgeMetrics
from marquee_gateway.problems import (
    BadGateway,
    DeadlineExceeded,
    InvalidToken,
    Problem,
    RouteNotFound,
    TooManyRequests,
    Unauthorized,
)
from marquee_gateway.routes import RateClass, Route, Service
from marquee_gateway.routing import RouteTable
from marquee_gateway.tokens import Tokens
from marquee_gateway.upstream.calls import ServiceClient
from marquee_gateway.upstream.connection import UpstreamError, UpstreamResponse, UpstreamTimeout

logger = logging.getLogger(__name__)

SILENCE_LIMIT = 30.0
"""Seconds a body that should end may pause."""


class OwnPages(Protocol):
    """What the gateway answers itself, by FastAPI."""

    paths: frozenset[bytes]

    async def answer(self, exchange: Exchange) -> None:
        """Answer one."""


class Gateway:
    """Everything between a parsed request and its answer."""

    def __init__(
        self,
        table: RouteTable,
        services: Mapping[Service, ServiceClient],
        tokens: Tokens,
        limits: RateLimits,
        own: OwnPages,
        metrics: EdgeMetrics,
    ) -> None:
        self._table = table
        self._services = services
        self._tokens = tokens
        self._limits = limits
        self._own = own
        self._metrics = metrics

    def handle(self, exchange: Exchange) -> None:
        """Answer a request at once where memory knows the answer, else in a task."""
        if exchange.path in self._own.paths:
            exchange.connection.run(exchange, self._own.answer(exchange))
            return
        try:
            if exchange.method == "OPTIONS":
                self._answer_options(exchange)
                return
            self._find_route(exchange)
            if self._know_caller(exchange) and self._know_quota(exchange):
                self._check_allowed(exchange)
                exchange.connection.run(exchange, self._answer(exchange))
            else:
                exchange.connection.run(exchange, self._ask_and_answer(exchange))
        except Problem as problem:
            exchange.refuse(problem)

    def _answer_options(self, exchange: Exchange) -> None:
        """Say which methods a path takes; a browser's preflight is such a question."""
        methods = self._table.methods(exchange.path)
        if not methods:
            raise RouteNotFound
        allow = b"allow: %b\r\n" % methods.encode()
        asked = b"access-control-request-method" in exchange.fields
        exchange.respond(204, allow + (preflight(methods) if asked else b""))

    # what memory knows

    def _find_route(self, exchange: Exchange) -> None:
        """Fill in the route; where there is none, what to say about it in its turn."""
        try:
            exchange.route = self._table.match(exchange.method, exchange.path)
        except Problem as problem:
            exchange.unroutable = problem

    def _know_caller(self, exchange: Exchange) -> bool:
        """Fill in the caller; False where their token has to be verified first."""
        authorization = exchange.fields.get(b"authorization")
        if authorization is None:
            return True
        try:
            exchange.caller = self._tokens.remembered(authorization)
        except InvalidToken:
            return False
        return exchange.caller is not None

    def _know_quota(self, exchange: Exchange) -> bool:
        """Count the request; False where Redis has to be asked."""
        exchange.quota = self._limits.take_now(*_counted(exchange))
        return exchange.quota is not None

    def _check_allowed(self, exchange: Exchange) -> None:
        """Raise what speaks against the request, now that caller and quota are known."""
        if exchange.quota is not None and not exchange.quota.granted:
            raise TooManyRequests(seconds=exchange.quota.reset)
        if exchange.route is None:
            raise exchange.unroutable or RouteNotFound()
        if exchange.route.member_only and exchange.caller is None:
            raise Unauthorized
        exchange.body.limit(exchange.route.body_limit)

    # what has to wait

    async def _ask_and_answer(self, exchange: Exchange) -> None:
        """Verify the token and count the request where memory did not know, then answer."""
        authorization = exchange.fields.get(b"authorization")
        if authorization is not None and exchange.caller is None:
            try:
                exchange.caller = await self._tokens.verify(authorization)
            except InvalidToken:
                exchange.quota = await self._limits.take(*_counted(exchange))
                if not exchange.quota.granted:
                    raise TooManyRequests(seconds=exchange.quota.reset) from None
                raise
        if exchange.quota is None:
            exchange.quota = await self._limits.take(*_counted(exchange))
        self._check_allowed(exchange)
        await self._answer(exchange)

    async def _answer(self, exchange: Exchange) -> None:
        route = exchange.route
        assert route is not None  # noqa: S101 - `_check_allowed` has seen to it
        await self._forward(exchange, route)

    async def _forward(self, exchange: Exchange, route: Route) -> None:
        """Have the service answer, for this caller alone."""
        body = await exchange.body.gather()
        response = await self._services[route.service].call(
            request_head(exchange),
            exchange.body if body is None else body,
            timeout=route.timeout,
            idempotent=route.idempotent,
            endless=route.streams,
        )
        await self._pass_on(exchange, route, response)

    async def _pass_on(self, exchange: Exchange, route: Route, response: UpstreamResponse) -> None:
        """Send a service's answer to the client, whole or as it comes."""
        lines = response_lines(response, private=True)
        if response.complete:
            exchange.respond(response.status, lines, response.body)
            return
        try:
            exchange.begin(response.status, lines, response.length)
            if exchange.method != "HEAD":
                async for piece in response.pieces(None if route.streams else SILENCE_LIMIT):
                    await exchange.write(piece)
            exchange.end()
        except UpstreamError as error:
            raise DeadlineExceeded if isinstance(error, UpstreamTimeout) else BadGateway from error
        finally:
            response.discard()


def _counted(exchange: Exchange) -> tuple[RateClass, UUID | str]:
    """Return what a request counts against: its class, and the member or address."""
    rate = exchange.route.rate if exchange.route is not None else "default"
    if exchange.caller is None or rate == "auth":
        return rate, network_of(exchange.address)
    return rate, exchange.caller.id
