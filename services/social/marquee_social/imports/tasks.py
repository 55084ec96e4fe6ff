"""The job of an import: ask the catalog what rows mean, take in what is sure.

Every step is a transaction that notes in the rows what it did, so a job that was killed goes on
where it was.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from marquee_shared.database import WriteSession
from marquee_shared.jobs import JobFailed, JobRun, Jobs, TryAgain
from marquee_shared.problems import BadGateway
from marquee_social.imports import repository
from marquee_social.imports.committing import CHUNK as COMMIT_CHUNK
from marquee_social.imports.committing import commit_rows, commit_watchlist
from marquee_social.imports.matching import CHUNK as MATCH_CHUNK
from marquee_social.imports.matching import ask_matches, decision, question

KIND = "member_import"

jobs = Jobs()


@jobs.job(KIND, tries=8)
async def run_import(job: JobRun, *, import_id: str, member: str, commit: bool) -> dict[str, Any]:
    """Find the films of an import's rows and, if so asked, take in those that are sure.

    Raises:
        TryAgain: the catalog is out of reach.
        JobFailed: the member may not write any more.
    """
    work = _Work(job, UUID(import_id), UUID(member))
    try:
        await work.match()
        if commit:
            await work.commit()
    except _UndoneError:
        return {"import_id": import_id, "undone": True}
    return {"import_id": import_id, "undone": False}


class _UndoneError(Exception):
    """The import was undone, or is gone with its member."""


class _Work:
    """One run of the job on one import."""

    def __init__(self, job: JobRun, import_id: UUID, member: UUID) -> None:
        self._job = job
        self._import_id = import_id
        self._member = member

    async def _lock(self, session: WriteSession) -> Row[Any]:
        row = await repository.lock_import(session, self._member, self._import_id)
        if row is None or row.undone_at is not None:
            raise _UndoneError
        return row

    async def _tell(self) -> None:
        async with self._job.context.database.reading() as session:
            row = await repository.find_import(session, self._member, self._import_id)
        if row is not None:
            total = row.counts["rows"]
            await self._job.progress(total - row.counts["waiting"], total)

    async def match(self) -> None:
        """Ask the catalog about the rows that wait."""
        database = self._job.context.database
        catalog = self._job.context.peer("catalog")
        while True:
            async with database.reading() as reading:
                rows = await repository.waiting_rows(reading, self._import_id, MATCH_CHUNK)
            if not rows:
                return
            try:
                found = await ask_matches(catalog, [question(row) for row in rows])
            except BadGateway as error:
                raise TryAgain("the catalog is out of reach") from error
            decisions = [
                decision(row.line, candidates) for row, candidates in zip(rows, found, strict=True)
            ]
            async with database.transaction() as session:
                await self._lock(session)
                await repository.decide(session, self._import_id, decisions)
            await self._tell()

    async def commit(self) -> None:
        """Take in the rows that are sure."""
        database = self._job.context.database
        while True:
            async with database.transaction() as session:
                if (await self._lock(session)).barred:
                    raise JobFailed("The member may not write any more.")
                await repository.open_again(session, self._import_id)
                rows = await repository.rows_to_commit(session, self._import_id, COMMIT_CHUNK)
                if not rows:
                    await commit_watchlist(session, self._member, self._import_id)
                    await repository.finished(session, self._import_id)
                    return
                await commit_rows(session, self._member, self._import_id, rows)
            await self._tell()
