"""The rules of marks: one per member and film, a new one in place of the one before."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson

from marquee_shared.conditional import Preconditions
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events import EventData
from marquee_shared.outbox import publish, publish_many
from marquee_shared.pagination import CursorPage, CursorWindow
from marquee_shared.peers import Peer
from marquee_shared.problems import NotFound
from marquee_shared.service import Context
from marquee_social.marks.repository import MarkRow, MarkStatements
from marquee_social.movies.repository import MovieKey
from marquee_social.movies.service import ask_catalog, with_movie
from marquee_social.users.authors import refuse_barred

EVENT_ROWS = 1_000
"""Rows per bulk event."""
BEFORE_ALL = (datetime(9999, 12, 31, tzinfo=UTC), 0)
FIRST_KEY = (UUID(int=0), 0)

ReadT = TypeVar("ReadT")


@dataclass(frozen=True, slots=True)
class Marks(Generic[ReadT]):
    """One kind of mark: where it is kept, how it is shown and how it is told."""

    statements: MarkStatements
    read: Callable[[MarkRow], ReadT]
    not_found: type[NotFound]
    told_set: Callable[[UUID, MarkRow], EventData]
    told_removed: Callable[[UUID, int], EventData]
    told_in_bulk: Callable[[Sequence[MarkRow]], EventData]

    async def get(
        self, session: ReadSession, catalog: Peer, member: UUID, slug: str
    ) -> tuple[ReadT, int]:
        """Return a member's mark and its revision.

        Raises:
            MovieNotFound: no such film.
            NotFound: the kind's own; none given.
        """
        row = await self._find(session, MovieKey(slug), member)
        if row is None:
            movie = await ask_catalog(catalog, slug)
            row = await self._find(session, MovieKey(slug, movie.id), member)
        if row is None or row.after is None:
            raise self.not_found
        return self.read(row), row.revision

    async def set(
        self,
        session: WriteSession,
        catalog: Peer,
        member: UUID,
        slug: str,
        value: Any,
        preconditions: Preconditions,
    ) -> tuple[ReadT, MarkRow]:
        """Give a mark; return it and its row, whose `before` is None where there was none.

        The precondition is looked at once the row is locked and written: when it does not hold,
        the transaction does not commit. An equal value changes and tells nothing.

        Raises:
            MovieNotFound: no such film.
            InvalidToken: the member has been erased; their token has outlived them.
            Suspended: moderators have taken their access away.
        """
        values = {"user_id": member, "value": value}
        row = await self._write(session, catalog, slug, self.statements.set, values)
        preconditions.require(None if row.before is None else row.revision_before)
        if row.before != row.after:
            await publish(session, self.told_set(member, row), row.revision)
        preconditions.answered(row.revision)
        return self.read(row), row

    async def remove(
        self,
        session: WriteSession,
        catalog: Peer,
        member: UUID,
        slug: str,
        preconditions: Preconditions,
    ) -> int:
        """Take a mark back, if there is one; return the film's id."""
        values = {"user_id": member}
        row = await self._write(session, catalog, slug, self.statements.remove, values)
        preconditions.require(row.revision_before)
        if row.before is not None:
            await publish(session, self.told_removed(member, row.id), row.revision)
        movie_id: int = row.id
        return movie_id

    async def list_newest(
        self, session: ReadSession, member: UUID, window: CursorWindow, value: Any = None
    ) -> CursorPage[ReadT]:
        """Return one stretch of a member's marks (of one value, if given), newest first."""
        at, movie_id = BEFORE_ALL
        if window.after is not None:
            at, movie_id = datetime.fromisoformat(window.after[0]), window.after[1]
        values = {"user_id": member, "value": value, "at": at, "movie_id": movie_id}
        found = await session.execute(self.statements.newest, {**values, "limit": window.limit + 1})
        rows = found.all()
        cursor = window.next_cursor([(row.at.isoformat(), row.id) for row in rows])
        items = [self.read(row) for row in rows[: window.limit]]
        return CursorPage(items=items, next_cursor=cursor)

    async def tell(self, session: WriteSession, rows: Sequence[MarkRow]) -> int:
        """Publish rows in bulk, each with its own revision; return how many events."""
        chunks = [rows[start : start + EVENT_ROWS] for start in range(0, len(rows), EVENT_ROWS)]
        events = [(self.told_in_bulk(chunk), max(r.revision for r in chunk)) for chunk in chunks]
        return len(await publish_many(session, events))

    async def erase(self, session: WriteSession, members: Iterable[UUID]) -> int:
        """Delete every mark of erased members, tell so, and return how many there were."""
        values = {"user_ids": list(members)}
        erased = (await session.execute(self.statements.erase, values)).all()
        await self.tell(session, erased)
        return len(erased)

    async def move(self, session: WriteSession, gone: int, into: int) -> int:
        """Give a film the marks of its double, a member's newest counting; return how many moved.

        Done again it finds nothing to move.
        """
        taken = await session.execute(self.statements.take, {"gone": gone, "into": into})
        await self.tell(session, taken.all())
        left = (await session.execute(self.statements.leave, {"gone": gone})).all()
        await self.tell(session, left)
        return len(left)

    async def restore(
        self, session: WriteSession, member: UUID, before: Sequence[Mapping[str, Any]]
    ) -> int:
        """Put marks back as they were before; return how many. See `MarkStatements.restore`."""
        values = {"user_id": member, "rows": orjson.dumps(list(before)).decode()}
        rows = (await session.execute(self.statements.restore, values)).all()
        await self.tell(session, rows)
        return len(rows)

    async def republish(self, context: Context[Any]) -> int:
        """Publish all marks and tombstones at the revisions they have; return how many events."""
        told = 0
        user_id, movie_id = FIRST_KEY
        while True:
            values = {"user_id": user_id, "movie_id": movie_id, "limit": EVENT_ROWS}
            async with context.database.transaction() as session:
                rows = (await session.execute(self.statements.all, values)).all()
                told += await self.tell(session, rows)
            if len(rows) < EVENT_ROWS:
                return told
            user_id, movie_id = rows[-1].user_id, rows[-1].movie_id

    async def _find(self, session: ReadSession, movie: MovieKey, member: UUID) -> MarkRow | None:
        values = {**movie.parameters, "user_id": member}
        return (await session.execute(self.statements.find, values)).one_or_none()

    async def _write(
        self,
        session: WriteSession,
        catalog: Peer,
        slug: str,
        statement: Any,
        values: dict[str, Any],
    ) -> MarkRow:
        async def write(movie: MovieKey) -> MarkRow | None:
            result = await session.execute(statement, {**movie.parameters, **values})
            return result.one_or_none()

        row = await with_movie(session, catalog, slug, write)
        if row.barred:
            await refuse_barred(session, values["user_id"])
        return row
