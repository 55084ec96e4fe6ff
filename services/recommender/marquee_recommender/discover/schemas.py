"""A search in words, and its answer."""

from uuid import UUID

from pydantic import Field

from marquee_recommender.discover.understood import Understood
from marquee_recommender.recommendations.schemas import Recommendation
from marquee_shared.schemas import Lines, RequestModel, ResponseModel


class DiscoverAsk(RequestModel):
    """What one is in the mood for."""

    text: Lines = Field(
        max_length=500,
        description="In English, Spanish, French or German; may be empty where `filters` say all.",
        examples=["feel-good sci-fi from the 90s"],
    )
    conversation_id: UUID | None = Field(
        default=None, description="Goes on with an earlier answer's conversation."
    )
    filters: Understood | None = Field(
        default=None, description="Overrides what is understood, field by field."
    )
    limit: int = Field(default=20, ge=1, le=100)


class Discovered(ResponseModel):
    """Films, and how the question was understood."""

    understood: Understood = Field(
        description="What nothing was said about is absent. To be edited and sent as `filters`."
    )
    items: list[Recommendation]
    reply: str = Field(description="A sentence in the caller's language.")
    conversation_id: UUID
    model: str | None
    request_id: str | None
