"""A server that behaves like TMDB's API, also where that goes wrong."""

import asyncio
import json
import socket
from collections import Counter, defaultdict
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

KEY = "0123456789abcdef0123456789abcdef"
PAGE = 20


def film(number, **more):
    """A film as TMDB tells it, with members that nobody asked for."""
    return {
        "id": number, "title": f"Film {number}", "original_title": f"Film {number}",
        "release_date": "2001-05-06", "runtime": 100, "overview": f"Number {number}.",
        "tagline": "", "status": "Released", "adult": False, "video": False, "vote_count": 500,
        "vote_average": 7.1, "budget": 0, "homepage": "", "original_language": "en",
        "spoken_languages": [{"iso_639_1": "en", "english_name": "English", "name": "English"}],
        "production_countries": [{"iso_3166_1": "US", "name": "United States of America"}],
        "genres": [{"id": 18, "name": "Drama"}], "poster_path": None, "backdrop_path": None,
        **more,
    }  # fmt: skip


class TmdbDouble:
    """What it has, what it does wrong next, and what it was asked."""

    def __init__(self):
        self.films = {}
        self.changed = []
        self.faults = defaultdict(list)
        """Path → what happens to the next questions: a status, a Response, or bytes."""
        self.asked = Counter()
        self.pages = {}
        self.authorizations = set()
        self.open = asyncio.Event()
        self.open.set()
        self.holds_after = None
        self.url = ""

    def add(self, *films):
        for one in films:
            self.films[one["id"]] = one

    async def answer(self, request):
        path = request.path_params["path"]
        self.asked[path] += 1
        self.authorizations.add(request.headers.get("authorization"))
        if request.query_params.get("api_key") != KEY and not request.headers.get("authorization"):
            return JSONResponse({"status_code": 7, "success": False}, 401)
        if self.faults[path]:
            return await self.fault(self.faults[path].pop(0))
        if path == "configuration":
            return JSONResponse({"images": {}})
        if path in ("discover/movie", "movie/changes"):
            return self.page(path, int(request.query_params["page"]))
        return await self.film(path)

    async def fault(self, fault):
        if fault == "silence":
            await self.open.wait()
            return Response()
        if isinstance(fault, int):
            return JSONResponse({"success": False}, fault)
        if isinstance(fault, bytes):
            return Response(fault, media_type="application/json")
        return fault

    def page(self, path, number):
        ids = sorted(self.films) if path == "discover/movie" else self.changed
        entries = [{"id": one, "adult": False} for one in ids[(number - 1) * PAGE : number * PAGE]]
        entries = self.pages.get((path, number), entries)
        pages = -(-len(ids) // PAGE)
        return JSONResponse({"page": number, "results": entries, "total_pages": pages})

    async def film(self, path):
        asked = sum(count for name, count in self.asked.items() if name.startswith("movie/"))
        if self.holds_after is not None and asked > self.holds_after:
            await self.open.wait()
        found = self.films.get(int(path.removeprefix("movie/")))
        if found is None:
            return JSONResponse({"status_code": 34, "success": False}, 404)
        return Response(json.dumps(found), media_type="application/json")


@asynccontextmanager
async def running_double():
    double = TmdbDouble()
    app = Starlette(routes=[Route("/3/{path:path}", double.answer)])
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None
    with socket.create_server(("127.0.0.1", 0)) as listening:
        double.url = f"http://127.0.0.1:{listening.getsockname()[1]}/3"
        task = asyncio.create_task(server._serve([listening]))
        try:
            yield double
        finally:
            double.open.set()
            server.should_exit = True
            await task
