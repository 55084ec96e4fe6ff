import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from marquee_recommender.app import SERVICE
from marquee_recommender.engine import Interactions, Items, train
from marquee_recommender.engine.artifact import read_manifest
from marquee_recommender.models import repository as models
from marquee_recommender.models import service as registry
from marquee_recommender.models.artifacts import new_version
from marquee_recommender.serving import Serving
from marquee_shared.events.identity import UserCreated
from marquee_shared.events.social import RatingsSet
from marquee_shared.service import Service
from marquee_shared.testing.plugin import new_uuid

sys.path.insert(0, str(Path(__file__).parent))

from recommender_world import (
    FILMS,
    MEMBERS,
    QUICK,
    UNRELEASED,
    film,
    member,
    states,
)


@pytest.fixture(scope="session")
def service() -> Service[Any]:
    return SERVICE


@dataclass
class SocialDouble:
    """Answers a member's own questions as social and identity do, over a real socket."""

    url: str = ""
    ratings: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    calls: list[str] = field(default_factory=list)
    taste: dict[str, Any] | None = None
    """What identity says the member likes; None while it does not answer."""
    following: list[str] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[None]] | None = None
    """What happens before social answers."""

    def reset(self) -> None:
        self.ratings, self.status, self.calls = [], 200, []
        self.taste, self.following, self.meanwhile = None, [], None

    async def answer(self, request: web.Request) -> web.Response:
        self.calls.append(request.headers.get("Authorization", ""))
        if self.meanwhile is not None:
            await self.meanwhile()
        body = {"user_id": str(new_uuid()), "ratings": self.ratings}
        return web.json_response(body, status=self.status)

    async def answer_taste(self, _request: web.Request) -> web.Response:
        return web.json_response(self.taste, status=503 if self.taste is None else 200)

    async def answer_following(self, _request: web.Request) -> web.Response:
        people = [{"id": n, "slug": slug, "name": slug} for n, slug in enumerate(self.following)]
        return web.json_response({"items": people, "next_cursor": None})


@pytest_asyncio.fixture(scope="session")
async def social_server() -> AsyncIterator[SocialDouble]:
    double = SocialDouble()
    application = web.Application()
    application.router.add_get("/internal/me/interactions", double.answer)
    application.router.add_get("/v1/me/taste", double.answer_taste)
    application.router.add_get("/v1/me/following/people", double.answer_following)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    double.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield double
    await runner.cleanup()


@pytest.fixture
def social(social_server: SocialDouble) -> SocialDouble:
    social_server.reset()
    return social_server


@pytest.fixture(scope="session")
def settings_overrides(social_server: SocialDouble) -> dict[str, Any]:
    url = social_server.url
    return {"social_url": url, "identity_url": url, "evaluation_rows": 0}


Fill = Callable[[], Awaitable[None]]


@pytest.fixture
def fill(deliver: Any) -> Fill:
    """Bring the world's films, members and ratings by events."""

    async def send() -> None:
        films = [(film(number), 1) for number in range(1, FILMS + 1)]
        coming = (film(UNRELEASED, status="announced"), 1)
        users = [
            (UserCreated(id=member(n), username=f"member{n}", name=f"Member {n}"), 1)
            for n in range(MEMBERS)
        ]
        await deliver(*films, coming, *users, (RatingsSet(ratings=states()), 1))

    return send


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the world, trained once."""
    rows = states()
    interactions = Interactions.load(
        [row.user_id.int & (2**62 - 1) for row in rows],
        [row.movie_id for row in rows],
        [row.value for row in rows],  # type: ignore[arg-type]
        [int(row.rated_at.timestamp()) for row in rows],
    )
    films = [film(number) for number in range(1, FILMS + 1)]
    items = Items(
        ids=[movie.id for movie in films],
        titles=[movie.title for movie in films],
        synopses=[movie.synopsis or "" for movie in films],
        genres=[[genre.slug for genre in movie.genres] for movie in films],
        directors=[[credit.slug for credit in movie.credits] for movie in films],
    )
    folder = tmp_path_factory.mktemp("model")
    train(interactions, items, QUICK).save(folder)
    return folder


InstallModel = Callable[..., Awaitable[str]]


@pytest.fixture
def install(built: Path, context: Any) -> InstallModel:
    """Put a copy of the model into the registry, ranking or not; return its version."""

    async def put(*, active: bool = True) -> str:
        version = new_version()
        models_dir = context.settings.models_dir
        shutil.copytree(built, models_dir / version)
        async with context.database.transaction() as session:
            await models.add_model(session, version, read_manifest(built), 1000, new_uuid())
            if active:
                await registry.activate(session, models_dir, version)
        return version

    return put


@pytest_asyncio.fixture
async def serving(app: Any) -> Serving:
    """What the running application serves from; `await serving.load()` after a change."""
    held: Serving = app.state.context.state["serving"]
    return held


@pytest_asyncio.fixture
async def world(fill: Fill, install: InstallModel, serving: Serving) -> Serving:
    """The application with films, ratings and a model."""
    await fill()
    await install()
    await serving.load()
    return serving
