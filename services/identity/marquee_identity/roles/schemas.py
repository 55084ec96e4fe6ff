"""Roles, in and out."""

from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, Field

from marquee_shared.schemas import RequestModel, ResponseModel

Role = Literal["member", "moderator", "editor", "administrator"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)


def _in_order(roles: list[Role]) -> list[Role]:
    """Every member is a member; the others in the order of what they may."""
    return [role for role in ROLES if role == "member" or role in roles]


class RolesUpdate(RequestModel):
    """All the roles a member is to have; `member` goes without saying."""

    roles: Annotated[list[Role], Field(max_length=len(ROLES)), AfterValidator(_in_order)]


class RolesRead(ResponseModel):
    """A member's roles."""

    username: str
    roles: list[Role]
