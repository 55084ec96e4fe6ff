"""Routes of changing one's e-mail address."""

from typing import Annotated

from fastapi import Depends, Response, status

from marquee_identity.accounts.codes import CHANGE_EMAIL
from marquee_identity.accounts.schemas import CodeGiven
from marquee_identity.clients import ClientDep
from marquee_identity.emails.proof import prove_member
from marquee_identity.emails.schemas import EmailChange
from marquee_identity.emails.service import confirm_email_change, request_email_change
from marquee_identity.running import ContextDep, PartsDep
from marquee_identity.sessions.members import SignedInMember
from marquee_identity.users.schemas import UserRead
from marquee_shared.auth.principals import Principal
from marquee_shared.caching import purge
from marquee_shared.routing import Language, new_router
from marquee_shared.sessions import WriteSessionDep

router = new_router(prefix="/v1/me/email", tags=["accounts"])


async def _proved_member(
    body: EmailChange,
    member: SignedInMember,
    context: ContextDep,
    parts: PartsDep,
    client: ClientDep,
) -> Principal:
    """Return the caller, who has shown once more that it is them."""
    await prove_member(context, parts, client, member, body.current_password)
    return member


@router.put("", status_code=status.HTTP_202_ACCEPTED)
async def change_email(
    body: EmailChange,
    member: Annotated[Principal, Depends(_proved_member)],
    session: WriteSessionDep,
    context: ContextDep,
    language: Language,
) -> None:
    """Send a code to a new address, which becomes the caller's once the code is given.

    Until then the present one stays. Asked again, another code is sent, at most one a minute. An
    account without a password needs a session begun in the last 10 minutes (403 `sign_in_again`).
    """
    await request_email_change(session, context, member.id, body.email, language)


@router.post("/confirm")
async def confirm_email(
    body: CodeGiven,
    member: SignedInMember,
    session: WriteSessionDep,
    context: ContextDep,
    parts: PartsDep,
    client: ClientDep,
    language: Language,
    response: Response,
) -> UserRead:
    """Make the address that the code was sent to the caller's; the old one is told by mail.

    An address that is somebody's by now is 409 `email_taken`.
    """
    await parts.attempts.code(str(member.id), CHANGE_EMAIL)
    user = await confirm_email_change(session, context, member.id, body.code, client, language)
    await parts.attempts.code_right(str(member.id), CHANGE_EMAIL)
    purge(response, f"user:{user.id}")
    return UserRead.model_validate(user)
