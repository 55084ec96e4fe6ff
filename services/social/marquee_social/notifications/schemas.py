"""Notifications, going out."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from marquee_shared.schemas import ResponseModel
from marquee_social.users.schemas import UserSummary

NotificationKind = Literal[
    "friend_request", "friend_accepted", "comment", "reaction", "list_shared", "moderation"
]
TargetType = Literal["user", "review", "comment", "list"]


class TargetRead(ResponseModel):
    """What a notification is about."""

    type: TargetType
    id: str
    data: dict[str, Any] = Field(description="What it takes to show and open it.")


class NotificationRead(ResponseModel):
    """What somebody did that the caller may want to know."""

    id: int = Field(description="Counts up per member; the `id` of the event in the stream.")
    kind: NotificationKind
    actor: UserSummary | None = Field(description="Null for what moderators decided.")
    target: TargetRead
    created_at: datetime
    read_at: datetime | None = Field(description="Null while unread.")


class UnreadRead(ResponseModel):
    """How many notifications are unread."""

    unread: int = Field(description="Counted no further than 100.")
