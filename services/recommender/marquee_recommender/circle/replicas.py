"""Replicas that hold the newest row told per key, written in one statement however many rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import orjson
from sqlalchemy import TextClause, text

from marquee_shared.database import WriteSession


@dataclass(frozen=True)
class Replica:
    """A table of what was last told; `columns` maps names to SQL types, the key first.

    Rows of members who have been erased are not taken: `members` names the columns that hold
    them.
    """

    table: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    members: tuple[str, ...] = ("user_id",)

    @cached_property
    def statement(self) -> TextClause:
        """The upsert; of several rows of one key the newest is taken."""
        types = {**self.columns, "epoch": "bigint", "revision": "bigint"}
        names, key = ", ".join(types), ", ".join(self.key)
        typed = ", ".join(f"{name} {kind}" for name, kind in types.items())
        changed = ", ".join(f"{name} = excluded.{name}" for name in types if name not in self.key)
        members = ", ".join(f"r.{name}" for name in self.members)
        return text(f"""
            INSERT INTO {self.table} AS t ({names})
            SELECT DISTINCT ON ({key}) {names}
            FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r({typed})
            WHERE NOT EXISTS (SELECT FROM users u WHERE u.deleted AND u.id IN ({members}))
            ORDER BY {key}, epoch DESC, revision DESC
            ON CONFLICT ({key}) DO UPDATE SET {changed}
            WHERE (t.epoch, t.revision) < (excluded.epoch, excluded.revision)
        """)  # noqa: S608 - constants of this module

    async def store(self, session: WriteSession, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep rows where they are newer than what is held."""
        if rows:
            await session.execute(self.statement, {"rows": orjson.dumps(list(rows)).decode()})


TASTES: Final = Replica(
    "tastes",
    ("user_id",),
    {
        "user_id": "uuid",
        "genres": "text[]",
        "platforms": "text[]",
        "people": "text[]",
        "country": "text",
    },
)
FOLLOWS: Final = Replica("follows", ("user_id",), {"user_id": "uuid", "people": "text[]"})
FRIENDSHIPS: Final = Replica(
    "friendships",
    ("low_id", "high_id"),
    {"low_id": "uuid", "high_id": "uuid", "friends": "boolean", "at": "timestamptz"},
    ("low_id", "high_id"),
)
BLOCKS: Final = Replica(
    "blocks",
    ("user_id", "blocked_id"),
    {"user_id": "uuid", "blocked_id": "uuid", "blocked": "boolean"},
    ("user_id", "blocked_id"),
)
PRIVACY: Final = Replica("privacy", ("user_id",), {"user_id": "uuid", "ratings": "text"})
WATCHES: Final = Replica(
    "watches",
    ("user_id", "movie_id"),
    {
        "user_id": "uuid",
        "movie_id": "bigint",
        "progress": "real",
        "completed": "boolean",
        "at": "timestamptz",
    },
)
