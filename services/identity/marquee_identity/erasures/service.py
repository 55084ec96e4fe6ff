"""The rules of erasures."""

import logging
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from marquee_identity.erasures import repository
from marquee_identity.erasures.errors import ErasureNotFound
from marquee_identity.erasures.schemas import Receipt, ReceiptLine
from marquee_identity.rights import RIGHTS
from marquee_identity.sessions.service import end_sessions
from marquee_identity.settings import IdentitySettings
from marquee_identity.tokens.service import suspend_personal_tokens
from marquee_identity.users.repository import lock_user
from marquee_identity.users.service import lock_me
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.identity import ErasureMode, UserDeleted
from marquee_shared.events.rights import MemberErased
from marquee_shared.jobs import create_job
from marquee_shared.outbox import publish
from marquee_shared.service import Context

logger = logging.getLogger(__name__)

LEAVING_MAIL: Final = "send_leaving_mail"
SERVICES: Final = frozenset({"identity", "catalog", "social", "recommender"})
"""Whose answers make a receipt complete."""


async def ask_for_erasure(
    session: WriteSession,
    context: Context[IdentitySettings],
    user_id: UUID,
    mode: ErasureMode,
    language: str,
) -> UUID:
    """Sign a member out everywhere and have them erased after the grace, which a mail tells them.

    Returns the receipt's id, 122 random bits: who has it may read the receipt.
    """
    user = await lock_me(session, user_id)
    await repository.undo_erasure(session, user_id)
    receipt = uuid4()
    await repository.insert_erasure(session, receipt, user_id, mode, context.settings.erasure_grace)
    await end_sessions(session, user_id, "erasure")
    await suspend_personal_tokens(session, user_id)
    parameters = {"erasure_id": str(receipt), "language": user.language or language}
    await create_job(session, context, LEAVING_MAIL, parameters, requested_by=user_id)
    return receipt


async def get_receipt(session: ReadSession, erasure_id: UUID) -> Receipt:
    """Return how an erasure stands.

    Raises:
        ErasureNotFound: no such one, or it was undone.
    """
    erasure = await repository.find_erasure(session, erasure_id)
    if erasure is None:
        raise ErasureNotFound
    lines = [
        ReceiptLine.model_validate(line)
        for line in await repository.list_lines(session, erasure.id)
    ]
    answered = {line.service for line in lines}
    state = "waiting" if erasure.erased_at is None else "erasing"
    return Receipt.model_validate(
        {
            "id": erasure.id,
            "state": "erased" if answered >= SERVICES else state,
            "mode": erasure.mode,
            "requested_at": erasure.requested_at,
            "due_at": erasure.due_at,
            "erased_at": erasure.erased_at,
            "services": lines,
        }
    )


async def erase_due(context: Context[Any]) -> None:
    """Erase every member whose grace is over."""
    async with context.database.reading() as session:
        due = await repository.list_due(session)
    for erasure_id, user_id in due:
        async with context.database.transaction() as session:
            await _erase(session, erasure_id, user_id)


async def _erase(session: WriteSession, erasure_id: UUID, user_id: UUID) -> None:
    """Erase a member here, tell the others to, and begin the receipt; all or nothing.

    The member's row is locked before the erasure's, as signing in does: who signs in at this
    very moment either is found to have undone it, or finds no account.
    """
    user = await lock_user(session, user_id)
    erasure = await repository.lock_due(session, erasure_id)
    if user is None or erasure is None:
        return
    mode: ErasureMode = "anonymise" if erasure.mode == "anonymise" else "remove"
    revision = user.revision + 1
    session.expunge(user)
    await repository.mark_erased(session, erasure_id)
    erased = await RIGHTS.erase(session, user_id, mode)
    await repository.add_line(
        session,
        erasure_id,
        RIGHTS.service,
        {name: counts.removed for name, counts in erased.items()},
        {name: counts.anonymised for name, counts in erased.items()},
        datetime.now(UTC),
    )
    await publish(session, UserDeleted(id=user_id, mode=mode, receipt_id=erasure_id), revision)
    logger.info("a member was erased", extra={"receipt": str(erasure_id)})


async def take_answer(
    session: WriteSession, service: str, answer: MemberErased, at: datetime
) -> None:
    """Write what a service erased into the receipt."""
    if answer.receipt_id is not None:
        await repository.add_line(
            session, answer.receipt_id, service, answer.removed, answer.anonymised, at
        )
