"""Friends, requests, suggestions, blocks and mutes, going out."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from marquee_shared.schemas import ResponseModel
from marquee_social.users.schemas import UserSummary

Direction = Literal["incoming", "outgoing"]


class FriendshipRead(ResponseModel):
    """What the caller and another member are to each other after the call."""

    user: UserSummary
    friendship: Literal["requested", "friends"] = Field(
        description="`requested`: the other has yet to answer; `friends`: they had asked first."
    )
    updated_at: datetime


class FriendRequestRead(ResponseModel):
    """A request that waits for its answer."""

    user: UserSummary = Field(description="Who asked, or who was asked.")
    direction: Direction
    created_at: datetime


class FriendRead(UserSummary):
    """A friend."""

    since: datetime = Field(description="When they became friends.")


class SuggestionReason(ResponseModel):
    """Why a member is suggested."""

    kind: Literal["mutual_friends", "new_member"]
    mutual_friends: int = Field(description="How many friends the caller shares with them.")
    users: list[UserSummary] = Field(description="Up to three of these, the latest first.")


class SuggestionRead(ResponseModel):
    """Somebody the caller may know."""

    user: UserSummary
    reason: SuggestionReason


class BlockedRead(UserSummary):
    """A member the caller has blocked."""

    blocked_at: datetime


class MutedRead(UserSummary):
    """A member the caller has muted."""

    muted_at: datetime
