from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from marquee_catalog.app import SERVICE
from marquee_catalog.imports.tasks import KIND
from marquee_catalog.sample import members
from marquee_shared.jobs import create_job, get_job, run_job
from marquee_shared.service import Service


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
