"""The outermost layer of every service: ids, deadline, body limit, metrics, log, last resort.

Bare ASGI, because every request passes here.
"""

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from prometheus_client import Counter, Histogram
from uuid6 import uuid7

from marquee_shared import logs
from marquee_shared.languages import accepted
from marquee_shared.problems import (
    MEDIA_TYPE,
    ContentTooLarge,
    DeadlineExceeded,
    Problem,
    problem_body,
)

logger = logging.getLogger("marquee.request")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = 1_000_000
MAX_UPLOAD = 10_000_000
DEFAULT_DEADLINE = 30.0
DEADLINE_HEADER = b"marquee-deadline-ms"
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
TRACEPARENT = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

LATENCY = Histogram(
    "marquee_request_seconds",
    "Time to answer",
    ["service", "method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
FAILURES = Counter("marquee_request_failures_total", "Unexpected errors", ["service"])


def new_request_id() -> str:
    """Return a time-ordered id for a request that came without one."""
    return uuid7().hex


def new_traceparent() -> str:
    """Return a W3C traceparent for a request that came without one."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


class Telemetry:
    """Wraps a service's app."""

    def __init__(self, app: App, *, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: C901, PLR0915 - one pass over a request, in order
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        request_id = given.decode() if REQUEST_ID.fullmatch(given) else new_request_id()
        trace = headers.get(b"traceparent", b"")
        logs.request_id.set(request_id)
        logs.traceparent.set(trace.decode() if TRACEPARENT.fullmatch(trace) else new_traceparent())
        upload = headers.get(b"content-type", b"").startswith(b"multipart/form-data")
        limit = MAX_UPLOAD if upload else MAX_BODY
        milliseconds = headers.get(DEADLINE_HEADER, b"")
        deadline = int(milliseconds) / 1000 if milliseconds.isdigit() else DEFAULT_DEADLINE
        started = time.perf_counter()
        status = 0
        received = 0

        async def limited_receive() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit:
                    raise ContentTooLarge(limit=limit)
            return message

        async def noting_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        async def fail(problem: Problem) -> None:
            language = accepted(headers.get(b"accept-language", b"").decode("latin-1")) or "en"
            body = problem_body(
                status=problem.status,
                code=problem.code,
                detail=problem.detail(language),
                language=language,
                instance=scope["path"],
                request_id=request_id,
            )
            extra = [(k.lower().encode(), v.encode()) for k, v in problem.headers.items()]
            length = (b"content-length", str(len(body)).encode())
            start = [(b"content-type", MEDIA_TYPE.encode()), length, *extra]
            await noting_send(
                {"type": "http.response.start", "status": problem.status, "headers": start}
            )
            await noting_send({"type": "http.response.body", "body": body})

        try:
            declared = headers.get(b"content-length", b"0")
            if declared.isdigit() and int(declared) > limit:
                await fail(ContentTooLarge(limit=limit))
                return
            async with asyncio.timeout(min(deadline, 3600)) as expiry:
                await self._app(scope, limited_receive, noting_send)
        except ContentTooLarge as problem:
            await fail(problem)
        except TimeoutError:
            if status or not expiry.expired():
                raise
            await fail(DeadlineExceeded())
        except Exception:
            FAILURES.labels(self._service).inc()
            logger.exception("unexpected error", extra={"path": scope["path"]})
            if status:
                raise
            await fail(Problem())
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            took = time.perf_counter() - started
            LATENCY.labels(self._service, scope["method"], route, str(status)).observe(took)
            logger.info(
                "request",
                extra={
                    "method": scope["method"],
                    "route": route,
                    "path": scope["path"],
                    "status": status,
                    "milliseconds": round(took * 1000, 2),
                },
            )
