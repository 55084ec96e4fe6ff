"""A member who has signed in, as what guards an account asks for: no token made for a program."""

from typing import Annotated, ClassVar

from fastapi import Depends

from marquee_shared.auth.dependencies import CurrentMember
from marquee_shared.auth.principals import Principal
from marquee_shared.problems import Forbidden


class SessionNeeded(Forbidden):
    """403: a personal token cannot change what guards the account it belongs to."""

    code = "session_needed"
    words: ClassVar = {
        "en": "Sign in to do this; a personal token is not enough.",
        "es": "Inicia sesión para hacerlo; un token personal no basta.",
        "fr": "Connectez-vous pour le faire ; un jeton personnel ne suffit pas.",
        "de": "Melden Sie sich dafür an; ein persönliches Token genügt nicht.",
    }


async def _signed_in_member(member: CurrentMember) -> Principal:
    if member.session_id is None:
        raise SessionNeeded
    return member


SignedInMember = Annotated[Principal, Depends(_signed_in_member)]
