"""The gateway's own pages, by FastAPI; nothing that is proxied passes here."""

from typing import Final

import orjson
from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse

from marquee_gateway.documentation.source import ApiDocument
from marquee_gateway.edge.asgi import run_app
from marquee_gateway.edge.exchange import Exchange
from marquee_gateway.health import Health
from marquee_gateway.metrics import EdgeMetrics
from marquee_gateway.routes import ROUTES
from marquee_gateway.web.site import Site
from marquee_shared.documentation import documentation_page

HEALTH: Final = frozenset({b"/health/live", b"/health/ready"})
PATHS: Final = HEALTH | {b"/openapi.json", b"/docs"}


class Pages:
    """The application and the paths it is reached by."""

    paths = PATHS
    uncounted = HEALTH

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def answer(self, exchange: Exchange) -> None:
        """Let FastAPI answer."""
        await run_app(self._app, exchange)


class Web:
    """The pages for browsers: every path that does not begin as one of the API's does."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._api = {route.pattern.split("/")[1].encode() for route in ROUTES}

    def serves(self, path: bytes) -> bool:
        """Whether a path is a page's."""
        return not path.startswith(b"/v1/") and path.split(b"/", 2)[1] not in self._api

    async def answer(self, exchange: Exchange) -> None:
        """Let the site answer."""
        await run_app(self._site, exchange)


def public_app(health: Health, document: ApiDocument) -> FastAPI:
    """Build what clients see."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/health/live")
    async def live() -> dict[str, str]:
        """Say that this process runs."""
        return {"status": "live"}

    @app.get("/health/ready")
    async def ready() -> Response:
        """Say whether every part of the platform can serve."""
        is_ready, report = await health.report()
        return Response(
            orjson.dumps(report), 200 if is_ready else 503, media_type="application/json"
        )

    @app.get("/openapi.json")
    async def openapi() -> Response:
        """Return the public API's description."""
        return Response(orjson.dumps(await document.get()), media_type="application/json")

    @app.get("/docs")
    async def docs() -> HTMLResponse:
        """Return the description as a page."""
        return documentation_page(await document.get())

    return app


def internal_app(metrics: EdgeMetrics) -> FastAPI:
    """Build what only the operators' network sees."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/metrics")
    async def show_metrics() -> Response:
        """Return what the edge has counted."""
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return app
