"""The way of a request through the edge.

`handle` takes every request as far as memory knows the answer, without a task: route, token,
rate limit, cache. What has to wait for something goes on in `_proceed`, in the same order.
"""

import asyncio
import gzip
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Protocol
from uuid import UUID

from marquee_gateway.cache.answers import AnswerCache, Fetched
from marquee_gateway.cache.entry import (
    COMPRESS_FROM,
    Entry,
    accepts_gzip,
    gzip_etag,
    is_compressible,
    make_etag,
    may_be_shared,
    names_etag,
    not_modified_lines,
    parse_tags,
    vary_line,
)
from marquee_gateway.edge.cors import preflight
from marquee_gateway.edge.exchange import Exchange
from marquee_gateway.forwarding import (
    public_request_head,
    request_head,
    response_lines,
)
from marquee_gateway.limits import RateLimits, network_of
from marquee_gateway.problems import (
    DeadlineExceeded,
    InvalidToken,
    MethodNotAllowed,
    Problem,
    RouteNotFound,
    TooManyRequests,
    Unauthorized,
)
from marquee_gateway.recent_writes import RecentWrites
from marquee_gateway.routes import (
    BODY_LIMIT,
    SAFE_METHODS,
    UPLOAD_LIMIT,
    Cache,
    RateClass,
    Route,
    Service,
)
from marquee_gateway.routing import RouteTable
from marquee_gateway.tokens import Tokens
from marquee_gateway.upstream.calls import SICK_STATUS, ServiceClient, problem_of
from marquee_gateway.upstream.connection import UpstreamError, UpstreamResponse

SILENCE_LIMIT: Final = 30.0
"""Seconds a body that should end may pause."""

KEPT_STATUS: Final = 200
OWN_METHODS: Final = "GET, HEAD, OPTIONS"
PASSING_LEVEL: Final = 1
COMPRESS_ASIDE_FROM: Final = 65_536
"""Bytes from which compressing would hold up other requests, so a thread does it."""

HIT: Final = b"cache-status: marquee; hit\r\n"
MISS: Final = b"cache-status: marquee; fwd=miss\r\n"


class OwnPages(Protocol):
    """What the gateway answers itself, by FastAPI."""

    paths: frozenset[bytes]
    uncounted: frozenset[bytes]
    """Those that probes ask all the time, which no limit may refuse."""

    async def answer(self, exchange: Exchange) -> None:
        """Answer one."""


class WebPages(Protocol):
    """The pages for browsers, at every path that is no part of the API."""

    def serves(self, path: bytes) -> bool:
        """Whether a path is theirs."""

    async def answer(self, exchange: Exchange) -> None:
        """Answer one."""


class Gateway:
    """Everything between a parsed request and its answer."""

    def __init__(
        self,
        *,
        table: RouteTable,
        services: Mapping[Service, ServiceClient],
        tokens: Tokens,
        limits: RateLimits,
        cache: AnswerCache,
        recent_writes: RecentWrites,
        own: OwnPages,
        web: WebPages,
    ) -> None:
        self._table = table
        self._services = services
        self._tokens = tokens
        self._limits = limits
        self._cache = cache
        self._recent_writes = recent_writes
        self._own = own
        self._web = web

    def handle(self, exchange: Exchange) -> None:
        """Answer a request at once where memory knows the answer, else in a task.

        What it raises, the connection answers with.
        """
        if exchange.path in self._own.paths:
            exchange.connection.run(exchange, self._answer_own(exchange))
            return
        if self._web.serves(exchange.path):
            exchange.connection.run(exchange, self._answer_page(exchange))
            return
        if exchange.method == "OPTIONS":
            self._answer_options(exchange)
            return
        self._find_route(exchange)
        if self._know_caller(exchange) and self._know_quota(exchange):
            self._check_allowed(exchange)
            if not self._answer_from_memory(exchange) and not self._set_off(exchange):
                exchange.connection.run(exchange, self._answer(exchange))
        else:
            exchange.connection.run(exchange, self._ask_and_answer(exchange))

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

    def _answer_from_memory(self, exchange: Exchange) -> bool:
        """Answer a cacheable read from memory; False where it is not there."""
        route = exchange.route
        if route is None or route.cache is None:
            return False
        entry = self._cache.find(_cache_key(exchange, route.cache))
        if entry is None:
            return False
        _send_entry(exchange, entry, HIT)
        return True

    # the short way of a plain read: no task, as long as nothing goes wrong

    def _set_off(self, exchange: Exchange) -> bool:
        """Send a plain read over a ready connection; False where it takes more than that."""
        route = exchange.route
        if (
            route is None
            or route.method != "GET"
            or route.cache is not None
            or route.read_your_writes
            or route.streams
            or not exchange.body.complete
        ):
            return False

        def on_answer(result: UpstreamResponse | UpstreamError) -> None:
            exchange.give_up = None
            exchange.connection.attempt(exchange, lambda: self._come_back(exchange, route, result))

        service = self._services[route.service]
        connection = service.call_now(request_head(exchange), route.timeout, on_answer)
        if connection is None:
            return False
        exchange.give_up = connection.close
        return True

    def _come_back(
        self, exchange: Exchange, route: Route, result: UpstreamResponse | UpstreamError
    ) -> None:
        """Send the answer of a read that `_set_off` sent, or go on the long way."""
        if exchange.connection.gone or exchange.answered:
            if isinstance(result, UpstreamResponse):
                result.discard()
        elif (
            isinstance(result, UpstreamResponse)
            and result.complete
            and result.status not in SICK_STATUS
            and (result.length or 0) <= COMPRESS_ASIDE_FROM
        ):
            _send_whole(exchange, result)
        else:
            exchange.connection.run(exchange, self._make_good(exchange, route, result))

    async def _make_good(
        self, exchange: Exchange, route: Route, result: UpstreamResponse | UpstreamError
    ) -> None:
        """Pass on an answer that is not whole yet, or try again after one that did not come."""
        service = self._services[route.service]
        if isinstance(result, UpstreamResponse):
            elsewhere = result.status in SICK_STATUS and service.replicas.has_another(())
            if not elsewhere or not service.may_repeat():
                await self._pass_on(exchange, route, result)
                return
            result.discard()
        elif not service.may_repeat():
            raise problem_of(result)
        spent = asyncio.get_running_loop().time() - exchange.started
        if spent >= route.timeout:
            raise DeadlineExceeded
        await self._forward(exchange, replace(route, timeout=route.timeout - spent))

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
        if not self._answer_from_memory(exchange):
            await self._answer(exchange)

    async def _answer_own(self, exchange: Exchange) -> None:
        """Answer a page of the gateway's own."""
        if exchange.method == "OPTIONS":
            exchange.respond(204, b"allow: %b\r\n" % OWN_METHODS.encode())
            return
        if exchange.path not in self._own.uncounted:
            exchange.quota = await self._limits.take(*_counted(exchange))
            if not exchange.quota.granted:
                raise TooManyRequests(seconds=exchange.quota.reset)
        if exchange.method not in SAFE_METHODS:
            raise MethodNotAllowed(headers={"Allow": OWN_METHODS})
        await self._own.answer(exchange)

    async def _answer_page(self, exchange: Exchange) -> None:
        """Answer a browser; what its page asks of the API is counted there."""
        exchange.quota = await self._limits.take("asset", network_of(exchange.address))
        if not exchange.quota.granted:
            raise TooManyRequests(seconds=exchange.quota.reset)
        kind = exchange.fields.get(b"content-type", b"")
        exchange.body.limit(UPLOAD_LIMIT if kind.startswith(b"multipart/") else BODY_LIMIT)
        await self._web.answer(exchange)

    async def _answer(self, exchange: Exchange) -> None:
        route = exchange.route
        assert route is not None  # noqa: S101 - `_check_allowed` has seen to it
        if route.cache is not None and await self._answer_public(exchange, route, route.cache):
            return
        await self._forward(exchange, route)

    async def _answer_public(self, exchange: Exchange, route: Route, policy: Cache) -> bool:
        """Answer with what everyone is given; False where the service answers callers apart."""
        client = self._services[route.service]

        async def fetch() -> Fetched:
            response = await client.call(
                public_request_head(exchange, policy), b"", timeout=route.timeout, idempotent=True
            )
            return self._take_in(response, policy)

        entry = await self._cache.get(_cache_key(exchange, policy), fetch)
        if entry is None:
            return False
        _send_entry(exchange, entry, MISS)
        return True

    def _take_in(self, response: UpstreamResponse, policy: Cache) -> Fetched:
        """Make an entry of an answer, where it may be given to others."""
        fields = response.fields
        if not response.complete or not may_be_shared(fields, response.repeated):
            response.discard()
            return Fetched(None, keep=False)
        body = response.body
        tags = parse_tags(fields.get(b"cache-tag")).union(tag.encode() for tag in policy.tags)
        etag = fields.pop(b"etag", None) or make_etag(body)
        fields.pop(b"vary", None)
        lines = response_lines(response, private=False) + vary_line(policy)
        expires_at = asyncio.get_running_loop().time() + policy.ttl
        entry = Entry(
            status=response.status,
            lines=lines,
            etag=etag,
            body=body,
            tags=tags,
            expires_at=expires_at,
        )
        return Fetched(entry, keep=response.status == KEPT_STATUS)

    async def _forward(self, exchange: Exchange, route: Route) -> None:
        """Have the service answer for this caller alone."""
        caller = exchange.caller
        after = b""
        if route.read_your_writes and caller is not None:
            after = await self._recent_writes.after(caller.id)
        body = await exchange.body.gather()
        response = await self._services[route.service].call(
            request_head(exchange, after),
            exchange.body if body is None else body,
            timeout=route.timeout,
            idempotent=route.idempotent,
            endless=route.streams,
        )
        if route.method != "GET":
            await self._note_write(exchange, response)
        await self._pass_on(exchange, route, response)

    async def _note_write(self, exchange: Exchange, response: UpstreamResponse) -> None:
        """Let go of what a write made stale, and remember its events, before its author reads."""
        await self._cache.purge(parse_tags(response.fields.get(b"cache-purge")))
        events = response.fields.get(b"marquee-events")
        if events is not None and exchange.caller is not None:
            await self._recent_writes.note(exchange.caller.id, events)

    async def _pass_on(self, exchange: Exchange, route: Route, response: UpstreamResponse) -> None:
        """Send a service's answer to the client, whole or as it comes."""
        if response.complete:
            packed = None
            if (response.length or 0) > COMPRESS_ASIDE_FROM and _worth_packing(exchange, response):
                packed = await asyncio.to_thread(_pack, response.body)
            _send_whole(exchange, response, packed)
            return
        try:
            lines = response_lines(response, private=True)
            exchange.begin(response.status, lines, response.length)
            if exchange.method != "HEAD":
                async for piece in response.pieces(None if route.streams else SILENCE_LIMIT):
                    await exchange.write(piece)
            exchange.end()
        except UpstreamError as error:
            raise problem_of(error) from error
        finally:
            response.discard()


def _cache_key(exchange: Exchange, policy: Cache) -> bytes:
    """Return what tells this answer from others: only what goes to the service may be in it."""
    key = exchange.target
    if "lang" in policy.vary:
        key = b"%b %b" % (key, exchange.language.encode())
    if "accept" in policy.vary:
        key = b"%b %b" % (key, exchange.fields.get(b"accept", b"*/*"))
    return key


def _send_entry(exchange: Exchange, entry: Entry, outcome: bytes) -> None:
    """Send a shared answer in the form this client can take, or tell it that it has it."""
    wanted = exchange.fields.get(b"if-none-match")
    compress = entry.compressible and accepts_gzip(exchange.fields.get(b"accept-encoding"))
    etag = entry.gzip_etag if compress else entry.etag
    if wanted is not None and entry.status == KEPT_STATUS and names_etag(wanted, entry.etag):
        exchange.respond(304, b"%betag: %b\r\n%b" % (entry.not_modified, etag, outcome))
    elif compress:
        head = b"%betag: %b\r\ncontent-encoding: gzip\r\n%b" % (entry.lines, etag, outcome)
        exchange.respond(entry.status, head, entry.gzipped())
    else:
        head = b"%betag: %b\r\n%b" % (entry.lines, etag, outcome)
        exchange.respond(entry.status, head, entry.body)


def _send_whole(
    exchange: Exchange, response: UpstreamResponse, packed: bytes | None = None
) -> None:
    """Send a caller's own answer, compressed where that is worth while."""
    lines = response_lines(response, private=True)
    body = response.body
    etag = response.fields.get(b"etag")
    wanted = exchange.fields.get(b"if-none-match")
    if (
        etag is not None
        and wanted is not None
        and response.status == KEPT_STATUS
        and exchange.method in SAFE_METHODS
        and names_etag(wanted, etag)
    ):
        exchange.respond(304, not_modified_lines(lines))
        return
    if packed is not None or _worth_packing(exchange, response):
        body = _pack(body) if packed is None else packed
        if etag is not None:
            lines = lines.replace(b"etag: %b\r\n" % etag, b"etag: %b\r\n" % gzip_etag(etag), 1)
        lines += b"content-encoding: gzip\r\nvary: Accept-Encoding\r\n"
    exchange.respond(response.status, lines, body)


def _worth_packing(exchange: Exchange, response: UpstreamResponse) -> bool:
    fields = response.fields
    return (
        len(response.body) >= COMPRESS_FROM
        and accepts_gzip(exchange.fields.get(b"accept-encoding"))
        and b"content-encoding" not in fields
        and is_compressible(fields.get(b"content-type", b""))
    )


def _pack(body: bytes) -> bytes:
    return gzip.compress(body, PASSING_LEVEL, mtime=0)


def _counted(exchange: Exchange) -> tuple[RateClass, UUID | str]:
    """Return what a request counts against: its class, and the member or address."""
    rate = exchange.route.rate if exchange.route is not None else "default"
    if exchange.caller is None or rate == "auth":
        return rate, network_of(exchange.address)
    return rate, exchange.caller.id
