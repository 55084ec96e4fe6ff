"""What each service tells once it has erased a member: the lines of their receipt."""

from typing import ClassVar
from uuid import UUID

from marquee_shared.events.envelope import EventData


class MemberErased(EventData):
    """This service holds nothing more of a member.

    `removed` and `anonymised` count rows per dataset. Every service tells it, also one that
    held nothing, so that a receipt can be known to be complete.
    """

    user_id: UUID
    receipt_id: UUID | None = None
    removed: dict[str, int]
    anonymised: dict[str, int]

    def subject(self) -> str:
        """Return `user:<id>`."""
        return f"user:{self.user_id}"


class CatalogMemberErased(MemberErased):
    """The catalog has erased a member."""

    type: ClassVar[str] = "catalog.member.erased"


class SocialMemberErased(MemberErased):
    """Social has erased a member."""

    type: ClassVar[str] = "social.member.erased"


class RecommenderMemberErased(MemberErased):
    """The recommender has erased a member."""

    type: ClassVar[str] = "recommender.member.erased"
