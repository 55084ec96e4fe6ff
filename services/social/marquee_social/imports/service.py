"""The rules of imports over HTTP."""

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO, Any
from uuid import UUID

from sqlalchemy import Row
from uuid6 import uuid7

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.jobs import Progress, create_job, get_job
from marquee_shared.pagination import CursorPage, CursorWindow
from marquee_shared.peers import Peer
from marquee_shared.problems import FieldError, Invalid
from marquee_shared.service import Context
from marquee_social.imports import repository
from marquee_social.imports.committing import take_back
from marquee_social.imports.entries import Entry, gather
from marquee_social.imports.errors import (
    ImportBusy,
    ImportNotFound,
    ImportUndone,
    UnreadableFileError,
)
from marquee_social.imports.files import read_upload
from marquee_social.imports.matching import ask_matches, decision
from marquee_social.imports.repository import Decision
from marquee_social.imports.schemas import ImportCounts, ImportRead, ImportRow, RowState
from marquee_social.imports.sources import READERS, Source
from marquee_social.imports.tasks import KIND

LONGEST_NAME = 200
_UNWANTED = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def _read(uploaded: IO[bytes], source: Source, name: str) -> list[tuple[int, Entry]]:
    try:
        return list(gather(READERS[source](read_upload(uploaded), name)))
    except UnreadableFileError as error:
        raise error.as_problem() from error


def _shown(row: Row[Any]) -> ImportRead:
    return ImportRead(
        id=row.id,
        source=row.source,
        file_name=row.file_name,
        dry_run=row.dry_run,
        state=row.state,
        progress=Progress(done=row.done, total=row.total),
        result=ImportCounts(**row.counts),
        error=row.error,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        committed_at=row.committed_at,
        undone_at=row.undone_at,
    )


async def _queue(
    session: WriteSession, context: Context[Any], member: UUID, import_id: UUID, *, commit: bool
) -> UUID:
    parameters = {"import_id": str(import_id), "member": str(member), "commit": commit}
    return await create_job(session, context, KIND, parameters, requested_by=member)


async def start_import(
    session: WriteSession,
    context: Context[Any],
    member: UUID,
    *,
    uploaded: IO[bytes],
    name: str,
    source: Source,
    dry_run: bool,
) -> ImportRead:
    """Read a file, keep its rows and queue the search for their films.

    Raises:
        Invalid: the file is not what it was said to be.
    """
    called = _UNWANTED.sub("", name)[:LONGEST_NAME] or "upload"
    entries = await asyncio.to_thread(_read, uploaded, source, called)
    import_id = UUID(int=uuid7().int)
    job_id = await _queue(session, context, member, import_id, commit=not dry_run)
    await repository.create_import(
        session,
        {
            "id": import_id,
            "user_id": member,
            "source": source,
            "file_name": called,
            "dry_run": dry_run,
            "job_id": job_id,
        },
    )
    await repository.add_rows(session, import_id, entries)
    return await get_import(session, member, import_id)


async def get_import(
    session: ReadSession | WriteSession, member: UUID, import_id: UUID
) -> ImportRead:
    """Return a member's import.

    Raises:
        ImportNotFound: they have no such import.
    """
    row = await repository.find_import(session, member, import_id)
    if row is None:
        raise ImportNotFound
    return _shown(row)


async def list_imports(
    session: ReadSession, member: UUID, window: CursorWindow
) -> CursorPage[ImportRead]:
    """Return one stretch of a member's imports, newest first."""
    before = UUID(window.after[0]) if window.after else None
    rows = await repository.list_imports(session, member, before, window.limit + 1)
    return CursorPage(
        items=[_shown(row) for row in rows[: window.limit]],
        next_cursor=window.next_cursor([(str(row.id),) for row in rows]),
    )


async def list_rows(
    session: ReadSession,
    member: UUID,
    import_id: UUID,
    state: RowState | None,
    window: CursorWindow,
) -> CursorPage[ImportRow]:
    """Return one stretch of an import's rows, in the order of the file.

    Raises:
        ImportNotFound: the member has no such import.
    """
    await get_import(session, member, import_id)
    after = window.after[0] if window.after else 0
    rows = await repository.list_rows(session, import_id, state, after, window.limit + 1)
    return CursorPage(
        items=[ImportRow.model_validate(row) for row in rows[: window.limit]],
        next_cursor=window.next_cursor([(row.line,) for row in rows]),
    )


async def _lock_at_rest(session: WriteSession, member: UUID, import_id: UUID) -> Row[Any]:
    """Lock an import that no job works on.

    Raises:
        ImportNotFound: the member has no such import.
        ImportBusy: its job has not ended.
    """
    row = await repository.lock_import(session, member, import_id)
    if row is None:
        raise ImportNotFound
    # A statement of its own: its snapshot is younger than the lock.
    if (await get_job(session, row.job_id)).state in ("queued", "running"):
        raise ImportBusy
    return row


async def commit_import(
    session: WriteSession,
    context: Context[Any],
    member: UUID,
    import_id: UUID,
    choices: Mapping[int, str],
) -> ImportRead:
    """Note which films rows mean and queue the taking in of all that is sure then.

    Raises:
        ImportNotFound: the member has no such import.
        ImportBusy: its job has not ended.
        ImportUndone: it was undone.
        Invalid: a line that cannot be chosen for, or a film that does not exist.
        BadGateway: the catalog could not be asked.
    """
    row = await _lock_at_rest(session, member, import_id)
    if row.undone_at is not None:
        raise ImportUndone
    if choices:
        decisions = await _chosen(session, context.peer("catalog"), import_id, choices)
        await repository.decide(session, import_id, decisions)
    job_id = await _queue(session, context, member, import_id, commit=True)
    await repository.set_job(session, import_id, job_id)
    return await get_import(session, member, import_id)


async def _chosen(
    session: WriteSession, catalog: Peer, import_id: UUID, choices: Mapping[int, str]
) -> list[Decision]:
    lines = sorted(choices)
    open_lines = await repository.choosable(session, import_id, lines)
    found = await ask_matches(catalog, [{"slug": choices[line]} for line in lines])
    wrong = [
        FieldError(pointer=f"/choices/{line}", code=code, detail=detail)
        for line, candidates in zip(lines, found, strict=True)
        for refused, code, detail in (
            (line not in open_lines, "line_not_open", "No film can be chosen for this line."),
            (not candidates, "movie_not_found", "There is no such movie."),
        )
        if refused
    ]
    if wrong:
        raise Invalid(errors=wrong)
    return [
        {**decision(line, candidates[:1]), "confidence": 1.0}
        for line, candidates in zip(lines, found, strict=True)
    ]


async def undo_import(session: WriteSession, member: UUID, import_id: UUID) -> None:
    """Put back what an import changed; done again it changes nothing.

    Raises:
        ImportNotFound: the member has no such import.
        ImportBusy: its job has not ended.
    """
    row = await _lock_at_rest(session, member, import_id)
    if row.undone_at is None:
        until = row.committed_at or datetime.now(UTC)
        await take_back(session, member, import_id, until)
