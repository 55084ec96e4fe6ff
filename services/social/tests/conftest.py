import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest
from sqlalchemy import event, text

from marquee_shared.events.catalog import MovieCreated, NamedRef
from marquee_shared.events.identity import UserCreated
from marquee_shared.jobs import run_job
from marquee_shared.problems import Unavailable
from marquee_shared.service import Service
from marquee_shared.testing.plugin import new_uuid
from marquee_social import limits
from marquee_social.app import SERVICE

sys.path.insert(0, str(Path(__file__).parent))  # what test modules share
from social_imports import URL, Films

DRAMA = NamedRef(id=7, slug="drama", name="Drama")


@pytest.fixture(scope="session")
def service() -> Service[Any]:
    return SERVICE


@pytest.fixture(scope="session")
def film() -> Callable[..., MovieCreated]:
    """Make what the catalog tells of a film."""

    def make(number: int, **changes: Any) -> MovieCreated:
        values = {"slug": f"film-{number}", "title": f"Film {number}", "year": 1990 + number}
        return MovieCreated(**{"id": number, **values, "genres": [DRAMA], **changes})

    return make


@pytest.fixture
async def films(deliver, film) -> list[str]:
    """Three films that the replica knows, by slug."""
    await deliver(*((film(number), 1) for number in (1, 2, 3)))
    return ["film-1", "film-2", "film-3"]


class FakeCatalog:
    """Stands in the catalog's place behind the peer client."""

    def __init__(self) -> None:
        self.movies: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.reachable = True

    async def json(self, method: str, path: str) -> tuple[int, Any]:
        assert method == "GET"
        slug = unquote(path.removeprefix("/v1/movies/"))
        self.asked.append(slug)
        if not self.reachable:
            raise Unavailable
        found = self.movies.get(slug)
        return (200, found) if found else (404, {"code": "movie_not_found"})

    async def close(self) -> None:
        pass


@pytest.fixture
async def catalog(app) -> FakeCatalog:
    peers = app.state.context.peers
    await peers["catalog"].close()
    peers["catalog"] = FakeCatalog()
    return peers["catalog"]


class FakeIdentity:
    """Stands in identity's place behind the peer client."""

    def __init__(self) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []

    async def json(self, method: str, path: str, **_options: Any) -> tuple[int, Any]:
        assert method == "GET"
        username = path.removeprefix("/v1/users/")
        self.asked.append(username)
        found = self.users.get(username)
        return (200, found) if found else (404, {"code": "user_not_found"})

    async def get(self, path: str, model: type[Any], **_options: Any) -> Any:
        _status, found = await self.json("GET", path)
        return model.model_validate(found)

    async def close(self) -> None:
        pass


@pytest.fixture
async def identity(app) -> FakeIdentity:
    peers = app.state.context.peers
    await peers["identity"].close()
    peers["identity"] = FakeIdentity()
    return peers["identity"]


class Member:
    """Someone who acts over HTTP."""

    def __init__(
        self, client: Any, headers: dict[str, str], member_id: UUID, username: str = ""
    ) -> None:
        self.client = client
        self.headers = headers
        self.id = member_id
        self.username = username

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        content = {} if body is None else {"json": body}
        return await self.client.request(
            method, path, headers={**self.headers, **headers}, **content
        )

    async def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return await self.call("PUT", path, body, **headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return await self.call("POST", path, body, **headers)

    async def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return await self.call("PATCH", path, body, **headers)

    async def delete(self, path: str, **headers: str) -> Any:
        return await self.call("DELETE", path, **headers)

    async def befriend(self, other: "Member") -> None:
        for one, two in ((self, other), (other, self)):
            answer = await one.put(f"/v1/users/{two.username}/friend-request")
            assert answer.is_success, answer.text

    async def block(self, other: "Member") -> None:
        assert (await self.put(f"/v1/me/blocks/{other.username}")).is_success

    async def rate(self, slug: str, value: Any, **headers: str) -> Any:
        return await self.client.put(
            f"/v1/movies/{slug}/rating", json={"value": value}, headers={**self.headers, **headers}
        )

    async def unrate(self, slug: str, **headers: str) -> Any:
        return await self.client.delete(
            f"/v1/movies/{slug}/rating", headers={**self.headers, **headers}
        )

    async def signal(self, slug: str, kind: Any, **headers: str) -> Any:
        return await self.client.put(
            f"/v1/movies/{slug}/signal", json={"kind": kind}, headers={**self.headers, **headers}
        )

    async def unsignal(self, slug: str, **headers: str) -> Any:
        return await self.client.delete(
            f"/v1/movies/{slug}/signal", headers={**self.headers, **headers}
        )

    async def get(self, path: str, **headers: str) -> Any:
        return await self.client.get(path, headers={**self.headers, **headers})


@pytest.fixture
def new_member(client, authorization, catalog) -> Callable[..., Member]:
    del catalog  # nobody may reach for the real one

    def make(**claims: Any) -> Member:
        member_id = new_uuid()
        return Member(client, authorization(sub=str(member_id), **claims), member_id)

    return make


@pytest.fixture
def new_person(new_member, identity, deliver) -> Callable[..., Awaitable[Member]]:
    """Make a member whom the replica knows by their username."""
    del identity  # nobody may reach for the real one

    async def make(username: str, **claims: Any) -> Member:
        member: Member = new_member(username=username, **claims)
        member.username = username
        await deliver((UserCreated(id=member.id, username=username, name=username.title()), 1))
        return member

    return make


ROWS = text(
    "SELECT half_steps, count(*) AS members FROM ratings "
    "WHERE movie_id = :movie AND half_steps IS NOT NULL GROUP BY half_steps"
)
SHARDS = text("SELECT counts FROM rating_counts WHERE movie_id = :movie")


@pytest.fixture
def histograms(database) -> Callable[[int], Awaitable[tuple[list[int], list[int]]]]:
    """Return a film's histogram by its rating rows, and by its counters."""

    async def read(movie: int) -> tuple[list[int], list[int]]:
        async with database.reading() as session:
            rows = {r.half_steps: r.members for r in await session.execute(ROWS, {"movie": movie})}
            shards = list(await session.scalars(SHARDS, {"movie": movie}))
        by_rows = [rows.get(step, 0) for step in range(1, 11)]
        by_counters = [sum(column) for column in zip([0] * 10, *shards, strict=True)]
        return by_rows, by_counters

    return read


@pytest.fixture
def relate(database) -> Callable[..., Awaitable[None]]:
    """Put what two members are to each other into the table, without going through HTTP."""

    async def write(one: Member, other: Member, friendship: str, *, blocked: bool = False) -> None:
        low, high = sorted((one.id, other.id))
        values = {"low": low, "high": high, "friendship": friendship, "blocked": blocked}
        async with database.transaction() as session:
            await session.execute(
                text(
                    "INSERT INTO relationships (low_id, high_id, friendship, friendship_at, "
                    "low_blocked_at, revision) VALUES (:low, :high, :friendship, now(), "
                    "CASE WHEN :blocked THEN now() END, 1) "
                    "ON CONFLICT (low_id, high_id) DO UPDATE SET friendship = :friendship, "
                    "low_blocked_at = excluded.low_blocked_at"
                ),
                values,
            )

    return write


@pytest.fixture
def friends(relate) -> Callable[[Member, Member], Awaitable[None]]:
    """Make two members friends."""
    return lambda one, other: relate(one, other, "friends")


@pytest.fixture
def blocks(relate) -> Callable[[Member, Member], Awaitable[None]]:
    """Put a block between two members."""
    return lambda one, other: relate(one, other, "none", blocked=True)


@pytest.fixture
def statements(app: Any) -> Callable[[], Any]:
    """Collect the statements that the application executes."""
    database = app.state.database

    @contextmanager
    def collect() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        engines = [database.write_engine.sync_engine, database.read_engine.sync_engine]
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            for engine in engines:
                event.remove(engine, "before_cursor_execute", note)

    return collect


@pytest.fixture
async def matches(app: Any, context: Any, catalog: FakeCatalog) -> Films:
    """Stands in the catalog's place where films are looked for, for requests and for jobs."""
    del catalog  # goes before, and gives way
    films = Films()
    films.add_all()
    for peers in (app.state.context.peers, context.peers):
        await peers["catalog"].close()
        peers["catalog"] = films
    return films


LATEST_JOB = text("SELECT job_id FROM member_imports ORDER BY id DESC LIMIT 1")
JOB_STATE = text("SELECT state, attempts FROM jobs WHERE id = :id")


@pytest.fixture
def run_import(database: Any, context: Any) -> Callable[[], Awaitable[Any]]:
    """Run the latest import's job to its end, as a worker would; return its state."""

    async def run() -> Any:
        async with database.reading() as session:
            job_id = await session.scalar(LATEST_JOB)
        await run_job(context, SERVICE.jobs, job_id)
        async with database.reading() as session:
            return (await session.execute(JOB_STATE, {"id": job_id})).one()

    return run


@pytest.fixture
def bring(run_import: Callable[[], Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Upload a file and run its job; return the import, or the answer where there is none."""

    async def upload(
        member: Member,
        source: str,
        content: Any,
        *,
        name: str = "file",
        dry_run: bool = False,
        run: bool = True,
    ) -> Any:
        answer = await member.client.post(
            f"{URL}?dry_run={str(dry_run).lower()}",
            files={"file": (name, content)},
            data={"source": source},
            headers=member.headers,
        )
        if answer.status_code == HTTPStatus.ACCEPTED and run:
            assert (await run_import()).state == "succeeded"
            return (await member.get(f"{URL}/{answer.json()['id']}")).json()
        return answer

    return upload


@pytest.fixture
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one member write more than a person would."""
    monkeypatch.setattr(limits, "LIMITS", dict.fromkeys(limits.LIMITS, (10**9, 60)))
