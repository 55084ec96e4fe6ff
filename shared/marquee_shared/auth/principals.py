"""The caller, as a verified token describes them."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Principal:
    """A verified caller: a member, or a service token of the data team.

    `expires_at` is in Unix seconds. `session_id` is what can be revoked at once: the
    session, or the opaque token. `scopes` are empty where a member has signed in, who
    may do all.
    """

    id: UUID
    username: str
    kind: Literal["member", "service"]
    roles: frozenset[str]
    scopes: frozenset[str]
    verified: bool
    boarded: bool
    language: str | None
    session_id: UUID | None
    expires_at: int

    def has_role(self, *roles: str) -> bool:
        """Whether the caller has one of these roles; an administrator has them all."""
        return "administrator" in self.roles or not self.roles.isdisjoint(roles)
