"""Tastes in and out."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from marquee_identity.users.schemas import Country
from marquee_shared.schemas import RequestModel, ResponseModel

Slug = Annotated[str, StringConstraints(pattern=r"^[^\W_]+(-[^\W_]+)*$", max_length=120)]


def _each_once(slugs: list[str]) -> list[str]:
    return list(dict.fromkeys(slugs))


def _half_step(value: Decimal) -> Decimal:
    if value % Decimal("0.5"):
        message = "ratings go in half steps"
        raise ValueError(message)
    return value


Slugs = Annotated[list[Slug], Field(max_length=30), AfterValidator(_each_once)]
Rating = Annotated[Decimal, Field(ge=Decimal("0.5"), le=5), AfterValidator(_half_step)]


class TasteWrite(RequestModel):
    """What a member says they like, whole: what is left out is empty."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "genres": ["drama", "science-fiction"],
                    "platforms": ["netflix"],
                    "people": ["denis-villeneuve"],
                    "country": "FR",
                }
            ]
        }
    )

    genres: Slugs = Field(default_factory=list)
    platforms: Slugs = Field(default_factory=list)
    people: Slugs = Field(default_factory=list)
    country: Country | None = Field(
        default=None, description="ISO 3166-1 alpha-2; the same as the profile's."
    )


class FirstRating(RequestModel):
    """One film, rated while boarding."""

    movie: Slug
    value: Rating = Field(description="0.5 to 5 in half steps.", examples=[4.5])


class Onboarding(TasteWrite):
    """A taste, and a few films rated."""

    ratings: Annotated[list[FirstRating], Field(max_length=50)] = Field(default_factory=list)


class TasteRead(ResponseModel):
    """What the caller says they like."""

    genres: list[str]
    platforms: list[str]
    people: list[str]
    country: str | None


class FollowedPersonRead(ResponseModel):
    """Someone the caller follows."""

    id: int
    slug: str
    name: str
    followed_at: datetime
