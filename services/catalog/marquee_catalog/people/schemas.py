"""People as clients read them."""

from datetime import date, datetime
from typing import Literal

from marquee_shared.schemas import ResponseModel

Job = Literal["director", "writer", "actor"]


class PersonSummary(ResponseModel):
    """Someone as a card shows them."""

    id: int
    slug: str
    name: str


class PersonRead(PersonSummary):
    """Someone in full."""

    biography: str | None
    birthday: date | None
    deathday: date | None
    gender: str | None
    country: str | None
    portrait_url: str | None
    roles: list[Job]
    created_at: datetime
    updated_at: datetime
