"""Makes one OpenAPI document of several: only what the route table lets through, names apart."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from marquee_gateway.problems import Problem
from marquee_gateway.routes import Route, Service
from marquee_gateway.routing import RouteTable

Document = dict[str, Any]

VERSION: Final = "1.0.0"
METHODS: Final = ("get", "put", "post", "delete", "patch")
COMPONENT_PREFIX: Final = "#/components/"
DESCRIPTION: Final = """The backend of a movie community.

Reading public things needs no token; anything personal and any write does. Errors are problem
details (RFC 9457) with a stable `code`. Every answer carries `X-Request-ID`, `RateLimit-Policy`
and `RateLimit`; reads carry an `ETag` and honour `If-None-Match`. The language of an answer is
`?lang=`, else the caller's own, else `Accept-Language`, else English."""

PROBLEM: Final[Document] = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "description": "Stable, for programs."},
        "request_id": {"type": ["string", "null"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
HEADERS: Final[Mapping[str, Document]] = {
    "RateLimit-Policy": {
        "description": "The limit's class, requests allowed (q) and window in seconds (w).",
        "schema": {"type": "string"},
        "example": '"default";q=600;w=60',
    },
    "RateLimit": {
        "description": "Requests left in the window (r) and seconds until it ends (t).",
        "schema": {"type": "string"},
        "example": '"default";r=599;t=37',
    },
    "X-Request-ID": {
        "description": "Name this when asking about an answer.",
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
}
EDGE_ANSWERS: Final[Mapping[str, tuple[str, str, bool]]] = {
    "400": ("MalformedRequest", "The request is malformed.", False),
    "401": ("Unauthorized", "No token where one is needed, or a bad one.", False),
    "413": ("ContentTooLarge", "The body is too large.", False),
    "414": ("UriTooLong", "Path and query are too long.", False),
    "429": ("TooManyRequests", "Too many requests.", True),
    "502": ("BadGateway", "A part of the platform answered wrongly.", True),
    "503": ("Unavailable", "A part of the platform is out of reach.", True),
    "504": ("DeadlineExceeded", "The answer took too long.", True),
}


def merge(documents: Mapping[Service, Document], table: RouteTable, server: str = "") -> Document:
    """Return the public document; `server` is the gateway's address, where it is known."""
    merged: Document = {
        "openapi": "3.1.0",
        "info": {"title": "Marquee", "version": VERSION, "description": DESCRIPTION},
        **({"servers": [{"url": server}]} if server else {}),
        "paths": {},
        "components": {
            "schemas": {},
            "headers": dict(HEADERS),
            "responses": {
                name: _edge_answer(text, waits) for name, text, waits in EDGE_ANSWERS.values()
            },
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An access token of `POST /v1/auth/login`, or a personal or "
                    "service token.",
                }
            },
        },
    }
    operation_ids: set[str] = set()
    for service, document in sorted(documents.items()):  # names do not depend on who answered first
        source = _take_components(service, deepcopy(document), merged["components"])
        for path, item in source.get("paths", {}).items():
            kept = _public_operations(service, path, item, table)
            for method, (route, operation) in kept.items():
                _describe_edge(operation, route)
                name = operation.get("operationId", f"{method}_{path}")
                operation["operationId"] = (
                    name if name not in operation_ids else f"{service}_{name}"
                )
                operation_ids.add(operation["operationId"])
                merged["paths"].setdefault(path, {})[method] = operation
            if kept and "parameters" in item:
                merged["paths"][path]["parameters"] = item["parameters"]
    merged["components"]["schemas"].setdefault("Problem", PROBLEM)
    merged["paths"] = dict(sorted(merged["paths"].items()))
    return merged


def _public_operations(
    service: Service, path: str, item: Document, table: RouteTable
) -> dict[str, tuple[Route, Document]]:
    """Return the operations that the table sends to this very service."""
    found: dict[str, tuple[Route, Document]] = {}
    for method in METHODS:
        if method not in item:
            continue
        try:
            route = table.match(method.upper(), path.encode())
        except Problem:
            continue
        if route.service == service:
            found[method] = (route, item[method])
    return found


def _describe_edge(operation: Document, route: Route) -> None:
    """Add to an operation what the edge does for every route."""
    operation["security"] = [{"bearer": []}] if route.member_only else [{}, {"bearer": []}]
    responses = operation.setdefault("responses", {})
    for status, (name, _, _) in EDGE_ANSWERS.items():
        responses.setdefault(status, {"$ref": f"{COMPONENT_PREFIX}responses/{name}"})
    for response in responses.values():
        if "$ref" not in response:
            headers = response.setdefault("headers", {})
            for header in ("RateLimit-Policy", "RateLimit", "X-Request-ID"):
                headers.setdefault(header, {"$ref": f"{COMPONENT_PREFIX}headers/{header}"})


def _take_components(service: Service, document: Document, into: Document) -> Document:
    """Add a service's components, renaming what another has under the same name but differently."""
    renamed: dict[str, str] = {}
    components = document.get("components", {})
    for kind, members in components.items():
        if kind == "securitySchemes":
            continue
        present = into.setdefault(kind, {})
        for name, content in members.items():
            if name in present and present[name] != content:
                renamed[f"{COMPONENT_PREFIX}{kind}/{name}"] = (
                    f"{COMPONENT_PREFIX}{kind}/{service.capitalize()}{name}"
                )
    source: Document = _rename(document, renamed)
    for kind, members in source.get("components", {}).items():
        if kind == "securitySchemes":
            continue
        for name, content in members.items():
            target = renamed.get(f"{COMPONENT_PREFIX}{kind}/{name}", name).rsplit("/", 1)[-1]
            into[kind][target] = content
    return source


def _rename(value: Any, renamed: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: renamed.get(item, item)
            if key == "$ref" and isinstance(item, str)
            else _rename(item, renamed)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_rename(item, renamed) for item in value]
    return renamed.get(value, value) if isinstance(value, str) else value


def _edge_answer(description: str, waits: bool) -> Document:
    names = ["RateLimit-Policy", "RateLimit", "X-Request-ID", *(["Retry-After"] if waits else [])]
    return {
        "description": description,
        "headers": {name: {"$ref": f"{COMPONENT_PREFIX}headers/{name}"} for name in names},
        "content": {
            "application/problem+json": {"schema": {"$ref": f"{COMPONENT_PREFIX}schemas/Problem"}}
        },
    }
