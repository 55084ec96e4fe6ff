"""The SQL of the member replica."""

from collections.abc import Sequence
from typing import TypedDict

import orjson
from sqlalchemy import text

from marquee_shared.database import WriteSession


class UserVersion(TypedDict):
    """One version of a member; rows with a higher (epoch, revision) win."""

    id: str
    username: str | None
    name: str | None
    avatar_url: str | None
    deleted: bool
    epoch: int
    revision: int


REPLACE = text(
    """
    INSERT INTO users AS u (id, username, name, avatar_url, deleted, epoch, revision)
    SELECT id, username, name, avatar_url, deleted, epoch, revision
    FROM jsonb_to_recordset(CAST(:versions AS jsonb)) AS v (
        id uuid, username text, name text, avatar_url text,
        deleted boolean, epoch bigint, revision bigint
    )
    ORDER BY id
    ON CONFLICT (id) DO UPDATE SET
        username = excluded.username, name = excluded.name, avatar_url = excluded.avatar_url,
        deleted = excluded.deleted, epoch = excluded.epoch, revision = excluded.revision
    WHERE (u.epoch, u.revision) < (excluded.epoch, excluded.revision)
    """
)


async def replace_users(session: WriteSession, versions: Sequence[UserVersion]) -> None:
    """Store those versions that are newer than what is held; one version per member."""
    await session.execute(REPLACE, {"versions": orjson.dumps(list(versions)).decode()})
