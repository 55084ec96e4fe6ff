"""Privacy settings in and out."""

from datetime import datetime

from pydantic import Field

from marquee_shared.events.social import Privacy
from marquee_shared.schemas import RequestModel, ResponseModel


class PrivacyRead(ResponseModel):
    """Who sees what of the caller."""

    ratings: Privacy = Field(description="Ratings on the profile and among friends' ratings.")
    activity: Privacy = Field(description="What the member does, in feeds and on the profile.")
    watch_time: Privacy = Field(description="Time watched, in total and by film.")
    stats: Privacy = Field(description="The member's statistics and year in review.")
    friends: Privacy = Field(description="The list of friends.")
    updated_at: datetime | None = Field(description="Null while the defaults hold.")


class PrivacyUpdate(RequestModel):
    """The settings to change; what is left out stays."""

    ratings: Privacy = "public"
    activity: Privacy = "friends"
    watch_time: Privacy = "friends"
    stats: Privacy = "friends"
    friends: Privacy = "public"
