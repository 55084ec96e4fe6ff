"""The route class of every service: what each endpoint gets without saying so.

* unknown query parameters, and NUL in any, are 422, as are unknown parts of an upload;
* a body that is not JSON by its type is 415;
* `?lang=` and the caller's language are worked out, and named in `Content-Language`;
* `?fields=` keeps those members; every answer with a body to a GET, and every changed thing,
  has a strong ETag, and `If-None-Match` gives 304;
* the answer of a POST with an `Idempotency-Key` is stored inside its transaction;
* the ids of the events a write published are told to the gateway.

All of this happens while the request's transaction is still open: FastAPI closes
function-scoped dependencies after the route handler returns and before the response is sent.
"""

from collections.abc import Callable, Coroutine
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import File, Form
from fastapi.params import Query as QueryInfo
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from starlette.datastructures import FormData

from marquee_shared.auth.dependencies import OptionalCaller
from marquee_shared.caching import EVENTS
from marquee_shared.conditional import not_modified
from marquee_shared.database import WriteSession
from marquee_shared.idempotency import Claim
from marquee_shared.languages import choose_language
from marquee_shared.outbox.publish import published
from marquee_shared.pagination import CursorPage
from marquee_shared.problems import Invalid, UnsupportedMediaType
from marquee_shared.sessions import CLAIM, SESSION

LANGUAGE = "marquee.language"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


async def _language(
    request: Request,
    caller: OptionalCaller,
    lang: Annotated[
        str | None,
        Query(max_length=35, description="Language of the answer; goes before `Accept-Language`."),
    ] = None,
) -> str:
    header = request.headers.get("accept-language")
    chosen = choose_language(lang, caller.language if caller else None, header)
    request.scope[LANGUAGE] = chosen
    return chosen


Language = Annotated[str, Depends(_language)]
"""The language of the answer: one of en, es, fr, de."""


async def _fields_parameter(
    fields: Annotated[
        str | None,
        Query(max_length=500, description="Comma-separated top-level fields to keep; `id` stays."),
    ] = None,
) -> None:
    """Document `fields`; the route class applies it."""
    del fields


def _field_names(model: Any) -> frozenset[str] | None:
    """Return the fields a client may pick: of a page's items, of the model, of any of a union."""
    if get_origin(model) is Annotated:
        model = get_args(model)[0]
    if get_origin(model) in (Union, UnionType):
        each = [_field_names(member) for member in get_args(model)]
        known = [names for names in each if names is not None]
        return frozenset().union(*known) if len(known) == len(each) else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return None
    if issubclass(model, CursorPage):
        item = get_args(model.model_fields["items"].annotation)
        model = item[0] if item else None
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return None
    return frozenset(model.model_fields)


def _choose_fields(wanted: str, allowed: frozenset[str]) -> frozenset[str]:
    names = frozenset(name.strip() for name in wanted.split(",") if name.strip())
    if unknown := sorted(names - allowed):
        raise Invalid.at("/query/fields", "unknown_field", f"There is no field {unknown[0]!r}.")
    return names | {"id"}


def _keep(body: bytes, names: frozenset[str]) -> bytes:
    content = orjson.loads(body)

    def pick(thing: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in thing.items() if key in names}

    if "items" in content and "next_cursor" in content:
        content["items"] = [pick(item) for item in content["items"]]
        return orjson.dumps(content)
    return orjson.dumps(pick(content))


def _check_parameters(request: Request, known: frozenset[str]) -> None:
    for name, value in request.query_params.multi_items():
        if name not in known:
            shown = name.replace("\x00", "")[:50]
            raise Invalid.at(f"/query/{shown}", "unknown_parameter", "There is no such parameter.")
        if "\x00" in value:
            raise Invalid.at(f"/query/{name}", "nul_character", "NUL is not allowed.")
    for name, value in request.path_params.items():
        if isinstance(value, str) and "\x00" in value:
            raise Invalid.at(f"/path/{name}", "nul_character", "NUL is not allowed.")


def _part_names(body: FieldInfo) -> frozenset[str] | None:
    """Return what an upload may consist of; None for a body that is none."""
    model = body.annotation
    if not isinstance(body, File) or model is None:
        return None
    return frozenset(field.alias or name for name, field in model.model_fields.items())


async def _check_parts(form: FormData, known: frozenset[str]) -> None:
    """Refuse unknown parts of an upload. Plain forms are OAuth's, which has them ignored."""
    unknown = next((name for name in form if name not in known), None)
    if unknown is not None:
        await form.close()
        shown = unknown.replace("\x00", "")[:50]
        raise Invalid.at(f"/{shown}", "extra_forbidden", "There is no such field.")


def _replace_body(response: Response, body: bytes) -> None:
    response.body = body
    response.headers["content-length"] = str(len(body))


class MarqueeRoute(APIRoute):
    """See the module."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        methods = options.get("methods") or {"GET"}
        added = [Depends(_language)]
        if "GET" in methods:
            added.append(Depends(_fields_parameter))
        options["dependencies"] = [*added, *(options.get("dependencies") or ())]
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler."""
        handle = super().get_route_handler()
        parameters = get_flat_params(self.dependant)
        known = frozenset(f.alias for f in parameters if isinstance(f.field_info, QueryInfo))
        allowed = _field_names(self.response_model)
        takes_json = self.body_field is not None and not isinstance(
            self.body_field.field_info, Form
        )

        parts = _part_names(self.body_field.field_info) if self.body_field is not None else None

        async def handler(request: Request) -> Response:
            _check_parameters(request, known)
            if takes_json and not _is_json(request):
                raise UnsupportedMediaType
            names = _wanted_fields(request, allowed)
            if "idempotency-key" in request.headers:
                await request.body()  # kept, so that a form can be read after it was hashed
            if parts is not None:
                await _check_parts(await request.form(), parts)
            response = await handle(request)
            if not hasattr(response, "body"):
                return response  # a stream: nothing to tag, store or cut
            if names is not None and response.status_code < 300:  # noqa: PLR2004 - success
                _replace_body(response, _keep(bytes(response.body), names))
            return await _finish(request, response)

        return handler


def _wanted_fields(request: Request, allowed: frozenset[str] | None) -> frozenset[str] | None:
    fields = request.query_params.get("fields") if request.method == "GET" else None
    if not fields:
        return None
    if allowed is None:
        raise Invalid.at("/query/fields", "not_here", "This answer has no fields to choose from.")
    return _choose_fields(fields, allowed)


async def _finish(request: Request, response: Response) -> Response:
    """Add what every answer carries, while the request's transaction is still open."""
    if (language := request.scope.get(LANGUAGE)) is not None:
        response.headers.setdefault("Content-Language", language)
        response.headers.setdefault("Vary", "Accept-Language")
    session: WriteSession | None = request.scope.get(SESSION)
    if session is not None:
        if events := published(session):
            response.headers[EVENTS] = ",".join(str(event) for event in events[-20:])
        claim: Claim | None = request.scope.get(CLAIM)
        if claim is not None:
            await claim.store(session, response)
    if response.body and response.status_code in (200, 201) and request.method != "POST":
        return not_modified(request, response)
    return response


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    has_body = request.headers.get("content-length", "0") != "0" or (
        "transfer-encoding" in request.headers
    )
    if not has_body:
        return True  # a missing body is FastAPI's 422, not a wrong type
    return kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )


def new_router(*, prefix: str = "", tags: list[str] | None = None) -> APIRouter:
    """Return a router whose routes are `MarqueeRoute`s."""
    return APIRouter(prefix=prefix, tags=list(tags or ()), route_class=MarqueeRoute)
