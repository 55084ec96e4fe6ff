"""What a typeahead shows."""

from typing import Literal

from pydantic import Field

from marquee_shared.schemas import ResponseModel

Type = Literal["movie", "person", "genre"]


class Suggestion(ResponseModel):
    """A film, a person or a genre that what was typed may mean."""

    type: Type
    id: int
    slug: str
    title: str = Field(description="A film's title or someone's name, as it matches.")
    year: int | None = Field(default=None, description="Of films.")
    cover_url: str | None = Field(default=None, description="A film's cover, or a portrait.")
    match: tuple[int, int] = Field(
        description="The part of `title` that was typed, in characters; the end is not in it."
    )


class Suggestions(ResponseModel):
    """Best first."""

    items: list[Suggestion]
