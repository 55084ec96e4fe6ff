"""What the other services erased, into the receipts."""

from typing import Any

from marquee_identity.erasures.service import take_answer
from marquee_shared.database import WriteSession
from marquee_shared.events import Event
from marquee_shared.events.rights import (
    CatalogMemberErased,
    RecommenderMemberErased,
    SocialMemberErased,
)
from marquee_shared.outbox import Handlers


def register(handlers: Handlers) -> None:
    """Add this module's reactions."""
    handlers.on(CatalogMemberErased, SocialMemberErased, RecommenderMemberErased)(on_member_erased)


async def on_member_erased(session: WriteSession, event: Event[Any]) -> None:
    """Write a service's line of a receipt."""
    service = event.type.partition(".")[0]
    await take_answer(session, service, event.data, event.time)
