"""Reading a member's changes without ever missing one that commits late.

Changes are ordered by the transaction that made them, and only those are shown below which every
transaction has ended (`pg_snapshot_xmin`): whatever commits later has a greater number, so it
comes after the cursor. A thing changed again moves to its new place and is shown there as it is
now; what a client applies twice does no harm. After the database was restored from a backup
(a new epoch) numbers come again, so an older cursor starts from the beginning.
"""

from collections import defaultdict
from uuid import UUID

from sqlalchemy import text

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.pagination import CursorWindow
from marquee_social.sync.schemas import Change, ChangePage
from marquee_social.sync.sources import SOURCES

CHANGES = text(
    """
    SELECT type, id, at, CAST(CAST(xid AS text) AS bigint) AS xid FROM member_changes
    WHERE user_id = :user_id AND xid < pg_snapshot_xmin(pg_current_snapshot())
        AND (xid, type, id)
            > (CAST(CAST(CAST(:xid AS bigint) AS text) AS xid8), :type, :id)
    ORDER BY xid, type, id LIMIT :limit
    """
)
EPOCH = text("SELECT epoch FROM relay_state")
FORGET = text("DELETE FROM member_changes WHERE user_id = :user_id RETURNING 1")

START = (0, "", "")


async def list_changes(session: ReadSession, member: UUID, window: CursorWindow) -> ChangePage:
    """Return what has changed of a member's since a cursor, oldest change first."""
    epoch = (await session.execute(EPOCH)).scalar_one()
    after = START
    if window.after is not None and window.after[0] == epoch:
        after = (window.after[1], window.after[2], window.after[3])
    values = {"user_id": member, "xid": after[0], "type": after[1], "id": after[2]}
    found = (await session.execute(CHANGES, {**values, "limit": window.limit + 1})).all()
    rows = found[: window.limit]
    wanted: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        wanted[row.type].append(row.id)
    things = {
        (kind, thing.id): {name: thing[name] for name in thing if name != "id"}
        for kind, ids in wanted.items()
        for thing in (
            await session.execute(SOURCES[kind], {"user_id": member, "ids": ids})
        ).mappings()
    }
    items = []
    for row in rows:
        data = things.get((row.type, row.id))
        op = "delete" if data is None else "upsert"
        items.append(Change(type=row.type, id=row.id, op=op, at=row.at, data=data))
    last = (rows[-1].xid, rows[-1].type, rows[-1].id) if rows else after
    cursor = window.cursor((epoch, *last))
    return ChangePage(items=items, next_cursor=cursor, more=len(found) > window.limit)


async def forget(session: WriteSession, member: UUID) -> int:
    """Delete a member's changes; return how many."""
    return len((await session.execute(FORGET, {"user_id": member})).all())
