"""Proof that it is the member who asks for another address, given before any transaction."""

from marquee_identity.clients import Client
from marquee_identity.emails.service import require_recent_sign_in
from marquee_identity.passwords.checks import check_current_password
from marquee_identity.passwords.errors import WrongPassword
from marquee_identity.running import Parts
from marquee_identity.settings import IdentitySettings
from marquee_identity.users.service import get_me
from marquee_shared.auth.principals import Principal
from marquee_shared.service import Context


async def prove_member(
    context: Context[IdentitySettings],
    parts: Parts,
    client: Client,
    member: Principal,
    current_password: str | None,
) -> None:
    """Let the caller pass who has shown once more that it is them.

    Raises:
        WrongPassword: it is not theirs, or missing.
        SignInAgain: without a password only a session just begun will do.
        TooManyRequests: too many tries of late.
    """
    await parts.attempts.mail(str(member.id))
    async with context.database.reading() as session:
        user = await get_me(session, member.id)
        if user.password_hash is None:
            await require_recent_sign_in(session, member.session_id)
            return
    if current_password is None:
        raise WrongPassword
    await check_current_password(context.database, parts, client, member.id, current_password)
