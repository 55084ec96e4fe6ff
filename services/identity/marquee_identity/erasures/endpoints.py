"""Routes of erasures."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status

from marquee_identity.erasures.schemas import Receipt
from marquee_identity.erasures.service import ask_for_erasure, get_receipt
from marquee_identity.running import ContextDep
from marquee_identity.sessions.members import SignedInMember
from marquee_shared.caching import purge
from marquee_shared.events.identity import ErasureMode
from marquee_shared.routing import Language, new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router = new_router(tags=["rights"])


@router.delete(
    "/v1/me",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={204: {"headers": {"Location": {"schema": {"type": "string"}}}}},
)
async def erase_me(
    member: SignedInMember,
    session: WriteSessionDep,
    context: ContextDep,
    response: Response,
    language: Language,
    content: Annotated[
        ErasureMode,
        Query(
            description="What becomes of reviews and comments: they go too, or stay without "
            "their author."
        ),
    ] = "remove",
) -> None:
    """Have the caller erased everywhere after 14 days; signing in before then undoes it.

    All their sessions end now. `Location` names the receipt, which in the end lists what each
    service removed: keep it, for afterwards nothing else connects it with the caller. Both are
    mailed, too.
    """
    receipt = await ask_for_erasure(session, context, member.id, content, language)
    response.headers["Location"] = f"/v1/erasures/{receipt}"
    purge(response, f"user:{member.id}", "users")


@router.get("/v1/erasures/{erasure_id}")
async def read_receipt(erasure_id: UUID, session: ReadSessionDep) -> Receipt:
    """Return an erasure's receipt: how many rows of what went, in which service.

    No sign-in is needed: its id, which cannot be guessed, is the key, and it names nobody.
    """
    return await get_receipt(session, erasure_id)
