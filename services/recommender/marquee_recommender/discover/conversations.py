"""What was understood so far, kept for an hour after the last word of a conversation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

import orjson
from sqlalchemy import text

from marquee_shared.database import WriteSession
from marquee_shared.problems import NotFound
from marquee_shared.rights import plain_dataset
from marquee_shared.service import Context

KEPT_FOR: Final = timedelta(hours=1)
SHOWN_KEPT: Final = 300

FIND = text("""
SELECT understood, shown FROM conversations
WHERE id = :id AND user_id IS NOT DISTINCT FROM :user_id AND expires_at > now()
FOR UPDATE
""")
KEEP = text("""
INSERT INTO conversations (id, user_id, understood, shown, expires_at)
VALUES (:id, :user_id, CAST(:understood AS jsonb), :shown, now() + :kept_for)
ON CONFLICT (id) DO UPDATE SET understood = excluded.understood, shown = excluded.shown,
    expires_at = excluded.expires_at
""")
EXPIRE = text("DELETE FROM conversations WHERE expires_at <= now() RETURNING 1")

CONVERSATIONS = plain_dataset(
    "conversations",
    export="SELECT id, understood, expires_at FROM conversations "
    "WHERE user_id = :user_id ORDER BY id",
    erase="DELETE FROM conversations WHERE user_id = :user_id RETURNING 1",
)
"""Only what was understood is kept, never the words."""


class ConversationNotFound(NotFound):
    """404: never begun, another one's, or over."""

    code = "conversation_not_found"
    words: ClassVar = {
        "en": "This conversation does not exist or is over.",
        "es": "Esta conversación no existe o ha terminado.",
        "fr": "Cette conversation n'existe pas ou est terminée.",
        "de": "Dieses Gespräch gibt es nicht, oder es ist vorbei.",
    }


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was understood and which films were shown, by id."""

    understood: dict[str, Any] = field(default_factory=dict)
    shown: Sequence[int] = ()


async def get_conversation(
    session: WriteSession, conversation_id: UUID, user_id: UUID | None
) -> Conversation:
    """Return a conversation of this member, or of nobody in particular.

    Raises:
        ConversationNotFound: see there.
    """
    found = await session.execute(FIND, {"id": conversation_id, "user_id": user_id})
    row = found.one_or_none()
    if row is None:
        raise ConversationNotFound
    return Conversation(row.understood, row.shown)


async def keep_conversation(
    session: WriteSession, conversation_id: UUID, user_id: UUID | None, said: Conversation
) -> None:
    """Keep what was said, for another while."""
    values = {
        "id": conversation_id,
        "user_id": user_id,
        "understood": orjson.dumps(said.understood).decode(),
        "shown": list(said.shown)[-SHOWN_KEPT:],
        "kept_for": KEPT_FOR,
    }
    await session.execute(KEEP, values)


async def forget_conversations(context: Context[Any]) -> dict[str, Any]:
    """Remove the conversations that are over."""
    async with context.database.transaction() as session:
        gone = (await session.execute(EXPIRE)).all()
    return {"removed": len(gone)}
