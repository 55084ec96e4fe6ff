"""People as clients read and write them."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from marquee_shared.schemas import Line, RequestModel, ResponseModel

Job = Literal["director", "writer", "actor"]
Slug = Annotated[str, StringConstraints(min_length=1, max_length=150)]
NewSlug = Annotated[
    str, StringConstraints(min_length=1, max_length=120, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)]
Day = Annotated[date, Field(ge=date(1500, 1, 1), le=date(2200, 12, 31))]


class PersonSummary(ResponseModel):
    """Someone as a card shows them."""

    id: int
    slug: str
    name: str


class AwardRead(ResponseModel):
    """A prize or nomination."""

    id: int
    slug: str
    name: str
    category: str
    year: int
    won: bool = Field(description="False for a nomination.")


class AwardWrite(RequestModel):
    """A prize or nomination."""

    slug: Slug
    year: Annotated[int, Field(ge=1900, le=2200)]
    category: Annotated[Line, StringConstraints(min_length=1, max_length=200)]
    won: bool = False


class PersonRead(PersonSummary):
    """Someone in full."""

    biography: str | None = Field(description="In the language of the answer, else as written.")
    birthday: date | None
    deathday: date | None
    gender: str | None
    country: str | None = Field(description="ISO 3166-1 code.")
    portrait_url: str | None
    roles: list[Job]
    film_count: int
    awards: list[AwardRead] = Field(description="Their own, not those of their films.")
    created_at: datetime
    updated_at: datetime
    translations: dict[str, str] | None = Field(
        default=None, description="With `include=translations` only: language → biography."
    )


class PersonUpdate(RequestModel):
    """What to change; what is left out stays, lists are replaced whole."""

    slug: NewSlug | None = Field(
        default=None, description="The name in paths; the former one goes on leading here."
    )
    name: Annotated[Line, StringConstraints(min_length=1, max_length=200)] | None = None
    biography: Text | None = None
    birthday: Day | None = None
    deathday: Day | None = None
    gender: Annotated[Line, StringConstraints(max_length=30)] | None = None
    country: Country | None = None
    awards: Annotated[list[AwardWrite], Field(max_length=200)] | None = None

    @model_validator(mode="after")
    def _no_null_where_a_value_must_be(self) -> Self:
        for name in self.model_fields_set.intersection(("slug", "name", "awards")):
            if getattr(self, name) is None:
                message = f"{name} cannot be null"
                raise ValueError(message)
        return self


class PersonCreate(PersonUpdate):
    """Someone new; the slug is made of the name where none is given."""

    name: Annotated[Line, StringConstraints(min_length=1, max_length=200)]


class BiographyWrite(RequestModel):
    """Someone's biography in another language."""

    biography: Annotated[Text, StringConstraints(min_length=1)]


class BiographyRead(ResponseModel):
    """Someone's biography in another language."""

    biography: str


class MergeInto(RequestModel):
    """What something is a double of."""

    into: Slug
