"""The application factory: one call that gives a service everything it shares with the others."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from marquee_shared import logs
from marquee_shared.database import is_out_of_reach
from marquee_shared.field_words import describe
from marquee_shared.idempotency import Replay
from marquee_shared.languages import choose_language
from marquee_shared.operations.endpoints import operations_router
from marquee_shared.problems import (
    MEDIA_TYPE,
    BadRequest,
    FieldError,
    Invalid,
    MethodNotAllowed,
    Moved,
    NotFound,
    Problem,
    Unavailable,
    problem_body,
)
from marquee_shared.routing import LANGUAGE
from marquee_shared.service import Context, Service, SettingsT, open_context, verification
from marquee_shared.telemetry import Telemetry

logger = logging.getLogger(__name__)

REDIS_PATIENCE = 2.0
"""Seconds a starting service waits to hear which sessions have been revoked."""

PROBLEM_SCHEMA = {
    "type": "object",
    "description": "RFC 9457: `code` is stable, `title` and `detail` are for people.",
    "required": ["type", "title", "status", "detail", "instance", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": ["string", "null"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "JSON pointer into the body, or `/query/…`, `/path/…`.",
                    },
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def _language_of(request: Request) -> str:
    chosen: str | None = request.scope.get(LANGUAGE)
    return chosen or choose_language(
        request.query_params.get("lang"), None, request.headers.get("accept-language")
    )


def problem_response(request: Request, problem: Problem) -> Response:
    """Return a problem as the caller reads it, in their language."""
    language = _language_of(request)
    body = problem_body(
        status=problem.status,
        code=problem.code,
        detail=problem.detail(language),
        language=language,
        instance=request.url.path,
        request_id=logs.request_id.get(),
        errors=problem.errors,
    )
    headers = {**problem.headers, "Content-Language": language}
    if isinstance(problem, Moved):
        headers["Location"] = _location(request, problem)
    return Response(body, status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def _location(request: Request, moved: Moved) -> str:
    """Return the address that was asked for, with the slug of now in the former one's place."""
    parameters = {name: quote(str(value)) for name, value in request.path_params.items()}
    parameters[moved.parameter] = quote(moved.slug)
    path: str = request.scope["route"].path.format(**parameters)
    return f"{path}?{request.url.query}" if request.url.query else path


def _pointer(location: tuple[int | str, ...]) -> str:
    where, *path = location or ("body",)
    parts = [str(part).replace("~", "~0").replace("/", "~1").replace("\x00", "") for part in path]
    joined = "".join(f"/{part}" for part in parts)
    return joined or "/" if where == "body" else f"/{where}{joined}"


def _field_errors(error: RequestValidationError, language: str) -> list[FieldError]:
    """Return what is wrong, each once: a body that two dependencies take is checked twice."""
    found: list[FieldError] = []
    for item in error.errors():
        wrong = FieldError(
            pointer=_pointer(item["loc"]), code=item["type"], detail=describe(item, language)
        )
        if wrong not in found:
            found.append(wrong)
    return found


def _allowed_methods(app: FastAPI, request: Request) -> str:
    """Return the methods of an address; a router knows only those of its first route there."""
    scope = {
        "type": "http",
        "path": request.url.path,
        "root_path": request.scope.get("root_path", ""),
        "headers": [],
    }
    return ", ".join(
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(
            route.matches({**scope, "method": method})[0] is Match.FULL
            for route in app.router.routes
        )
    )


def _add_problem_handlers(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Problem) -> Response:
        return problem_response(request, problem)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        if any(item["type"] == "json_invalid" for item in error.errors()):
            return problem_response(request, BadRequest())
        return problem_response(
            request, Invalid(errors=_field_errors(error, _language_of(request)))
        )

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        problem: Problem
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            problem = MethodNotAllowed(headers={"Allow": _allowed_methods(app, request)})
        elif error.status_code == HTTPStatus.NOT_FOUND:
            problem = NotFound()
        elif error.status_code == HTTPStatus.BAD_REQUEST:
            problem = BadRequest()
        else:
            problem = Problem(headers=error.headers)
        return problem_response(request, problem)

    @app.exception_handler(Replay)
    async def on_replay(_request: Request, replay: Replay) -> Response:
        return replay.response

    @app.exception_handler(PoolTimeoutError)
    @app.exception_handler(InterfaceError)
    @app.exception_handler(RedisError)
    @app.exception_handler(ConnectionError)
    async def on_out_of_reach(request: Request, error: Exception) -> Response:
        logger.error("out of reach: %s: %s", type(error).__name__, error)
        return problem_response(request, Unavailable())

    @app.exception_handler(DBAPIError)
    async def on_database_error(request: Request, error: DBAPIError) -> Response:
        if is_out_of_reach(error):
            return await on_out_of_reach(request, error)
        raise error


def _add_operations(app: FastAPI, service: Service[Any]) -> None:
    @app.get("/health/live", include_in_schema=False)
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @app.get("/health/ready", include_in_schema=False)
    async def ready() -> Response:
        parts = await _parts(app.state.context, service)
        ok = all(parts.values())
        body = orjson.dumps({"status": "ready" if ok else "not_ready", "parts": parts})
        return Response(body, status_code=200 if ok else 503, media_type="application/json")

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _parts(context: Context[Any], service: Service[Any]) -> dict[str, bool]:
    """Try the database and Redis, and what else the service says it needs."""

    async def database() -> bool:
        async with context.database.reading() as session:
            await session.execute(text("SELECT 1"))
        return True

    async def redis() -> bool:
        return bool(await context.redis.ping())

    async def own() -> bool:
        return service.ready is None or await service.ready(context)

    async def tried(check: Any) -> bool:
        try:
            async with asyncio.timeout(2):
                return bool(await check())
        except (OSError, TimeoutError, DBAPIError, PoolTimeoutError, RedisError) as error:
            logger.warning("not ready: %s", error)
            return False

    names = ("database", "redis", "service")
    results = await asyncio.gather(tried(database), tried(redis), tried(own))
    return dict(zip(names, results, strict=True))


def _openapi(app: FastAPI, service: Service[Any]) -> dict[str, Any]:
    """Return the document with our problems in place of FastAPI's validation errors."""
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(
        title=app.title, version=app.version, routes=app.routes, description=service.title
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = PROBLEM_SCHEMA
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            responses = operation["responses"]
            for status, meaning in _problem_statuses(path, method, operation).items():
                told = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
                if status != str(int(HTTPStatus.UNPROCESSABLE_ENTITY)):  # FastAPI's own is not ours
                    told = {**responses.get(status, {}).get("content", {}), **told}
                responses[status] = {"description": meaning, "content": told}
            if method == "get" and "200" in responses:
                responses["304"] = {"description": "The caller has this version already."}
            if method == "post":
                operation.setdefault("parameters", []).append(
                    {
                        "name": "Idempotency-Key",
                        "in": "header",
                        "required": False,
                        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
                        "description": "Repeat with the same key to get the first answer again.",
                    }
                )
    app.openapi_schema = document
    return document


def _problem_statuses(path: str, method: str, operation: dict[str, Any]) -> dict[str, str]:
    found = {
        "401": "No token where one is needed, or a bad one.",
        "422": "Readable, and wrong; `errors` says where.",
        "429": "Too many requests; `Retry-After` says how long to wait.",
        "502": "A part of the platform answered wrongly.",
        "503": "Out of reach for the moment; nothing was changed.",
        "504": "It took longer than it may; for a write, ask whether it took effect.",
    }
    if operation.get("security"):
        found["403"] = "The caller may not do this."
    if "{" in path:
        found["404"] = "It does not exist, or not for this caller."
    if "requestBody" in operation:
        found |= {
            "400": "The body is not JSON.",
            "413": "The body is too large.",
            "415": "The body is of another type.",
        }
    if method in ("post", "put", "patch", "delete"):
        found["409"] = "A duplicate, or the wrong state."
    if method in ("put", "patch", "delete"):
        found["412"] = "`If-Match` named another version."
    return found


def create_app(service: Service[SettingsT], settings: SettingsT | None = None) -> FastAPI:
    """Return the HTTP application of a service."""
    chosen = settings or service.settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_context(service, chosen, "api") as context:
            verifier, tail = verification(context)
            app.state.context = context
            app.state.database = context.database
            app.state.verifier = verifier
            hints: set[asyncio.Task[Any]] = set()

            def wake_relay() -> None:
                task = asyncio.ensure_future(_hint(context, service.name))
                hints.add(task)
                task.add_done_callback(hints.discard)

            context.database.on_published = wake_relay
            following = asyncio.create_task(tail.run())
            with suppress(TimeoutError):  # without Redis we do without, as while it is away later
                await asyncio.wait_for(tail.caught_up.wait(), REDIS_PATIENCE)
            try:
                yield
            finally:
                following.cancel()
                await asyncio.gather(following, *hints, return_exceptions=True)

    app = FastAPI(
        title=f"Marquee {service.name}",
        version="0.1.0",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    app.state.settings = chosen
    app.state.delegable = service.delegable
    app.router.redirect_slashes = False
    _add_problem_handlers(app)
    _add_operations(app, service)
    for router in (*service.routers, operations_router(service)):
        app.include_router(router)
    if service.extend is not None:
        service.extend(app, chosen)
    app.openapi = lambda: _openapi(app, service)  # type: ignore[method-assign]
    app.add_middleware(Telemetry, service=service.name)
    return app


async def _hint(context: Context[Any], name: str) -> None:
    """Wake the relay, wherever it runs; without the hint it polls."""
    try:
        await context.redis.publish(f"wake:{name}", b"1")
    except (RedisError, OSError) as error:
        logger.debug("the relay was not woken: %s", error)
