"""Genres, platforms, awards and tags as clients read and write them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from marquee_catalog.people.schemas import NewSlug
from marquee_shared.schemas import Line, RequestModel, ResponseModel

Name = Annotated[Line, StringConstraints(min_length=1, max_length=120)]


class TermRead(ResponseModel):
    """A genre, platform, award or tag, named in the language of the answer."""

    id: int
    slug: str
    name: str
    film_count: int = Field(description="How many films have it.")
    created_at: datetime
    updated_at: datetime


class TermDetail(TermRead):
    """The same with its names in other languages."""

    translations: dict[str, str] = Field(description="Language code → name.")


class TermCreate(RequestModel):
    """A new one; its slug is made of its name where none is given."""

    name: Name
    slug: NewSlug | None = None


class TermUpdate(RequestModel):
    """What to change; what is left out stays."""

    name: Name = Field(default="")
    slug: NewSlug = Field(default="", description="The former one goes on leading to it.")


class TermTranslationWrite(RequestModel):
    """Its name in another language."""

    name: Name


class TermTranslationRead(ResponseModel):
    """Its name in another language."""

    name: str
