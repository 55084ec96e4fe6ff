"""Routes of signing up and of confirming an e-mail address."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Response, status

from marquee_identity.accounts.codes import VERIFY_EMAIL
from marquee_identity.accounts.schemas import CodeGiven, Signup
from marquee_identity.accounts.service import resend_code, sign_up, verify_email
from marquee_identity.clients import ClientDep
from marquee_identity.passwords.policy import find_weakness, weak_password
from marquee_identity.running import ContextDep, PartsDep
from marquee_identity.sessions.access_tokens import SigningKeyDep
from marquee_identity.sessions.schemas import SignedIn
from marquee_identity.sessions.service import open_session
from marquee_identity.users.schemas import UserRead
from marquee_shared.auth.dependencies import CurrentMember
from marquee_shared.auth.principals import Principal
from marquee_shared.routing import Language, new_router
from marquee_shared.sessions import WriteSessionDep

router = new_router(prefix="/v1/auth", tags=["accounts"])


@dataclass(frozen=True, slots=True)
class HashedSignup:
    """An accepted signup, its password hashed."""

    signup: Signup
    password_hash: str


async def _hashed_signup(
    body: Signup, parts: PartsDep, client: ClientDep, language: Language
) -> HashedSignup:
    """Check and hash the password before a transaction is opened: it takes a while."""
    await parts.attempts.sign_up(client.network)
    personal = (body.username, body.email, body.first_name, body.last_name)
    weakness = await parts.passwords.run(lambda: find_weakness(body.password, personal))
    if weakness is not None:
        raise weak_password(weakness, "/password", language)
    return HashedSignup(body, await parts.passwords.hash(body.password))


@router.post("/signup", status_code=status.HTTP_201_CREATED)
async def create_account(
    hashed: Annotated[HashedSignup, Depends(_hashed_signup)],
    signing_key: SigningKeyDep,
    session: WriteSessionDep,
    context: ContextDep,
    client: ClientDep,
    language: Language,
    response: Response,
) -> SignedIn:
    """Make an account and sign in to it.

    A mail brings the code that confirms the address; until then most writes are 403. A username
    or e-mail address that is taken, in any case, is 409 `username_taken` or `email_taken`.
    """
    user = await sign_up(
        session, context, hashed.signup, password_hash=hashed.password_hash, language=language
    )
    response.headers["Location"] = f"/v1/users/{user.username}"
    return await open_session(session, user, client, signing_key, context.settings)


@router.post("/verify-email")
async def confirm_email(
    body: CodeGiven,
    member: CurrentMember,
    session: WriteSessionDep,
    context: ContextDep,
    parts: PartsDep,
) -> UserRead:
    """Confirm the caller's e-mail address with the code from the mail.

    A code works once, for 15 minutes, and is gone after five wrong tries. The next refresh gives
    a token that says `verified`.
    """
    await parts.attempts.code(str(member.id), VERIFY_EMAIL)
    user = await verify_email(session, context, member.id, body.code)
    await parts.attempts.code_right(str(member.id), VERIFY_EMAIL)
    return UserRead.model_validate(user)


async def _may_mail(member: CurrentMember, parts: PartsDep) -> Principal:
    await parts.attempts.mail(str(member.id))
    return member


@router.post("/verify-email/resend", status_code=status.HTTP_202_ACCEPTED)
async def send_code_again(
    member: Annotated[Principal, Depends(_may_mail)],
    session: WriteSessionDep,
    context: ContextDep,
    language: Language,
) -> None:
    """Mail another code; at most one a minute, and fewer after many."""
    await resend_code(session, context, member.id, language)
