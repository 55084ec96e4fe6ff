"""A member who has signed in, as what guards an account asks for: no token made for a program."""

from typing import Annotated

from fastapi import Depends

from marquee_shared.auth.dependencies import CurrentMember
from marquee_shared.auth.principals import Principal
from marquee_shared.problems import SessionNeeded


async def _signed_in_member(member: CurrentMember) -> Principal:
    if member.session_id is None or member.scopes:
        raise SessionNeeded
    return member


SignedInMember = Annotated[Principal, Depends(_signed_in_member)]
