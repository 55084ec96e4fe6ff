"""The home, as clients read it."""

from datetime import datetime

from pydantic import Field

from marquee_recommender.recommendations.schemas import MovieSummary, NamedRead, Recommendation
from marquee_shared.schemas import ResponseModel


class HomeItem(Recommendation):
    """A film in a row."""

    progress: float | None = Field(
        default=None,
        description="0 to 1, in `continue_watching` alone; null where the runtime is not known.",
    )
    watched_at: datetime | None = Field(
        default=None, description="When the caller last watched it, in `continue_watching` alone."
    )


class Because(ResponseModel):
    """What a row follows from."""

    movie: MovieSummary | None = None
    genre: NamedRead | None = None


class Section(ResponseModel):
    """A row."""

    key: str = Field(
        description="`for_you, trending, friends_liked, continue_watching, "
        "because_you_liked:<slug>` or `by_genre:<slug>`."
    )
    title: str = Field(description="In the caller's language.")
    items: list[HomeItem]
    because: Because | None = None


class Home(ResponseModel):
    """The rows, the fittest first."""

    sections: list[Section]
    model: str | None
    variant: str
    request_id: str | None = Field(description="To be given back with impressions and clicks.")
