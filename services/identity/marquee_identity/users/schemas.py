"""Users in and out."""

import unicodedata
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from marquee_identity.users.names import Email, GivenPassword, Username
from marquee_shared.schemas import BIDI_CONTROLS, Line, RequestModel, ResponseModel

LanguageCode = Literal["en", "es", "fr", "de"]


def _text(value: str) -> str:
    """Normalise text of several lines; refuse other control characters."""
    value = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
    if any(c in BIDI_CONTROLS or (unicodedata.category(c) == "Cc" and c != "\n") for c in value):
        raise PydanticCustomError("control_characters", "Control characters are not allowed.")
    return value


Name = Annotated[Line, StringConstraints(max_length=100)]
Bio = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_text)]
Country = Annotated[str, StringConstraints(to_upper=True, pattern=r"^[A-Za-z]{2}$")]


def _without_default(schema: dict[str, Any]) -> None:
    """An absent username is left as it is; there is none it could be by default."""
    schema.pop("default", None)


def _email_without_default(schema: dict[str, Any]) -> None:
    """Do the same for the address, whose own type says more of its schema."""
    _without_default(schema["properties"]["email"])


class UserPublic(ResponseModel):
    """A member as anyone may see them."""

    id: UUID
    username: str
    name: str = Field(description="First and last name, else the username.")
    first_name: str | None
    last_name: str | None
    avatar_url: str | None
    bio: str | None
    language: LanguageCode | None
    country: str | None
    imported: bool = Field(description="Brought by an import: cannot sign in.")
    created_at: datetime
    updated_at: datetime


FriendshipState = Literal["none", "requested", "requested_you", "friends", "self"]


class UserProfile(UserPublic):
    """A member as one viewer sees them."""

    friendship: FriendshipState | None = Field(
        description="What the caller and they are to each other; null without a token."
    )


class LanguageChoice(RequestModel):
    """The language a member reads."""

    language: LanguageCode


class LanguageRead(ResponseModel):
    """The language the caller reads; null where they never said."""

    language: LanguageCode | None


class UserRead(UserPublic):
    """A member as they see themselves."""

    email: str | None
    verified: bool = Field(description="Whether the e-mail address is confirmed.")
    boarded: bool = Field(description="Whether onboarding is done.")
    roles: list[str]


class UserUpdate(RequestModel):
    """What a member may change of themselves; a blank or null clears a field."""

    model_config = ConfigDict(json_schema_extra=_email_without_default)

    username: Username = Field(
        default="", description="Cannot be cleared.", json_schema_extra=_without_default
    )
    first_name: Name | None = None
    last_name: Name | None = None
    bio: Bio | None = None
    language: LanguageCode | None = None
    country: Country | None = Field(default=None, description="ISO 3166-1 alpha-2.")
    email: Email = Field(
        default="",
        description="Cannot be cleared; takes effect when the code sent there is confirmed.",
    )
    current_password: GivenPassword | None = Field(
        default=None, description="Needed for another `email`, unless the account has none."
    )

    @field_validator("language", "country", mode="before")
    @classmethod
    def _blank_clears(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value
