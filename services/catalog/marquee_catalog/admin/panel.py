"""The panel, put together and mounted."""

from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from jinja2 import PackageLoader
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette_admin.base import BaseAdmin
from starlette_admin.security.csrf import CSRFMiddleware
from starlette_admin.views import CustomView
from starlette_admin.widgets import Breakpoints, GridWidget, StatWidget

from marquee_catalog.admin.calls import call
from marquee_catalog.admin.deleted import DeletedView
from marquee_catalog.admin.films import (
    AwardView,
    GenreView,
    MovieView,
    PersonView,
    PlatformView,
    TagView,
)
from marquee_catalog.admin.jobs import ImportView, JobView, ScheduleView
from marquee_catalog.admin.sign_in import EditorSignIn
from marquee_catalog.admin.surroundings import BASE, Surroundings, add_nonces
from marquee_shared.settings import ServiceSettings

LISTS = {"Films": "movies", "People": "people", "Genres": "genres"}


def _closing(endpoint: Callable[[Request], Awaitable[Response]]) -> Any:
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        finally:
            await request.close()

    return answer


class ClosingCSRFMiddleware(CSRFMiddleware):
    """Looks into forms for their token, and closes the files that came with them."""

    async def _get_submitted_token(self, request: Request) -> str | None:
        try:
            return await super()._get_submitted_token(request)
        finally:
            await request.close()


class Panel(BaseAdmin):
    """The library's panel, its templates with nonces, its uploads closed after use."""

    def _setup_templates(self) -> None:
        super()._setup_templates()
        add_nonces(self.templates.env)

    def _init_csrf(self) -> None:
        """Add nothing: ours is there already."""

    def _collect_core_routes(self) -> list[Route]:
        return [
            Route(found.path, _closing(found.endpoint), methods=found.methods, name=found.name)
            for found in super()._collect_core_routes()
        ]


def _count(name: str) -> Any:
    async def count(request: Request) -> str:
        params = {"page": 1, "limit": 1}
        answer = await call(request, "GET", f"/v1/{name}", params=params)
        return f"{answer.json()['total']:,}"

    return count


async def _imports(request: Request) -> str:
    items = (await call(request, "GET", "/v1/imports", params={"limit": 100})).json()["items"]
    running = sum(item["state"] in ("queued", "running") for item in items)
    return f"{running} running" if running else "none running"


def _front_page() -> CustomView:
    counts = [
        StatWidget(title, _count(name), link=f"{BASE}/{name}/list") for title, name in LISTS.items()
    ]
    return CustomView(
        menu_label="Overview",
        icon="fa fa-house",
        path="/",
        route_name="index",
        widget=GridWidget(
            [*counts, StatWidget("Imports", _imports, link=f"{BASE}/imports/list")],
            Breakpoints(default=1, md=2, lg=4),
        ),
    )


def mount_panel(app: FastAPI, settings: ServiceSettings) -> None:
    """Put the panel at `/admin` of the service's application."""
    secure = settings.is_production
    secret = settings.secret_key.get_secret_value()
    panel = Panel(
        title="Marquee",
        favicon_url=lambda _request: "data:,",
        templates_dir=str(files("marquee_catalog.admin") / "templates"),
        additional_loaders=[PackageLoader("marquee_catalog.admin")],
        auth_provider=EditorSignIn(secure=secure),
        secret_key=secret,
        middlewares=[Middleware(ClosingCSRFMiddleware, secret_key=secret)],
        index_view=_front_page(),
        timezone_config=None,
    )
    for view in (MovieView, DeletedView, PersonView, GenreView, TagView, PlatformView, AwardView,
                 ImportView, JobView, ScheduleView):  # fmt: skip
        panel.add_view(view)
    panel.mount_to(FastAPI())
    surroundings = Surroundings(panel.app, app, secure=secure)
    app.router.routes.append(Route(BASE, surroundings, include_in_schema=False))
    app.router.routes.append(Mount(BASE, app=surroundings, name="panel"))
