"""Films as clients read and write them."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from marquee_catalog.people.schemas import (
    AwardRead,
    AwardWrite,
    Country,
    NewSlug,
    PersonSummary,
    Slug,
    Text,
)
from marquee_shared.pagination import BrowsePage
from marquee_shared.schemas import Line, RequestModel, ResponseModel

Status = Literal["rumored", "planned", "in_production", "post_production", "released", "cancelled"]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Title = Annotated[Line, StringConstraints(min_length=1, max_length=500)]
CoverUrl = Annotated[
    Line, StringConstraints(max_length=1000, pattern=r"^(https://[^\s/]+)?/[^\s/][^\s]*$")
]


class NamedSlug(ResponseModel):
    """A genre as it stands in a film."""

    id: int
    slug: str
    name: str


class MovieSummary(ResponseModel):
    """A film as a card shows it."""

    id: int
    slug: str
    title: str = Field(description="In the language of the answer, else as in the catalog.")
    year: int | None
    cover_url: str | None
    genres: list[NamedSlug]


class FacetValue(ResponseModel):
    """A value of a filter, and how many films of the whole list have it."""

    slug: str = Field(description="What the filter takes; of a decade its first year.")
    name: str
    count: int


class MoviePage(BrowsePage[MovieSummary]):
    """One stretch of a list of films."""

    facets: dict[str, list[FacetValue]] | None = Field(
        default=None,
        description="With `include=facets`: `genre, platform, award, tag, language, country, "
        "decade`, of each the thirty values with the most films.",
    )
    facets_approximate: bool | None = Field(
        default=None,
        description="With `include=facets`: whether the counts are estimates. Lists of up to some "
        "3,000 films are counted whole; of longer ones an even sample of at least 400 films is, "
        "and its counts are multiplied: a value that a fifth of the films has is told within a "
        "tenth of its count, most often. The films of the list itself, and `total`, are exact.",
    )


class MoviePlatformRead(NamedSlug):
    """Where it can be watched."""

    country: str = Field(description="ISO 3166-1 code.")


class MovieTagRead(NamedSlug):
    """A tag and how many gave it."""

    count: int


class CastMember(PersonSummary):
    """Someone in the cast."""

    character: str | None
    order: int


class RatingSummary(ResponseModel):
    """What members think of it."""

    average: float | None
    count: int


class ExternalIds(ResponseModel):
    """Its ids elsewhere."""

    imdb: str | None = None
    tmdb: str | None = None
    movielens: str | None = None


class CreditRead(ResponseModel):
    """Who did what."""

    person: PersonSummary
    job: Literal["director", "writer", "actor"]
    character: str | None
    order: int


class MovieTranslationRead(ResponseModel):
    """What is translated; null where it is not."""

    title: str | None
    synopsis: str | None
    cover_url: str | None


class MovieRead(MovieSummary):
    """A film in full."""

    original_title: str | None
    release_date: date | None
    status: Status
    synopsis: str | None
    tagline: str | None
    runtime: int | None = Field(description="Minutes.")
    original_language: str | None
    languages: list[str]
    countries: list[str]
    age_rating: str | None
    popularity: float
    platforms: list[MoviePlatformRead]
    awards: list[AwardRead]
    tags: list[MovieTagRead]
    directors: list[PersonSummary]
    cast: list[CastMember] = Field(description="The first ten as billed.")
    rating: RatingSummary
    external_ids: ExternalIds
    created_at: datetime
    updated_at: datetime
    credits: list[CreditRead] | None = Field(
        default=None, description="With `include=credits` only."
    )
    translations: dict[str, MovieTranslationRead] | None = Field(
        default=None, description="With `include=translations` only."
    )
    similar: list[MovieSummary] | None = Field(
        default=None,
        description="With `include=similar` only; empty while the recommender cannot say.",
    )


class PlatformWrite(RequestModel):
    """Where it can be watched."""

    slug: Slug
    country: Country


class CreditWrite(RequestModel):
    """Who did what; `person` is a slug."""

    person: Slug
    job: Literal["director", "writer", "actor"]
    character: Annotated[Line, StringConstraints(max_length=300)] | None = None
    order: Annotated[int, Field(ge=0, le=10_000)] = 0


class ExternalIdsWrite(RequestModel):
    """Its ids elsewhere; null takes one away, absence leaves it."""

    imdb: Annotated[str, StringConstraints(pattern=r"^(tt)?[0-9]{1,10}$")] | None = None
    tmdb: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,10}$")] | None = None
    movielens: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,10}$")] | None = None

    @field_validator("imdb")
    @classmethod
    def _with_tt(cls, value: str | None) -> str | None:
        return imdb_id(value) if value else value


def imdb_id(value: str) -> str:
    """Return an IMDb id as it is stored: `114709` and `tt0114709` → `tt0114709`."""
    return "tt" + value.removeprefix("tt").zfill(7)


_NOT_NULL = ("slug", "title", "status", "languages", "countries", "genres", "tags", "platforms",
             "awards", "credits", "external_ids")  # fmt: skip


class MovieUpdate(RequestModel):
    """What to change; fields left out stay, lists are replaced whole."""

    slug: NewSlug | None = Field(
        default=None, description="Its name in paths; the former one goes on leading to it."
    )
    title: Title | None = None
    original_title: Title | None = None
    year: Annotated[int, Field(ge=1870, le=2200)] | None = None
    release_date: Annotated[date, Field(ge=date(1870, 1, 1), le=date(2200, 12, 31))] | None = None
    status: Status | None = None
    synopsis: Text | None = None
    tagline: Annotated[Line, StringConstraints(max_length=500)] | None = None
    runtime: Annotated[int, Field(ge=1, le=6000)] | None = None
    original_language: Language | None = None
    languages: Annotated[list[Language], Field(max_length=50)] | None = None
    countries: Annotated[list[Country], Field(max_length=50)] | None = None
    age_rating: Annotated[Line, StringConstraints(max_length=20)] | None = None
    genres: Annotated[list[Slug], Field(max_length=30)] | None = None
    tags: Annotated[list[Slug], Field(max_length=200)] | None = None
    platforms: Annotated[list[PlatformWrite], Field(max_length=500)] | None = None
    awards: Annotated[list[AwardWrite], Field(max_length=200)] | None = None
    credits: Annotated[list[CreditWrite], Field(max_length=1000)] | None = None
    external_ids: ExternalIdsWrite | None = None

    @model_validator(mode="after")
    def _no_null_where_a_value_must_be(self) -> Self:
        for name in self.model_fields_set.intersection(_NOT_NULL):
            if getattr(self, name) is None:
                message = f"{name} cannot be null"
                raise ValueError(message)
        return self


class MovieCreate(MovieUpdate):
    """A new film; its year follows from the release date where it is not given."""

    title: Title


class MovieTranslationWrite(RequestModel):
    """A film in another language; what is left out stays as it is, null takes it away."""

    title: Title | None = None
    synopsis: Text | None = None
    cover_url: CoverUrl | None = None
