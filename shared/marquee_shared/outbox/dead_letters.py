"""Dead letters: events a consumer gave up on, listed and put back by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from marquee_shared.database import Database, ReadSession
from marquee_shared.events.envelope import parse
from marquee_shared.outbox.consumer import Handlers, record


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One event given up on; `event` is its CloudEvents JSON."""

    id: int
    stream: str
    entry_id: str
    event: str
    error: str
    deliveries: int
    created_at: datetime


async def list_dead_letters(session: ReadSession, *, limit: int = 100) -> list[DeadLetter]:
    """Return what still waits, oldest first."""
    rows = await session.execute(
        text(
            "SELECT id, stream, entry_id, event, error, deliveries, created_at FROM dead_letters "
            "WHERE replayed_at IS NULL ORDER BY id LIMIT :limit"
        ),
        {"limit": limit},
    )
    return [DeadLetter(*row) for row in rows]


async def retry_dead_letters(
    database: Database, service: str, handlers: Handlers, ids: Sequence[int]
) -> dict[int, str | None]:
    """Handle these again, each in its own transaction; return id → error or None."""
    outcome: dict[int, str | None] = {}
    for letter_id in ids:
        try:
            async with database.transaction() as session:
                raw = await session.scalar(
                    text(
                        "UPDATE dead_letters SET replayed_at = now() "
                        "WHERE id = :id AND replayed_at IS NULL RETURNING event"
                    ),
                    {"id": letter_id},
                )
                if raw is None:
                    outcome[letter_id] = "no such dead letter waits"
                    continue
                event = parse(raw)
                if event is not None and await record(session, service, [event.id]):
                    await handlers.handle(session, [event])
            outcome[letter_id] = None
        except Exception as error:  # noqa: BLE001 - reported to the operator, one line each
            outcome[letter_id] = f"{type(error).__name__}: {error}"
    return outcome
