"""Genres as clients read them."""

from datetime import datetime

from marquee_shared.schemas import ResponseModel


class GenreRead(ResponseModel):
    """A genre, named in the language of the answer."""

    id: int
    slug: str
    name: str
    created_at: datetime
    updated_at: datetime
