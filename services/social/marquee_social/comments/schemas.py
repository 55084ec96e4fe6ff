"""Comments in and out."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from marquee_shared.schemas import Lines, RequestModel, ResponseModel
from marquee_social.content.schemas import ReactionsRead
from marquee_social.users.schemas import UserSummary

Words = Annotated[Lines, StringConstraints(min_length=1, max_length=5_000)]


class CommentCreate(RequestModel):
    """A comment or a reply."""

    content: Words
    has_spoilers: bool = Field(default=False, strict=True)


class CommentUpdate(RequestModel):
    """What to change of a comment; what is left out stays."""

    content: Words = Field(default="")
    has_spoilers: bool = Field(default=False, strict=True)


class CommentRead(ResponseModel):
    """A comment as the caller may see it."""

    id: int
    review_id: int
    parent_id: int | None = Field(description="The comment it replies to; null on the review.")
    depth: int = Field(description="1 for a comment on the review, 2 for a reply to it …")
    user: UserSummary | None = Field(description="Null when its author has left.")
    content: str | None = Field(description="Null while it is kept from the caller as a spoiler.")
    has_spoilers: bool
    spoilers_hidden: bool
    replies: int = Field(description="Direct replies the caller can see.")
    reactions: ReactionsRead
    hidden: bool = Field(description="Hidden by moderators: only its author and they see it.")
    edited: bool
    created_at: datetime
    updated_at: datetime
