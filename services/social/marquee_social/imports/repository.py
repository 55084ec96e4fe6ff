"""The SQL of imports: what was brought, which films it means, what it changed."""

from collections.abc import Iterable, Sequence
from typing import Any, TypedDict
from uuid import UUID

import orjson
from sqlalchemy import Row, text

from marquee_shared.database import ReadSession, WriteSession
from marquee_social.imports.entries import Entry
from marquee_social.users.repository import BARRED

ImportedRow = Row[Any]

CREATE = text(
    "INSERT INTO member_imports (id, user_id, source, file_name, dry_run, job_id) "
    "VALUES (:id, :user_id, :source, :file_name, :dry_run, :job_id)"
)
ADD_ROWS = text(
    """
    INSERT INTO member_import_rows (import_id, line, title, year, ids, brings, problems, state)
    SELECT :import_id, line, title, year, ids, brings, problems, state
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (
        line integer, title text, year integer, ids jsonb, brings jsonb, problems jsonb, state text
    )
    """
)
_COLUMNS = f"""
    i.id, i.source, i.file_name, i.dry_run, i.created_at, i.committed_at, i.undone_at,
    j.id AS job_id, j.state, j.done, j.total, j.error, j.started_at, j.finished_at,
    (
        SELECT jsonb_build_object(
            'rows', count(*), 'waiting', count(*) FILTER (WHERE r.state IS NULL),
            {
    ", ".join(
        f"'{state}', count(*) FILTER (WHERE r.state = '{state}')"
        for state in ("matched", "ambiguous", "unmatched", "invalid")
    )
},
            'committed', count(*) FILTER (WHERE r.done)
        )
        FROM member_import_rows r WHERE r.import_id = i.id
    ) AS counts
    FROM member_imports i JOIN jobs j ON j.id = i.job_id
"""  # noqa: S608 - constants
FIND = text(f"SELECT {_COLUMNS} WHERE i.id = :id AND i.user_id = :user_id")
NEWEST = text(
    f"""
    SELECT {_COLUMNS}
    WHERE i.user_id = :user_id AND (CAST(:before AS uuid) IS NULL OR i.id < :before)
    ORDER BY i.id DESC LIMIT :limit
    """
)
ROWS = text(
    """
    SELECT line, title, year, state, coalesce(confidence, 0) AS confidence, candidates, brings,
        problems, done AS committed, (
            SELECT coalesce(
                (
                    SELECT jsonb_build_object('id', m.id, 'slug', m.slug, 'title', m.title,
                        'year', m.year, 'cover_url', m.cover_url, 'genres', m.genres)
                    FROM movies m WHERE m.id = r.movie_id
                ),
                jsonb_path_query_first(
                    candidates, '$[*].movie ? (@.id == $id)', jsonb_build_object('id', movie_id)
                )
            )
        ) AS movie
    FROM member_import_rows r
    WHERE import_id = :import_id AND line > :line AND state IS NOT NULL
        AND (CAST(:state AS text) IS NULL OR state = :state)
    ORDER BY line LIMIT :limit
    """
)
LOCK = text(
    f"""
    SELECT id, job_id, committed_at, undone_at, {BARRED} AS barred
    FROM member_imports WHERE id = :id AND user_id = :user_id FOR UPDATE
    """  # noqa: S608 - constants
)
WAITING = text(
    "SELECT line, title, year, ids FROM member_import_rows "
    "WHERE import_id = :import_id AND state IS NULL ORDER BY line LIMIT :limit"
)
DECIDE = text(
    """
    UPDATE member_import_rows r SET state = d.state, confidence = d.confidence,
        movie_id = d.movie_id, candidates = coalesce(d.candidates, r.candidates)
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS d (
        line integer, state text, confidence double precision, movie_id bigint, candidates jsonb
    )
    WHERE r.import_id = :import_id AND r.line = d.line
    """
)
CHOOSABLE = text(
    "SELECT line FROM member_import_rows WHERE import_id = :import_id AND NOT done "
    "AND state <> 'invalid' AND line = ANY(CAST(:lines AS integer[]))"
)
OPEN_AGAIN = text(
    """
    UPDATE member_import_rows r SET state = 'unmatched', confidence = 0, movie_id = NULL
    FROM movies m
    WHERE r.import_id = :import_id AND r.state = 'matched' AND NOT r.done
        AND m.id = r.movie_id AND m.deleted
    """
)
TO_COMMIT = text(
    """
    SELECT line, movie_id, brings, jsonb_path_query_first(
        candidates, '$[*].movie ? (@.id == $id)', jsonb_build_object('id', movie_id)
    ) AS movie
    FROM member_import_rows
    WHERE import_id = :import_id AND state = 'matched' AND NOT done ORDER BY line LIMIT :limit
    """
)
COMMITTED = text(
    """
    UPDATE member_import_rows r SET done = true, undo = d.undo
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS d (line integer, undo jsonb)
    WHERE r.import_id = :import_id AND r.line = d.line
    """
)
TO_LIST = text(
    """
    SELECT line, movie_id, brings -> 'watchlist' AS entry FROM member_import_rows
    WHERE import_id = :import_id AND done AND NOT listed AND brings ? 'watchlist'
    ORDER BY CAST(brings -> 'watchlist' ->> 'place' AS integer) NULLS LAST, line
    """
)
LISTED = text(
    """
    UPDATE member_import_rows SET listed = true, undo = undo || CASE
        WHEN movie_id = ANY(CAST(:movie_ids AS bigint[])) THEN '{"watchlist": true}'::jsonb
        ELSE '{}'::jsonb END
    WHERE import_id = :import_id AND line = ANY(CAST(:lines AS integer[]))
    """
)
UNDOABLE = text(
    "SELECT line, movie_id, undo FROM member_import_rows "
    "WHERE import_id = :import_id AND undo <> '{}' ORDER BY line DESC"
)
UNDONE = text(
    """
    WITH rows AS (
        UPDATE member_import_rows SET done = false, listed = false, undo = '{}'
        WHERE import_id = :import_id AND (done OR listed)
    )
    UPDATE member_imports SET undone_at = now() WHERE id = :import_id
    """
)
SET_JOB = text("UPDATE member_imports SET job_id = :job_id, dry_run = false WHERE id = :id")
FINISHED = text("UPDATE member_imports SET committed_at = now() WHERE id = :id")


class Decision(TypedDict):
    """Which film a row means; `candidates` None leaves them."""

    line: int
    state: str
    confidence: float
    movie_id: int | None
    candidates: list[dict[str, Any]] | None


def _json(values: Any) -> str:
    return orjson.dumps(values).decode()


async def create_import(session: WriteSession, values: dict[str, Any]) -> None:
    """Add an import."""
    await session.execute(CREATE, values)


async def add_rows(
    session: WriteSession, import_id: UUID, entries: Iterable[tuple[int, Entry]]
) -> None:
    """Add what was brought; what is invalid is known to be so at once."""
    rows = [
        {
            "line": line,
            "title": entry.title,
            "year": entry.year,
            "ids": entry.ids,
            "brings": entry.brings,
            "problems": sorted(set(entry.problems)),
            "state": "invalid" if entry.is_invalid else None,
        }
        for line, entry in entries
    ]
    await session.execute(ADD_ROWS, {"import_id": import_id, "rows": _json(rows)})


async def find_import(
    session: ReadSession | WriteSession, member: UUID, import_id: UUID
) -> Row[Any] | None:
    """Return a member's import with its job and its `counts`."""
    return (await session.execute(FIND, {"id": import_id, "user_id": member})).one_or_none()


async def list_imports(
    session: ReadSession, member: UUID, before: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Return a member's imports, newest first, below an id."""
    values = {"user_id": member, "before": before, "limit": limit}
    return (await session.execute(NEWEST, values)).all()


async def list_rows(
    session: ReadSession, import_id: UUID, state: str | None, line: int, limit: int
) -> Sequence[ImportedRow]:
    """Return an import's rows after a line; those that wait are not shown."""
    values = {"import_id": import_id, "state": state, "line": line, "limit": limit}
    return (await session.execute(ROWS, values)).all()


async def lock_import(session: WriteSession, member: UUID, import_id: UUID) -> Row[Any] | None:
    """Let nobody else change an import; return its latest job, whether its member is `barred`."""
    return (await session.execute(LOCK, {"id": import_id, "user_id": member})).one_or_none()


async def waiting_rows(
    session: WriteSession | ReadSession, import_id: UUID, limit: int
) -> Sequence[ImportedRow]:
    """Return rows that the catalog has not been asked about."""
    return (await session.execute(WAITING, {"import_id": import_id, "limit": limit})).all()


async def decide(session: WriteSession, import_id: UUID, decisions: Sequence[Decision]) -> None:
    """Write which films rows mean."""
    await session.execute(DECIDE, {"import_id": import_id, "rows": _json(decisions)})


async def choosable(session: WriteSession, import_id: UUID, lines: Sequence[int]) -> set[int]:
    """Return those of these lines whose film may still be chosen."""
    values = {"import_id": import_id, "lines": list(lines)}
    return set(await session.scalars(CHOOSABLE, values))


async def open_again(session: WriteSession, import_id: UUID) -> None:
    """Leave rows whose film has gone since it was found to the member's choice."""
    await session.execute(OPEN_AGAIN, {"import_id": import_id})


async def rows_to_commit(
    session: WriteSession, import_id: UUID, limit: int
) -> Sequence[ImportedRow]:
    """Return rows that are sure and not taken in."""
    return (await session.execute(TO_COMMIT, {"import_id": import_id, "limit": limit})).all()


async def committed(session: WriteSession, import_id: UUID, undo: Sequence[dict[str, Any]]) -> None:
    """Note that rows were taken in, and what was there before: `line, undo`."""
    await session.execute(COMMITTED, {"import_id": import_id, "rows": _json(undo)})


async def rows_to_list(session: WriteSession, import_id: UUID) -> Sequence[ImportedRow]:
    """Return rows whose films are yet to be put on the watchlist, in the order they stood."""
    return (await session.execute(TO_LIST, {"import_id": import_id})).all()


async def listed(
    session: WriteSession, import_id: UUID, lines: Sequence[int], movie_ids: Sequence[int]
) -> None:
    """Note that rows were put on the watchlist, which films `movie_ids` newly."""
    values = {"import_id": import_id, "lines": list(lines), "movie_ids": list(movie_ids)}
    await session.execute(LISTED, values)


async def undoable(session: WriteSession, import_id: UUID) -> Sequence[ImportedRow]:
    """Return what rows changed, the last row first."""
    return (await session.execute(UNDOABLE, {"import_id": import_id})).all()


async def undone(session: WriteSession, import_id: UUID) -> None:
    """Note that nothing of an import is taken in any more."""
    await session.execute(UNDONE, {"import_id": import_id})


async def set_job(session: WriteSession, import_id: UUID, job_id: UUID) -> None:
    """Give an import another job: the one that takes it in."""
    await session.execute(SET_JOB, {"id": import_id, "job_id": job_id})


async def finished(session: WriteSession, import_id: UUID) -> None:
    """Note that all that is sure was taken in."""
    await session.execute(FINISHED, {"id": import_id})
