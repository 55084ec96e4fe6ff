"""Avatars, out."""

from pydantic import Field

from marquee_shared.schemas import ResponseModel


class AvatarSize(ResponseModel):
    """One rendering."""

    url: str
    width: int
    type: str


class AvatarRead(ResponseModel):
    """A picture in all its sizes; its addresses never change what they show."""

    avatar_url: str = Field(description="Of medium size, in WebP; the same as in the profile.")
    sizes: list[AvatarSize]
