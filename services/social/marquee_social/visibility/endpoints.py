"""The routes of privacy settings."""

from typing import Any, cast

from fastapi import Request

from marquee_shared.auth.dependencies import CurrentMember, VerifiedMember
from marquee_shared.conditional import PreconditionsDep, set_revision
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep
from marquee_social.visibility.privacy import change_privacy, get_privacy
from marquee_social.visibility.schemas import PrivacyRead, PrivacyUpdate

router = new_router(tags=["privacy"])


@router.get("/v1/me/privacy")
async def read_my_privacy(
    member: CurrentMember, session: ReadSessionDep, request: Request
) -> PrivacyRead:
    """Return who sees what of the caller."""
    privacy, revision = await get_privacy(session, member.id)
    set_revision(request, revision)
    return privacy


@router.patch("/v1/me/privacy")
async def change_my_privacy(
    body: PrivacyUpdate,
    member: VerifiedMember,
    session: WriteSessionDep,
    preconditions: PreconditionsDep,
) -> PrivacyRead:
    """Choose who sees what of the caller: `public`, `friends` or `private`.

    Reviews and lists are apart from this: reviews are public, lists have a privacy of their own.
    """
    chosen = cast("dict[Any, Any]", body.model_dump(exclude_unset=True))
    return await change_privacy(session, member.id, chosen, preconditions)
