from collections.abc import AsyncIterator
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import StringConstraints
from sqlalchemy import BigInteger, Identity, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column
from starlette.requests import Request

from marquee_shared.auth.dependencies import VerifiedMember
from marquee_shared.caching import purge, tag_answer
from marquee_shared.conditional import PreconditionsDep, set_revision
from marquee_shared.database import Base, ReadSession, WriteSession, new_metadata
from marquee_shared.events import Event, EventData
from marquee_shared.events.identity import ErasureMode
from marquee_shared.events.rights import MemberErased
from marquee_shared.jobs import JobRun, Jobs
from marquee_shared.outbox import Handlers, publish
from marquee_shared.outbox.tables import add_shared_tables
from marquee_shared.pagination import BrowsePage, BrowseWindowDep
from marquee_shared.problems import NotFound
from marquee_shared.rights import Dataset, Erased, Rights, Row, rows
from marquee_shared.routing import new_router
from marquee_shared.schemas import Line, RequestModel, ResponseModel
from marquee_shared.service import Context, ScheduledTask, Service
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep
from marquee_shared.settings import ServiceSettings

metadata = new_metadata("example")
add_shared_tables(metadata)


class NoteBase(Base):
    __abstract__ = True
    metadata = metadata


class Note(NoteBase):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    author_id: Mapped[UUID | None] = mapped_column(Uuid)
    revision: Mapped[int] = mapped_column(BigInteger, default=1)


class Copy(NoteBase):
    __tablename__ = "copies"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(Text)
    epoch: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(BigInteger)
    seen: Mapped[int] = mapped_column(BigInteger)


class NoteUpdated(EventData):
    type: ClassVar[str] = "example.note.updated"

    id: int
    title: str

    def subject(self) -> str:
        return f"note:{self.id}"


class ExampleMemberErased(MemberErased):
    type: ClassVar[str] = "example.member.erased"


class NoteNotFound(NotFound):
    code = "note_not_found"
    words: ClassVar = {"en": "There is no note {id}.", "de": "Es gibt keine Notiz {id}."}


class NoteWrite(RequestModel):
    title: Annotated[Line, StringConstraints(min_length=1, max_length=100)]


class NoteRead(ResponseModel):
    id: int
    title: str


handlers = Handlers()
jobs = Jobs()


@jobs.job("count")
async def count(job: JobRun, *, to: int) -> dict[str, int]:
    """Write a note for each number; a killed one is run again and finds what stands."""
    for number in range(to):
        async with job.context.database.transaction() as session:
            await session.execute(
                text(
                    "INSERT INTO copies (id, title, epoch, revision, seen) "
                    "VALUES (:id, 'counted', 0, 0, 1) ON CONFLICT DO NOTHING"
                ),
                {"id": number},
            )
        await job.progress(number + 1, to)
    return {"counted": to}


async def count_notes(context: Context[Any]) -> dict[str, int]:
    """Count the notes.

    Nobody reads this part.
    """
    async with context.database.reading() as session:
        if await session.scalar(text("SELECT EXISTS (SELECT FROM notes WHERE title = 'poison')")):
            message = "a note cannot be counted"
            raise ValueError(message)
        return {"notes": await session.scalar(text("SELECT count(*) FROM notes")) or 0}


COPY = text(
    "INSERT INTO copies AS c (id, title, epoch, revision, seen) "
    "VALUES (:id, :title, :epoch, :revision, 1) "
    "ON CONFLICT (id) DO UPDATE SET title = excluded.title, epoch = excluded.epoch, "
    "revision = excluded.revision, seen = c.seen + 1 "
    "WHERE (c.epoch, c.revision) < (excluded.epoch, excluded.revision)"
)


@handlers.on(NoteUpdated)
async def on_note_updated(session: WriteSession, event: Event[NoteUpdated]) -> None:
    if event.data.title == "poison":
        message = "this note cannot be copied"
        raise ValueError(message)
    await session.execute(
        COPY,
        {
            "id": event.data.id,
            "title": event.data.title,
            "epoch": event.epoch,
            "revision": event.revision,
        },
    )


def export_notes(session: ReadSession, user_id: UUID) -> AsyncIterator[Row]:
    statement = text(
        "SELECT id, title, author_id FROM notes WHERE author_id = :user_id ORDER BY id"
    )
    return rows(session, statement, {"user_id": user_id})


async def erase_notes(session: WriteSession, user_id: UUID, mode: ErasureMode) -> Erased:
    if mode == "anonymise":
        statement = "UPDATE notes SET author_id = NULL WHERE author_id = :user_id RETURNING id"
    else:
        statement = "DELETE FROM notes WHERE author_id = :user_id RETURNING id"
    count = len((await session.execute(text(statement), {"user_id": user_id})).all())
    return Erased(anonymised=count) if mode == "anonymise" else Erased(removed=count)


RIGHTS = Rights("example", [Dataset("notes", export_notes, erase_notes)])
RIGHTS.register(handlers)

router = new_router(tags=["notes"])


async def find_note(session: ReadSession | WriteSession, note_id: int) -> Note:
    note = await session.get(Note, note_id)
    if note is None:
        raise NoteNotFound(id=note_id)
    return note


@router.get("/v1/notes")
async def list_notes(
    session: ReadSessionDep,
    window: BrowseWindowDep,
    word: Annotated[str | None, Query(max_length=100)] = None,
) -> BrowsePage[NoteRead]:
    """List notes by number."""
    after = window.after[0] if window.after else 0
    result = await session.execute(
        text(
            "SELECT id, title FROM notes WHERE id > :after "
            "AND (CAST(:word AS text) IS NULL OR title LIKE '%' || :word || '%') "
            "ORDER BY id OFFSET :offset LIMIT :limit"
        ),
        {"after": after, "word": word, "offset": window.offset, "limit": window.limit + 1},
    )
    rows = [NoteRead(id=row.id, title=row.title) for row in result]
    cursor = window.next_cursor([(row.id,) for row in rows])
    page: BrowsePage[NoteRead] = BrowsePage(items=rows[: window.limit], next_cursor=cursor)
    if window.page is not None:
        page.page = window.page
        page.total = await session.scalar(text("SELECT count(*) FROM notes")) or 0
        page.pages = window.pages(page.total)
    return page


@router.post("/v1/notes", status_code=status.HTTP_201_CREATED)
async def create_note(
    body: NoteWrite, session: WriteSessionDep, member: VerifiedMember, response: Response
) -> NoteRead:
    """Create a note."""
    note = Note(title=body.title, author_id=member.id)
    session.add(note)
    await session.flush()
    await publish(session, NoteUpdated(id=note.id, title=note.title), 1)
    response.headers["Location"] = f"/v1/notes/{note.id}"
    purge(response, "notes")
    return NoteRead.model_validate(note)


@router.get("/v1/notes/{note_id}")
async def get_note(
    note_id: int, session: ReadSessionDep, request: Request, response: Response
) -> NoteRead:
    """Return a note."""
    note = await find_note(session, note_id)
    set_revision(request, note.revision)
    tag_answer(response, f"note:{note.id}")
    return NoteRead.model_validate(note)


@router.put("/v1/notes/{note_id}")
async def update_note(
    note_id: int,
    body: NoteWrite,
    session: WriteSessionDep,
    _member: VerifiedMember,
    preconditions: PreconditionsDep,
) -> NoteRead:
    """Change a note."""
    note = await session.get(Note, note_id, with_for_update=True)
    if note is None:
        raise NoteNotFound(id=note_id)
    preconditions.require(note.revision)
    note.title = body.title
    note.revision += 1
    await session.flush()
    await publish(session, NoteUpdated(id=note.id, title=note.title), note.revision)
    preconditions.answered(note.revision)
    return NoteRead.model_validate(note)


@router.post("/v1/notes/{note_id}/broken-commit", status_code=status.HTTP_201_CREATED)
async def break_commit(note_id: int, session: WriteSessionDep) -> NoteRead:
    """Succeed in every way, then fail to commit: a constraint checked only then."""
    await session.execute(text("INSERT INTO checked_late VALUES (:id), (:id)"), {"id": note_id})
    return NoteRead(id=note_id, title="never stored")


SERVICE = Service(
    name="example",
    title="Notes",
    package="example",
    settings=ServiceSettings,
    metadata=metadata,
    routers=[router, RIGHTS.router],
    handlers=handlers,
    jobs=jobs,
    schedule=[ScheduledTask(count_notes, hour=4, minute=frozenset({50, 20}))],
)

__all__ = ["SERVICE", "UUID"]
