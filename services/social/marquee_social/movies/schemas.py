"""Films as they stand inside other answers, and as the catalog answers about them."""

from pydantic import BaseModel, ConfigDict

from marquee_shared.schemas import ResponseModel


class GenreRef(ResponseModel):
    """A genre on a film's card."""

    id: int
    slug: str
    name: str


class MovieSummary(ResponseModel):
    """A film's card."""

    id: int
    slug: str
    title: str
    year: int | None
    cover_url: str | None
    genres: list[GenreRef]


class CatalogMovie(BaseModel):
    """What this service reads of the catalog's answer about one film."""

    model_config = ConfigDict(extra="ignore")

    id: int
    slug: str
    title: str
    year: int | None = None
    cover_url: str | None = None
    genres: list[GenreRef] = []
    runtime: int | None = None
    status: str = "released"
