"""`publish`, `publish_many` and `publish_written`: the only ways a fact leaves a service.

A row goes into the service's `outbox` in the caller's transaction. Order matters: lock or
update the aggregate first, take its new revision, then publish; the other order lets two
writers publish revisions in the wrong order.
"""

from collections.abc import Iterable
from uuid import UUID

import orjson
from sqlalchemy import text
from uuid6 import uuid7

from marquee_shared.database import WriteSession
from marquee_shared.events.envelope import EventData, stream_of
from marquee_shared.logs import traceparent

INSERT = text(
    "INSERT INTO outbox (id, stream, type, subject, revision, traceparent, data) "
    "SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:streams AS text[]), CAST(:types AS text[]), "
    "CAST(:subjects AS text[]), CAST(:revisions AS bigint[]), CAST(:traces AS text[]), "
    "CAST(:datas AS text[]))"
)

_PUBLISHED = "published_events"


async def publish(session: WriteSession, data: EventData, revision: int) -> UUID:
    """Tell one fact; return the event's id (UUIDv7)."""
    return (await publish_many(session, [(data, revision)]))[0]


async def publish_many(
    session: WriteSession, events: Iterable[tuple[EventData, int]]
) -> list[UUID]:
    """Tell many facts in one statement, in the order given; return their ids."""
    return await _insert(
        session,
        [
            (
                data.type,
                data.subject(),
                revision,
                orjson.dumps(data.model_dump(mode="json")).decode(),
            )
            for data, revision in events
        ],
    )


async def publish_written(
    session: WriteSession, kind: type[EventData], bodies: Iterable[tuple[str, int, str]]
) -> list[UUID]:
    """Tell facts of one kind whose data is JSON already: subject, revision and the JSON.

    For facts of many rows that the database itself writes: none is looked at here, so a test must
    hold what is written to the contract of the kind.
    """
    return await _insert(session, [(kind.type, *body) for body in bodies])


async def _insert(session: WriteSession, rows: list[tuple[str, str, int, str]]) -> list[UUID]:
    if not rows:
        return []
    types, subjects, revisions, datas = zip(*rows, strict=True)
    ids = [UUID(int=uuid7().int) for _ in rows]
    trace = traceparent.get()
    await session.flush()
    await session.execute(
        INSERT,
        {
            "ids": ids,
            "streams": [stream_of(kind) for kind in types],
            "types": types,
            "subjects": subjects,
            "revisions": revisions,
            "traces": [trace] * len(rows),
            "datas": datas,
        },
    )
    session.info.setdefault(_PUBLISHED, []).extend(ids)
    return ids


def published(session: WriteSession) -> list[UUID]:
    """Return the ids of what this transaction has published so far."""
    return list(session.info.get(_PUBLISHED, ()))
