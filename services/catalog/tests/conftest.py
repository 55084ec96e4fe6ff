import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import event, text

from marquee_catalog.app import SERVICE
from marquee_catalog.imports.tasks import KIND
from marquee_catalog.sample import members
from marquee_shared.jobs import create_job, get_job, run_job
from marquee_shared.service import Service

sys.path.insert(0, str(Path(__file__).parent))  # what test modules share


@pytest.fixture(scope="session")
def service() -> Service[Any]:
    return SERVICE


@pytest.fixture
def run_import(context, service):
    """Run an import to its end and return its job."""

    async def run(**parameters):
        async with context.database.transaction() as session:
            job_id = await create_job(session, context, KIND, parameters)
        await run_job(context, service.jobs, job_id)
        async with context.database.reading() as session:
            return await get_job(session, job_id)

    return run


@pytest.fixture
def few_members(monkeypatch) -> None:
    """Let the sample have few members: for tests that look at its films only."""
    monkeypatch.setattr(members, "MEMBERS", 5)


MOVIES = """movieId,title,genres
1,Toy Story (1995),Adventure|Animation|Children|Comedy|Fantasy
2,"Matrix, The (1999)",Action|Sci-Fi|Thriller
3,"City of Lost Children, The (Cité des enfants perdus, La) (1995)",Fantasy|Sci-Fi
4,Hamlet (2000),Drama
5,Hamlet (2000),Crime|Drama|Romance|Thriller
6,Seven (a.k.a. Se7en) (1995),Mystery|Thriller
7,Stranger Things,Drama
"""
LINKS = """movieId,imdbId,tmdbId
1,0114709,862
2,0133093,603
3,0112682,902
"""
RATINGS = """userId,movieId,rating,timestamp
1,1,4.0,964982703
1,2,5.0,964982704
2,1,0.5,964982705
2,7,3.5,964982706
"""
TAGS = """userId,movieId,tag,timestamp
1,1,Pixar,1139045764
2,1,pixar,1139045765
2,2,"dystopia, virtual reality",1139045766
"""


@pytest.fixture
def dataset(tmp_path: Path) -> Callable[..., Path]:
    """Write a small MovieLens folder, some of its files given as other text or bytes."""

    def write(**files: str | bytes) -> Path:
        folder = tmp_path / "ml"
        folder.mkdir(exist_ok=True)
        given = {"movies": MOVIES, "links": LINKS, "ratings": RATINGS, "tags": TAGS, **files}
        for name, content in given.items():
            data = content.encode() if isinstance(content, str) else content
            (folder / f"{name}.csv").write_bytes(data)
        return folder

    return write


@pytest.fixture
def count_statements(app) -> Callable[..., Any]:
    """Count the statements that the application sends while the block runs."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        database = app.state.database
        seen: list[str] = []

        def note(_connection, _cursor, statement, *_rest) -> None:
            seen.append(statement)

        engines = [database.read_engine.sync_engine, database.write_engine.sync_engine]
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            for engine in engines:
                event.remove(engine, "before_cursor_execute", note)

    return counting


PANEL_PASSWORD = "a long walk to the cinema"


class PanelIdentity:
    """Stands in for identity's peer client: signs in by username, whose roles are the name."""

    def __init__(self, token):
        self._token = token
        self.calls = []
        self.expires_in = 900
        self.alive = True

    async def json(self, method, path, *, body=None, token=None, headers=None, **_rest):
        self.calls.append((path, dict(headers or {})))
        if path == "/v1/auth/logout":
            return 204, None
        if path == "/v1/auth/refresh":
            if not self.alive:
                return 401, {"detail": "This session has ended."}
            return 200, self._tokens(body["refresh_token"].removeprefix("refresh-"))
        if body["password"] != PANEL_PASSWORD:
            return 401, {"detail": "These credentials are not right."}
        return 200, self._tokens(body["login"])

    def _tokens(self, name):
        role = name.partition("-")[0]
        return {
            "access_token": self._token(username=name, roles=["member", role],
                                        verified=not name.endswith("unverified")),
            "refresh_token": f"refresh-{name}",
            "expires_in": self.expires_in,
        }  # fmt: skip

    async def close(self):
        """Close nothing."""


def csrf_of(page):
    return re.search(r'name="csrftoken" value="([^"]+)"', page.text)[1]


class FormBrowser:
    """A browser without scripts: keeps cookies, sends the token that a form holds."""

    def __init__(self, http):
        self.http = http

    async def get(self, path, **options):
        return await self.http.get(path, **options)

    async def submit(self, path, data=None, **options):
        page = await self.http.get(path)
        form = {"csrftoken": csrf_of(page), **(data or {})}
        return await self.http.post(path, data=form, **options)

    async def sign_in(self, name="editor", password=PANEL_PASSWORD, at="/admin/login"):
        return await self.submit(at, {"username": name, "password": password})


@pytest_asyncio.fixture
async def panel_identity(app, token):
    stand_in = PanelIdentity(token)
    peers = app.state.context.peers
    real = peers["identity"]
    peers["identity"] = stand_in
    yield stand_in
    peers["identity"] = real


@pytest_asyncio.fixture
async def browser(app, panel_identity):
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        yield FormBrowser(http)


@pytest_asyncio.fixture
async def broken_job(context) -> UUID:
    """A job that has failed."""
    async with context.database.transaction() as session:
        job_id = await create_job(session, context, KIND, {"source": "sample"})
        await session.execute(
            text("UPDATE jobs SET state = 'failed', error = 'broken', finished_at = now()")
        )
    return job_id
