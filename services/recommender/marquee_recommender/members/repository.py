"""The members' replica."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from marquee_shared.database import ReadSession, WriteSession

STORE = text("""
INSERT INTO users AS u (id, username, name, avatar_url, epoch, revision, deleted)
SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:usernames AS text[]), CAST(:names AS text[]),
    CAST(:avatars AS text[]), CAST(:epochs AS bigint[]), CAST(:revisions AS bigint[]),
    CAST(:deleted AS boolean[]))
ORDER BY 1
ON CONFLICT (id) DO UPDATE SET username = excluded.username, name = excluded.name,
    avatar_url = excluded.avatar_url,
    epoch = excluded.epoch, revision = excluded.revision, deleted = excluded.deleted
WHERE (u.epoch, u.revision) < (excluded.epoch, excluded.revision)
""")

FIND = text("""
SELECT asked, u.id FROM unnest(CAST(:names AS text[])) AS asked
JOIN users u ON NOT u.deleted AND (lower(u.username) = lower(asked) OR u.id::text = lower(asked))
""")


async def store_users(session: WriteSession, rows: Sequence[dict[str, Any]]) -> None:
    """Keep members (each id once) as told, where that is newer than what is held."""
    columns = ("id", "username", "name", "avatar_url", "epoch", "revision")
    names = ("ids", "usernames", "names", "avatars", "epochs", "revisions")
    values = {
        name: [row[column] for row in rows] for name, column in zip(names, columns, strict=True)
    }
    await session.execute(STORE, values | {"deleted": [row["deleted"] for row in rows]})


async def find_users(session: ReadSession | WriteSession, names: Sequence[str]) -> dict[str, UUID]:
    """Return the ids of members by what was asked for: usernames or ids."""
    rows = await session.execute(FIND, {"names": list(names)})
    return {row.asked: row.id for row in rows}
