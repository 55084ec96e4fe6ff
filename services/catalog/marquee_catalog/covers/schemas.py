"""Covers and portraits as clients read them."""

from pydantic import Field

from marquee_shared.schemas import ResponseModel


class PictureSize(ResponseModel):
    """One rendering; a picture narrower than `width` is kept at its own width."""

    url: str
    width: int
    type: str


class PictureRead(ResponseModel):
    """A picture in all its sizes; its addresses never change what they show."""

    url: str = Field(description="Of medium size, in WebP.")
    sizes: list[PictureSize]
