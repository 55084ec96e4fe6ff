"""Reactions to what members say they like."""

import orjson
from sqlalchemy import text

from marquee_shared.database import WriteSession
from marquee_shared.events import Event
from marquee_shared.events.identity import TasteChanged
from marquee_shared.outbox import Handlers

REPLACE = text(
    """
    INSERT INTO tastes AS t (user_id, platforms, epoch, revision)
    SELECT v.user_id, ARRAY(SELECT jsonb_array_elements_text(v.platforms)), v.epoch, v.revision
    FROM jsonb_to_recordset(CAST(:versions AS jsonb)) AS v (
        user_id uuid, platforms jsonb, epoch bigint, revision bigint
    )
    WHERE NOT EXISTS (SELECT FROM users WHERE users.id = v.user_id AND users.deleted)
    ORDER BY v.user_id
    ON CONFLICT (user_id) DO UPDATE SET
        platforms = excluded.platforms, epoch = excluded.epoch, revision = excluded.revision
    WHERE (t.epoch, t.revision) < (excluded.epoch, excluded.revision)
    """
)


def register(handlers: Handlers) -> None:
    """Add this module's reactions."""
    handlers.on_batch(TasteChanged)(on_tastes)


async def on_tastes(session: WriteSession, events: list[Event[TasteChanged]]) -> None:
    """Keep each member's newest platforms; none of who was erased."""
    newest = {event.data.user_id: event for event in sorted(events, key=lambda e: e.version)}
    versions = [
        {
            "user_id": str(user_id),
            "platforms": event.data.platforms,
            "epoch": event.epoch,
            "revision": event.revision,
        }
        for user_id, event in newest.items()
    ]
    await session.execute(REPLACE, {"versions": orjson.dumps(versions).decode()})
