"""What identity tells: members as others may know them, and sessions that have ended."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from marquee_shared.events.envelope import EventData


class UserData(EventData):
    """A member as other contexts may know them: nothing private."""

    id: UUID
    username: str
    name: str
    avatar_url: str | None = None
    language: str = "en"
    country: str | None = None
    imported: bool = False

    def subject(self) -> str:
        """Return `user:<id>`."""
        return f"user:{self.id}"


class UserCreated(UserData):
    """Someone has signed up, or an import has brought them."""

    type: ClassVar[str] = "identity.user.created"


class UserUpdated(UserData):
    """A member's public data has changed (or is sent anew by `republish`)."""

    type: ClassVar[str] = "identity.user.updated"


ErasureMode = Literal["anonymise", "remove"]
"""What happens to what others have read: it stays without its author, or it goes."""


class UserDeleted(EventData):
    """A member has been erased; every context removes what it holds of them.

    Each service answers with its `<service>.member.erased`, which names the receipt.
    """

    type: ClassVar[str] = "identity.user.deleted"

    id: UUID
    mode: ErasureMode = "remove"
    receipt_id: UUID | None = None

    def subject(self) -> str:
        """Return `user:<id>`."""
        return f"user:{self.id}"


class UserRolesChanged(EventData):
    """A member's roles are now these; their tokens say so from the next refresh on."""

    type: ClassVar[str] = "identity.user.roles_changed"

    id: UUID
    roles: list[str]

    def subject(self) -> str:
        """Return `user:<id>`."""
        return f"user:{self.id}"


class SessionRevoked(EventData):
    """Access by this session ends now; `until` is when its last access token expires anyway."""

    type: ClassVar[str] = "identity.session.revoked"

    session_id: UUID
    user_id: UUID
    until: datetime

    def subject(self) -> str:
        """Return `session:<id>`."""
        return f"session:{self.session_id}"


class KeyWithdrawn(EventData):
    """A signing key may be in wrong hands: whatever it has signed is refused from now on."""

    type: ClassVar[str] = "identity.key.withdrawn"

    kid: str

    def subject(self) -> str:
        """Return `key:<kid>`."""
        return f"key:{self.kid}"

    def cache_tags(self) -> tuple[str, ...]:
        """Return the tag of the published key set."""
        return ("jwks",)


class TasteChanged(EventData):
    """What a member says they like is now this, whole; `revision` counts per member's taste.

    Genres, platforms and people are slugs of the catalog, checked when they were given.
    """

    type: ClassVar[str] = "identity.user.taste_changed"

    user_id: UUID
    genres: list[str]
    platforms: list[str]
    people: list[str]
    country: str | None = None

    def subject(self) -> str:
        """Return `taste:<user>`."""
        return f"taste:{self.user_id}"


class PeopleFollowed(EventData):
    """The actors and directors a member follows now, whole; `revision` counts per member."""

    type: ClassVar[str] = "identity.user.people_followed"

    user_id: UUID
    people: list[str]

    def subject(self) -> str:
        """Return `following:<user>`."""
        return f"following:{self.user_id}"


class OnboardingRating(BaseModel):
    """One film a member rated while they were boarded."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    movie_id: int
    value: float


class MemberOnboarded(EventData):
    """A member has answered what onboarding asks; social takes in the films they rated.

    Their taste comes by its own event.
    """

    type: ClassVar[str] = "identity.user.onboarded"

    user_id: UUID
    ratings: list[OnboardingRating]
    at: datetime

    def subject(self) -> str:
        """Return `user:<id>`."""
        return f"user:{self.user_id}"
